/**
 * keepalived.conf as a tree of statements: what keepalived takes, and nothing that it skips. What the keywords are worth,
 * keepalived itself says (`keepalived --config-test`). Source: keepalived 2.2.7, lib/parser.c, process_stream(). Pure.
 */

import { type Holds, type Keywords, TOP } from './keywords.ts';
import { codeOf, faultAt, INVISIBLE, type Line, type LinePosition, printable } from './lines.ts';
import { readLines, type SourceFile, type Surroundings } from './reader.ts';

export interface Word extends LinePosition {
  readonly text: string;
  /** Why a `$NAME` in it is not filled in: a clause that ends a sentence. */
  readonly unfilled?: string;
}

export interface Statement {
  /** The keyword and what stands behind it. */
  readonly words: readonly [Word, ...Word[]];
  /** What stands between its braces; absent where it has none. */
  readonly block?: readonly Statement[];
}

export interface Parsed {
  readonly conf: readonly Statement[];
  /** What keepalived skips although it is in the file, a sentence each. */
  readonly notes: readonly string[];
  /** First words of lines behind conditions that do not hold: on another server they may count. */
  readonly leftOut: ReadonlySet<string>;
}

/** A block that is open, the file itself outermost. */
interface Open {
  /** Absent: the file. */
  readonly head?: Statement;
  readonly block: Statement[];
  readonly holds: Exclude<Holds, 'line'>;
  /** Its { has not been read. */
  isClosed: boolean;
}

/**
 * The statements of a file and of what it includes.
 * @throws WeirError 'config' with one line, `file:line:col what was expected`.
 */
export function parseKeepalived(source: SourceFile, surroundings: Surroundings): Parsed {
  const { lines, notes, leftOut } = readLines(source, surroundings);
  const top: Open = { block: [], holds: TOP, isClosed: false };
  const open: [Open, ...Open[]] = [top];
  const unknown: Word[] = [];
  /** Keywords that stand where keepalived takes them for values. */
  const crowded: Word[] = [];
  /** The statement that has just been read, where it stands in the innermost block. */
  let last: readonly Word[] | undefined;
  /** Braces of words outside of every block that keepalived does not know: it skips them, and what is in them counts. */
  let skipped = 0;

  for (const line of lines) {
    const words = wordsOf(line);
    if (words === undefined) continue;
    const [first] = words;
    const inner = open.at(-1) as Open;
    if (first.text === '{') {
      if (inner.isClosed) inner.isClosed = false;
      else if (inner === top && last !== undefined && last[0] === unknown.at(-1)) skipped += 1;
      else throw noBlock(first, last, inner.holds);
      last = undefined;
      continue;
    }
    if (inner.isClosed) throw neverOpened(inner);
    if (first.text === '}') {
      last = undefined;
      if (inner !== top) open.pop();
      else if (skipped > 0) skipped -= 1;
      else throw faultAt(first, 'this } closes nothing, expected one } for each {');
      continue;
    }
    last = words;
    const holds = inner.holds === 'values' ? 'line' : inner.holds.get(first.text);
    if ((holds === undefined || inner.holds === 'values') && TOP.get(first.text) instanceof Map && inner !== top) {
      const outermost = (open[1] as Open).head as Statement;
      throw faultAt(first, `${first.text} stands inside ${named(outermost.words)}, expected a } before it`);
    }
    if (holds === undefined) {
      unknown.push(knownBy(first, inner.holds as Keywords));
      continue;
    }
    if (holds === 'line' && inner.holds !== 'values') crowded.push(...keywordsBehind(words, inner.holds));
    const statement = { words, ...(holds !== 'line' && { block: [] }) };
    inner.block.push(statement);
    if (holds !== 'line') open.push({ head: statement, block: statement.block as Statement[], holds, isClosed: true });
  }
  const inner = open.at(-1) as Open;
  if (inner.isClosed) throw neverOpened(inner);
  if (inner.head !== undefined) {
    throw faultAt(inner.head.words[0], `${named(inner.head.words)} is never closed, expected a } for its {`);
  }
  return { conf: top.block, notes: [...notes, ...skippedWords(unknown), ...crowdedWords(crowded)], leftOut };
}

