/** A keepalived.conf that was damaged: bytes, lines, braces, words. Pure. */

import type { Chance } from '../../../model-check/chance.ts';

/** What readers of numbers, definitions, conditions and includes trip over. */
const WORDS = [
  ...['{', '}', '"', '\\', '#', '!', '$', '${', '${}', '$A', '@', '@^', '@a', '~SEQ(x, 1, 3)', '~LST(x, 1)', '='],
  ...[
    '0',
    '-1',
    '1e9',
    '0x10',
    '99999999999999999999',
    '0.0000001',
    'NaN',
    '٣',
    '-',
    '.',
    ':',
    '::',
    '/32',
    '1.2.3',
    '300.1.1.1',
  ],
  ...[
    'include *',
    'include keepalived.conf',
    'fwmark',
    'group',
    'virtual_server',
    'real_server',
    'vrrp_instance',
    'global_defs',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    '\u001b[31m',
    '\u00a0',
    '\ufeff',
    '\ufffd',
    '\u2028',
    '%s%n',
    '$A=$A',
    '$A=\\',
  ],
];

type Operation = (text: string, chance: Chance, other: string) => string;

const at = (text: string, chance: Chance) => chance.int(text.length + 1);
const insert = (text: string, where: number, what: string) => text.slice(0, where) + what + text.slice(where);
const onLines =
  (change: (lines: string[], chance: Chance, other: string) => string[]): Operation =>
  (text, chance, other) =>
    change(text.split('\n'), chance, other).join('\n');
const onWord =
  (change: (word: string, chance: Chance, text: string) => string): Operation =>
  (text, chance) => {
    const words = [...text.matchAll(/\S+/g)];
    if (words.length === 0) return text;
    const { 0: word, index } = chance.pick(words);
    return text.slice(0, index) + change(word, chance, text) + text.slice(index + word.length);
  };

const OPERATIONS: readonly Operation[] = [
  // Bytes.
  (text, chance) => insert(text, at(text, chance), String.fromCharCode(chance.int(256))),
  (text, chance) => insert(text, at(text, chance), String.fromCharCode(chance.int(0x1_0000))),
  (text, chance) => {
    const where = at(text, chance);
    return text.slice(0, where) + text.slice(where + 1 + chance.int(20));
  },
  (text, chance) => text.slice(0, at(text, chance)),
  (text, chance) => text.slice(at(text, chance)),
  // Braces and other marks.
  (text, chance) =>
    insert(text, at(text, chance), chance.pick(['{', '}', '{}', '"', '#', '\\', '\n{\n', '\n}\n', '\\\n', '\r', '\t'])),
  (text, chance) => {
    const marks = [...text.matchAll(/[{}"\n]/g)];
    if (marks.length === 0) return text;
    const { index } = chance.pick(marks);
    return text.slice(0, index) + text.slice(index + 1);
  },
  // Lines.
  onLines((lines, chance) => lines.toSpliced(chance.int(lines.length), 1 + chance.int(4))),
  onLines((lines, chance) => lines.toSpliced(chance.int(lines.length), 0, chance.pick(lines))),
  onLines((lines, chance) => {
    const [one, other] = [chance.int(lines.length), chance.int(lines.length)];
    return lines.with(one, lines[other] as string).with(other, lines[one] as string);
  }),
  onLines((lines, chance, other) => lines.toSpliced(chance.int(lines.length), 0, chance.pick(other.split('\n')))),
  onLines((lines, chance) => lines.toSpliced(chance.int(lines.length), 0, ...lines.slice(chance.int(lines.length)))),
  onLines((lines, chance) => {
    const where = chance.int(lines.length);
    return lines.with(where, (lines[where] as string).repeat(chance.pick([2, 3, 2_000])));
  }),
  // Words.
  onWord((_, chance) => chance.pick(WORDS)),
  onWord((word, chance) => `${word} ${chance.pick(WORDS)}`),
  onWord((_, chance, text) => chance.pick(text.split(/\s+/))),
  onWord(() => ''),
  onWord((word, chance) => insert(word, chance.int(word.length + 1), chance.pick(WORDS))),
  onWord((word) => word.toUpperCase()),
];

/** One to four kinds of damage; `other` is another configuration, of which lines may come in. */
export function mutate(text: string, chance: Chance, other: string): string {
  let damaged = text;
  for (let left = 1 + chance.int(4); left > 0; left--) damaged = chance.pick(OPERATIONS)(damaged, chance, other);
  return damaged;
}
