/**
 * keepalived.conf as a tree of statements. It knows braces, quotes and where things stand, and hardly a keyword: which
 * are there and what they are worth, keepalived itself says (`keepalived --config-test`). Pure.
 */

import { faultAt, type Line, type Place, readLines, type SourceFile, type Surroundings } from './keepalived-lines.ts';

export interface Word extends Place {
  readonly text: string;
}

export interface Statement {
  /** The keyword and what stands behind it. */
  readonly words: readonly [Word, ...Word[]];
  /** What stands between its braces; absent where it has none. */
  readonly block?: readonly Statement[];
}

interface Token extends Word {
  readonly kind: 'word' | '{' | '}';
}

/** Stand at the top and nowhere else: below something, a brace is missing above. */
const AT_THE_TOP: ReadonlySet<string> = new Set([
  'global_defs',
  'vrrp_instance',
  'vrrp_script',
  'vrrp_sync_group',
  'virtual_server',
  'virtual_server_group',
]);

/**
 * The statements of a file and of what it includes.
 * @throws WeirError 'config' with one line, `file:line:col what was expected`.
 */
export function parseKeepalived(source: SourceFile, surroundings: Surroundings): Statement[] {
  const top: Statement[] = [];
  /** The open blocks, outermost first. */
  const open: { readonly head: Statement; readonly block: Statement[] }[] = [];
  /** The statement that a `{` may still belong to: the last one of the block that is being read. */
  let last: { words: [Word, ...Word[]]; block?: Statement[] } | undefined;

  for (const line of readLines(source, surroundings)) {
    let isNew = true;
    for (const token of tokens(line)) {
      const { kind, ...word } = token;
      const inner = open.at(-1);
      if (kind === '{') {
        if (last === undefined || last.block !== undefined) {
          throw faultAt(word, 'a { opens a block of nothing, expected a keyword before it');
        }
        last.block = [];
        open.push({ head: last, block: last.block });
        last = undefined;
        isNew = true;
      } else if (kind === '}') {
        if (inner === undefined) throw faultAt(word, 'this } closes nothing, expected one } for each {');
        open.pop();
        last = undefined;
        isNew = true;
      } else if (isNew || last === undefined) {
        if (inner !== undefined && AT_THE_TOP.has(word.text)) {
          const { words } = (open[0] as (typeof open)[number]).head;
          throw faultAt(word, `${word.text} stands inside ${named(words)}, expected a } before it`);
        }
        last = { words: [word] };
        (inner?.block ?? top).push(last);
        isNew = false;
      } else {
        last.words.push(word);
      }
    }
  }
  const inner = open.at(-1);
  if (inner !== undefined) {
    throw faultAt(inner.head.words[0], `${named(inner.head.words)} is never closed, expected a } for its {`);
  }
  return top;
}

function named(words: readonly Word[]): string {
  const { line } = words[0] as Word;
  return `${words.map(({ text }) => text).join(' ')} (line ${line})`;
}

/** Words as alloc_strvec_r() of lib/parser.c cuts them: what stands in double quotes is one word, braces are their own. */
function tokens({ text, column, ...place }: Line): Token[] {
  const found: Token[] = [];
  for (const { 0: token, 1: quoted, index } of text.matchAll(/"([^"]*)"|[{}]|[^\s"{}]+/g)) {
    const kind = quoted === undefined && (token === '{' || token === '}') ? token : 'word';
    found.push({ ...place, column: column + index, kind, text: quoted ?? token });
  }
  return found;
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

/**
 * A number behind a keyword.
 * @throws WeirError 'config' where none stands there, or one that is out of range.
 */
export function numberOf(
  statement: Statement,
  expected: { readonly min: number; readonly max: number },
  at = 1,
): number {
  const wanted = `a number from ${expected.min} to ${expected.max}`;
  const word = argumentOf(statement, wanted, at);
  const value = /^-?\d+(\.\d+)?$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (value >= expected.min && value <= expected.max) return value;
  throw faultAt(word, `${statement.words[0].text} is ${word.text}, expected ${wanted}`);
}
