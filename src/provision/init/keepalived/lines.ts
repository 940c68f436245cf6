/** A line of keepalived.conf, its place, and what of it is comment. Source: keepalived 2.2.7, lib/parser.c. Pure. */

import { WeirError } from '../../../model/error.ts';

/** A place in a file; both numbers count from 1. */
export interface LinePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Line extends LinePosition {
  readonly text: string;
  /** Why a `$NAME` in it is not filled in: a clause that ends a sentence. Absent: none is in it. */
  readonly unfilled?: string;
}

/** keepalived reads at most 1023 bytes of a line at once (lib/parser.h, MAXBUF): what is behind them is another line. */
export const MAX_LINE_BYTES = 1_023;

/** Characters that print nothing, look like a blank and are none, or turn the text around them. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, 'gu');

/** Text of a file as it may be shown: characters that print nothing by their number. */
export function printable(text: string): string {
  return text.replaceAll(ALL_INVISIBLE, (char) => `<${codeOf(char)}>`);
}

/** `U+00A0` */
export function codeOf(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** One line: where, and what was expected. */
export function faultAt({ file, line, column }: LinePosition, message: string): WeirError {
  return new WeirError('config', printable(`${file}:${line}:${column} ${message}`));
}

/** A sentence for people, and below it, indented, what more there is to say. */
export function withDetails(sentence: string, details: readonly string[]): string {
  return [sentence, ...details.map((line) => `    ${line}`)].join('\n');
}

/** `@left, @right and @middle` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/**
 * The line without its comment and the blanks around it (decomment()). `#` and `!` begin a comment anywhere but in double
 * quotes or behind a backslash. A backslash that ends the line stays, also when it ends a comment: the line goes on.
 */
export function bare(line: Line): Line {
  const start = blanksAt(line.text, 0);
  const { kept, comment, quoteAt, goesOn } = scan(line.text.slice(start));
  if (quoteAt !== undefined) {
    throw faultAt({ ...line, column: line.column + start + quoteAt }, `the quote is never closed, expected another "`);
  }
  const text = withoutEnd(kept.slice(0, comment)) + (goesOn ? '\\' : '');
  return { ...line, column: line.column + start, text };
}

function blanksAt(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at - from;
}

function withoutEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1;
  return text.slice(0, end);
}

interface Scanned {
  /** Without the backslash of `\#` and `\!`. */
  readonly kept: string;
  /** Where in it the comment begins. */
  readonly comment: number | undefined;
  /** Where the quote begins that is never closed. */
  readonly quoteAt: number | undefined;
  readonly goesOn: boolean;
}

function scan(text: string): Scanned {
  if (!/[!#"\\]/.test(text)) return { kept: text, comment: undefined, quoteAt: undefined, goesOn: false };
  let [comment, quoteAt]: (number | undefined)[] = [];
  let kept = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '\\') {
      const next = text[at + 1];
      if (next === undefined) return { kept, comment, quoteAt, goesOn: true };
      kept += quoteAt === undefined && (next === '#' || next === '!') ? next : char + next;
      at += 1;
      continue;
    }
    if (char === '"' && comment === undefined) quoteAt = quoteAt === undefined ? at : undefined;
    if ((char === '#' || char === '!') && quoteAt === undefined) comment ??= kept.length;
    kept += char;
  }
  return { kept, comment, quoteAt, goesOn: false };
}

/**
 * A line of a file in the pieces that keepalived reads it in, nearly always one, each without its comment. What is cut off
 * a long comment is a line of its own.
 * @throws WeirError 'config' where anything but a comment is cut.
 */
export function pieces(line: Line): Line[] {
  if (line.text.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line.text) <= MAX_LINE_BYTES)
    return [bareTwice(line)];
  const bytes = Buffer.from(line.text);
  const lines: Line[] = [];
  let { column } = line;
  for (let from = 0; from < bytes.length; from += MAX_LINE_BYTES) {
    const text = bytes.subarray(from, from + MAX_LINE_BYTES).toString();
    if (from + MAX_LINE_BYTES < bytes.length && scan(text).comment === undefined) {
      const at = { ...line, column: column + blanksAt(text, 0) };
      throw faultAt(at, `the line is too long for keepalived, expected at most ${MAX_LINE_BYTES} bytes`);
    }
    lines.push(bareTwice({ ...line, column, text }));
    column += text.length;
  }
  return lines;
}

/**
 * keepalived writes what it reads into a copy without comments, and the processes that do the work read that: so `\#` is a
 * `#` in the copy, and begins a comment in the end.
 */
function bareTwice(line: Line): Line {
  return bare(bare(line));
}

/**
 * The part of a line that keepalived takes first, and the rest: each brace outside of quotes is a line of its own, and so
 * is what stands behind it (the end of read_line()).
 */
export function splitAtBrace(line: Line): readonly [Line, Line | undefined] {
  const { text } = line;
  if (!/[{}]/.test(text)) return [line, undefined];
  const isBrace = text.startsWith('{') || text.startsWith('}');
  const at = isBrace ? 1 : (/^(?:[^"{}]+|"[^"]*")*/.exec(text)?.[0].length ?? 0);
  const next = isBrace ? at + blanksAt(text, 1) : at;
  if (next >= text.length || (!isBrace && text[at] === '"')) return [line, undefined];
  return [
    { ...line, text: withoutEnd(text.slice(0, at)) },
    { ...line, column: line.column + next, text: text.slice(next) },
  ];
}
