/** Chance that can be had again: the same seed, the same numbers (mulberry32). */

export interface Chance {
  /** From 0 up to and without `below`. */
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** True once in `in_`. */
  once(in_: number): boolean;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return { int, pick: (from) => from[int(from.length)] as (typeof from)[number], once: (in_) => int(in_) === 0 };
}
