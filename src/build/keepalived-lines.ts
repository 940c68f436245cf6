/**
 * The lines of a keepalived.conf as keepalived sees them: without comments, with what is included, conditions answered
 * and definitions filled in. Source: keepalived 2.2.7, lib/parser.c, decomment() and read_line(). Pure: files are handed in.
 */

import { WeirError } from '../model/error.ts';

export interface SourceFile {
  /** As people know it; it stands in messages. */
  readonly file: string;
  readonly text: string;
}

export interface Surroundings {
  /** Files that `pattern` names in an `include` of `file`, in order; none is no error to keepalived either. */
  include(pattern: string, file: string): readonly SourceFile[];
  /** What `@name` in front of a line is held against: keepalived's --config-id, by default the host's name. */
  readonly configId: string;
}

/** A place in a file; both numbers count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Line extends Place {
  readonly text: string;
}

/** Includes and definitions within each other; more is a circle. */
const MAX_DEPTH = 50;
/** One definition within another doubles what it gives. */
const MAX_LINES = 100_000;
const MAX_LENGTH = 10_000;

const INCLUDE = /^include[rmwba]?\s+(.*)$/;
const CONDITION = /^@(\^?)(\S*)(?:[ \t]+(.*))?$/;
const DEFINITION = /^\$([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)$/;
/** `${NAME}`, or `$NAME` with nothing behind it that could belong to a name. */
const PARAMETER = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)(?=[ \t,)]|$))/g;

/** One line: where, and what was expected. */
export function faultAt({ file, line, column }: Place, message: string): WeirError {
  return new WeirError('config', `${file}:${line}:${column} ${message}`);
}

/** @throws WeirError 'config' as `file:line:col what was expected`. */
export function readLines(source: SourceFile, { include, configId }: Surroundings): Line[] {
  const lines: Line[] = [];
  const definitions = new Map<string, readonly string[]>([['_INSTANCE', [configId]]]);
  /** A definition over several lines that is being read. */
  let open: { readonly name: string; readonly texts: string[] } | undefined;
  let taken = 0;

  function readFile({ file, text }: SourceFile, depth: number): void {
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) || '/' : '.';
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
      definitions.set('_PWD', [folder]);
      const line = bare({ file, line: index + 1, column: 1, text: raw });
      if (open !== undefined) addTo(open, line.text);
      else take(line, depth);
    }
  }

  function addTo(definition: { readonly name: string; readonly texts: string[] }, text: string): void {
    const goesOn = text.endsWith('\\');
    definition.texts.push(goesOn ? text.slice(0, -1).trimEnd() : text);
    if (goesOn) return;
    definitions.set(definition.name, definition.texts);
    open = undefined;
  }

  function take(line: Line, depth: number): void {
    if (line.text === '') return;
    taken += 1;
    if (depth > MAX_DEPTH || taken > MAX_LINES || line.text.length > MAX_LENGTH) {
      throw faultAt(line, 'includes or defines too much, or itself, expected an end to it');
    }
    const condition = CONDITION.exec(line.text);
    if (condition !== null) {
      const [, negated, name, rest = ''] = condition;
      if ((name === configId) === (negated === '')) take({ ...line, text: rest }, depth + 1);
      return;
    }
    const definition = DEFINITION.exec(line.text);
    if (definition !== null) {
      const [, name = '', value = ''] = definition;
      open = { name, texts: [] };
      if (value !== '\\') addTo(open, value);
      return;
    }
    if (/^~(SEQ|LST)/.test(line.text)) {
      throw faultAt(line, `${line.text.slice(0, 4)} is not read by weir, expected its lines written out`);
    }
    const filled = fill(line.text);
    if (filled !== undefined) {
      // A definition may hold a part of another one, so its lines are read as if they stood here.
      for (const text of filled) {
        const part = bare({ ...line, text });
        if (open === undefined) take(part, depth + 1);
        else addTo(open, part.text);
      }
      return;
    }
    const pattern = INCLUDE.exec(line.text)?.[1];
    if (pattern !== undefined) {
      for (const source of include(pattern.replaceAll('"', ''), line.file)) readFile(source, depth + 1);
      return;
    }
    lines.push(line);
  }

  /** undefined when there is nothing to fill in. One that is not defined stays as it is. */
  function fill(text: string): readonly string[] | undefined {
    let found: { readonly at: number; readonly length: number; readonly texts: readonly string[] } | undefined;
    for (const match of text.matchAll(PARAMETER)) {
      const texts = definitions.get(match[1] ?? match[2] ?? '');
      if (texts === undefined) continue;
      found = { at: match.index, length: match[0].length, texts };
      break;
    }
    if (found === undefined) return undefined;
    const [first = '', ...more] = found.texts;
    const filled = [text.slice(0, found.at) + first, ...more];
    filled.push((filled.pop() ?? '') + text.slice(found.at + found.length));
    return filled;
  }

  readFile(source, 0);
  return lines;
}

/**
 * Without its comment and the white space around it. `#` and `!` begin a comment anywhere but in double quotes or
 * behind a backslash.
 */
function bare(line: Line): Line {
  const { text } = line;
  let quoteAt: number | undefined;
  let kept = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    const next = text[at + 1];
    if (char === '"') quoteAt = quoteAt === undefined ? at : undefined;
    if (char === '\\' && next !== undefined) {
      kept += quoteAt === undefined && (next === '#' || next === '!') ? next : char + next;
      at += 1;
      continue;
    }
    if (quoteAt === undefined && (char === '#' || char === '!')) break;
    kept += char;
  }
  if (quoteAt !== undefined) {
    throw faultAt({ ...line, column: line.column + quoteAt }, `the quote is never closed, expected another "`);
  }
  const trimmed = kept.trimStart();
  return { ...line, column: line.column + kept.length - trimmed.length, text: trimmed.trimEnd() };
}
