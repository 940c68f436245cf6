/** What generated configurations are made of. Pure. */

import type { Chance } from '../../../model-check/chance.ts';

/** A keyword with what stands behind it, and what stands between its braces. */
export interface Node {
  readonly words: readonly string[];
  readonly block?: readonly Node[];
}

export function line(...words: readonly (string | number)[]): Node {
  return { words: words.map(String) };
}

export function block(words: readonly (string | number)[], inside: readonly Node[]): Node {
  return { words: words.map(String), block: inside };
}

/** Each of them once in `in_`, in an order of chance. */
export function some(chance: Chance, in_: number, all: readonly Node[]): Node[] {
  return shuffled(
    chance,
    all.filter(() => chance.once(in_)),
  );
}

export function shuffled<T>(chance: Chance, all: readonly T[]): T[] {
  const left = [...all];
  return all.map(() => left.splice(chance.int(left.length), 1)[0] as T);
}