/** A { behind what has no block for keepalived: it would skip the brace, and its } would close the block around. */
function noBlock(brace: Word, last: readonly Word[] | undefined, holds: Open['holds']): Error {
  const [first, ...values] = last ?? [];
  if (first === undefined) return faultAt(brace, 'a { opens a block of nothing, expected a keyword before it');
  if (holds === 'values') return faultAt(brace, `${first.text} has no block here, expected a } before this {`);
  const behind = values.find(({ text }) => holds.get(text) instanceof Map || holds.get(text) === 'values');
  if (behind !== undefined) {
    return faultAt(behind, `${behind.text} stands on the line of ${first.text}, expected it on a line of its own`);
  }
  const why = holds.has(first.text) ? 'has no block for keepalived' : 'is no keyword that keepalived knows here';
  return faultAt(first, `${first.text} ${why}: it skips the {, and the } would close the block around it`);
}

function neverOpened({ head }: Open): Error {
  const { words } = head as Statement;
  return faultAt(words[0], `${named(words)} is a block, expected a { behind it`);
}

/**
 * The word itself.
 * @throws WeirError 'config' where it is a keyword but for a character that only looks like a blank, or like nothing.
 */
function knownBy(word: Word, keywords: Keywords): Word {
  const strange = INVISIBLE.exec(word.text);
  if (strange === null || !word.text.split(INVISIBLE).some((part) => keywords.has(part))) return word;
  const at = { ...word, column: word.column + strange.index };
  throw faultAt(
    at,
    `${word.text} is no keyword for keepalived, since ${codeOf(strange[0])} parts no words: expected a blank`,
  );
}

/** Keywords of the block behind the value of another: keepalived reads one to a line. */
function keywordsBehind(words: readonly Word[], keywords: Keywords): Word[] {
  return words.slice(2).filter(({ text }) => keywords.has(text));
}

function skippedWords(words: readonly Word[]): string[] {
  if (words.length === 0) return [];
  const they = words.length === 1 ? 'it' : 'them';
  return [
    `CHECK: keepalived knows no such keyword where it stands, and skips ${they}: ${places(words)}. So does this.`,
  ];
}

function crowdedWords(words: readonly Word[]): string[] {
  if (words.length === 0) return [];
  return [
    `CHECK: keepalived takes one keyword to a line, and what stands behind it for values: ${places(words)}. So does this.`,
  ];
}

const MAX_NAMED = 10;

/** `weigth (keepalived.conf:7), …`, and no more than can be read. */
function places(words: readonly Word[]): string {
  const shown = words.slice(0, MAX_NAMED).map(({ file, line, text, unfilled }) => {
    const word = unfilled?.startsWith(`${text} `) === true ? unfilled : text || '""';
    return printable(`${word} (${file}:${line})`);
  });
  const more = words.length > MAX_NAMED ? ` and ${words.length - MAX_NAMED} more` : '';
  return `${shown.join(', ')}${more}`;
}

function named(words: readonly Word[]): string {
  const { line } = words[0] as Word;
  return `${words.map(({ text }) => text).join(' ')} (line ${line})`;
}

/**
 * Words as alloc_strvec_r() cuts them: what stands in double quotes is one, and only the six blanks of ASCII part them
 * (WHITE_SPACE_STR): JavaScript's own \\s takes more.
 */
function wordsOf({ file, line, column, text, unfilled }: Line): [Word, ...Word[]] | undefined {
  const misplaced: Word[] = [];
  for (const { 0: token, 1: quoted, index } of text.matchAll(/"([^"]*)"|[^ \t\f\n\r\v"]+/g)) {
    const word = { file, line, column: column + index, text: quoted ?? token };
    misplaced.push(unfilled !== undefined && token.includes('$') ? { ...word, unfilled } : word);
  }
  const [first, ...others] = misplaced;
  return first && [first, ...others];
}

/** Every statement with this keyword, in the order of the file. */
export function allOf(block: readonly Statement[] | undefined, ...keywords: readonly string[]): Statement[] {
  return (block ?? []).filter(({ words }) => keywords.includes(words[0].text));
}

/** The one that counts: of two keepalived takes the later. */
export function lastOf(block: readonly Statement[] | undefined, ...keywords: readonly string[]): Statement | undefined {
  return allOf(block, ...keywords).at(-1);
}

/**
 * The text behind a keyword.
 * @throws WeirError 'config' where nothing stands there.
 */
export function argumentOf(statement: Statement, expected: string, at = 1): Word {
  const word = statement.words[at];
  if (word !== undefined) return word;
  const last = statement.words.at(-1) as Word;
  throw faultAt({ ...last, column: last.column + last.text.length }, `${last.text} has no value, expected ${expected}`);
}

/** What is wrong with a value: that it was not filled in, where that is it. */
export function wrongValue(word: Word, sentence: string): Error {
  return faultAt(word, word.unfilled ?? sentence);
}
