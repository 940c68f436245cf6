/** `~SEQ(NAME, 1, 9) text` and `~LST(NAME, a, b) text` of keepalived.conf: text once for each value. Pure. */

import { faultAt, type Line } from './lines.ts';

/** The names and values to define before each reading of `text`, first one first. */
export interface Sequence {
  readonly line: Line;
  readonly rounds: readonly (readonly (readonly [name: string, value: string])[])[];
}

const MAX_ROUNDS = 50_000;
const RANGE = /^~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,[ \t]*([^)]*)\)[ \t]*(.*)$/s;
const LIST = /^~LST[ \t]*\([ \t]*(\{[^}]*\}|[^ \t,{}]+)[ \t]*,[ \t]*([^)]*)\)[ \t]*(.*)$/s;
/** One of the values of a list, or a set of them. */
const VALUES = /\{([^}]*)\}|[^ \t,{}]+/g;

/**
 * Source: keepalived 2.2.7, lib/parser.c, add_seq() and add_lst().
 * @param fill fills in the parameters among the numbers.
 * @throws WeirError 'config' where keepalived refuses it.
 */
export function sequenceOf(line: Line, fill: (text: string) => string): Sequence | undefined {
  const word = line.text.slice(0, 4);
  if (word !== '~SEQ' && word !== '~LST') return undefined;
  const range = RANGE.exec(line.text);
  if (range !== null) {
    const [, hex = '', name = '', numbers = '', text = ''] = range;
    const values = valuesOf(fill(numbers), hex === 'x');
    if (values === undefined) throw faultAt(line, `~SEQ(${name}, ${numbers}) gives no numbers, expected start, end`);
    return { line: { ...line, text }, rounds: values.map((value) => [[name, value]]) };
  }
  const list = LIST.exec(line.text);
  if (list === null) throw faultAt(line, `${word} has no (NAME, values) behind it, expected that and a text`);
  const [, first = '', sets = '', text = ''] = list;
  const names = partsOf(first);
  const rounds = [...sets.matchAll(VALUES)].map(([value]) => {
    const values = partsOf(value);
    if (values.length > names.length) throw faultAt(line, `~LST has ${value} for ${first}: too many values`);
    return names.map((name, index) => [name, values[index] ?? ''] as const);
  });
  return { line: { ...line, text }, rounds };
}

/** `{a, b}` is a and b. */
function partsOf(set: string): string[] {
  return set
    .replaceAll(/[{}]/g, '')
    .split(',')
    .map((item) => item.trim());
}

/** `end`, `start, end` or `start, step, end`. */
function valuesOf(numbers: string, isHex: boolean): string[] | undefined {
  const given = numbers.split(',').map(numberOf);
  const [one = Number.NaN, two = Number.NaN, three = Number.NaN] = given;
  const [start, step, end] =
    given.length === 1
      ? [one < 0 ? -1 : 1, one < 1 ? -1 : 1, one]
      : given.length === 2
        ? [one, one <= two ? 1 : -1, two]
        : [one, two, three];
  const count = Math.floor((end - start) / step) + 1;
  if (given.length > 3 || !(count >= 1 && count <= MAX_ROUNDS) || (isHex && (start < 0 || end < 0))) return undefined;
  return Array.from({ length: count }, (_, index) => (start + index * step).toString(isHex ? 16 : 10));
}

/** As strtol(3) with base 0 has it. */
function numberOf(text: string): number {
  const [, sign = '', digits = ''] = /^[ \t]*([-+]?)(0x[\da-f]+|\d+)[ \t]*$/i.exec(text) ?? [];
  if (digits === '') return Number.NaN;
  const value = /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return sign === '-' ? -value : value;
}
