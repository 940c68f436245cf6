/**
 * Reads values of a keepalived.conf as keepalived takes them. The last of several counts. For one that is out of range it
 * writes a line to its log, and goes on with what it has. Pure.
 */

import { isIP } from 'node:net';
import { shortAddress } from '../../../lib/ip-address.ts';
import { WeirError } from '../../../model/error.ts';
import type { LinePosition } from '../keepalived/lines.ts';
import { argumentOf, type Statement, type Word, wrongValue } from '../keepalived/syntax.ts';

/** Takes a sentence about a value that keepalived does not take as it stands there. */
export type Tell = (place: LinePosition, sentence: string) => void;

/** What keepalived takes otherwise than it stands there, and what it cannot take at all. */
export interface Read<Value> {
  readonly value: Value;
  readonly oddities: readonly string[];
}

/** @param read what tells as it goes. */
export function collected<Value>(read: (tell: Tell) => Value): Read<Value> {
  const oddities: string[] = [];
  const value = read(({ file, line }, sentence) => oddities.push(`${file}:${line} ${sentence}`));
  return { value, oddities };
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** Whether it may have a fraction. */
  readonly isDecimal?: boolean;
}

/**
 * The number that keepalived has in the end; undefined where it has its default.
 * @throws WeirError 'config' with the place of a word that is no number: a running keepalived takes what stands before its
 * first letter, its own test does not.
 */
export function lastNumber(statements: readonly Statement[], range: Range, tell: Tell): number | undefined {
  let found: number | undefined;
  for (const statement of statements) {
    const wanted = `a number from ${range.min} to ${range.max}`;
    const word = argumentOf(statement, wanted);
    const form = range.isDecimal === true ? /^[+-]?(\d+\.?\d*|\.\d+)$/ : /^[+-]?\d+$/;
    const [keyword] = statement.words;
    if (!form.test(word.text)) throw wrongValue(word, `${keyword.text} is ${word.text}, expected ${wanted}`);
    const value = Number(word.text);
    if (value >= range.min && value <= range.max) found = value;
    else {
      const kept = found === undefined ? 'has its default' : `stays with ${found}`;
      tell(word, `${keyword.text} is ${word.text}, expected ${wanted}: keepalived ignores it and ${kept}.`);
    }
  }
  return found;
}

/**
 * An IP address, its mask left off; IPv6 in its short form, as the kernel's table and Node give it.
 * @throws WeirError 'config' when it is none.
 */
export function addressOf(word: Word): string {
  const address = word.text.replace(/\/\d+$/, '').toLowerCase();
  if (isIP(address) === 4) return address;
  if (URL.canParse(`http://[${address}]`)) return shortAddress(address);
  throw wrongValue(word, `${word.text} is no IP address, expected one such as 192.168.81.229/32`);
}

/** As addressOf(); where keepalived leaves the address out, reports that and returns undefined. */
export function addressOrNone(word: Word, tell: Tell): string | undefined {
  try {
    return addressOf(word);
  } catch (error) {
    if (!(error instanceof WeirError) || word.unfilled !== undefined) throw error;
    tell(word, `${word.text} is no IP address: keepalived leaves it out.`);
    return undefined;
  }
}

/** Whether both are IPv4 or both IPv6. */
export function isSameFamily(one: string, other: string): boolean {
  return isIP(one) === isIP(other);
}

/** Groups items by key, in the order in which the keys first come. */
export function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const byKey = new Map<string, Item[]>();
  for (const item of items) byKey.set(keyOf(item), [...(byKey.get(keyOf(item)) ?? []), item]);
  return byKey;
}
