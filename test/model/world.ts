/** What the model's pool is like: three servers, what is wrong with each, who is MASTER. Nothing here knows of Weir. */

import type { PoolConfig } from '../../src/model/config.ts';
import type { Signals } from '../../src/model/reading.ts';
import { HEALTHY_MEMBER, healthyDirector, SILENT_MEMBER } from '../../src/rules/testing/healthy.ts';
import { poolOf } from '../support/world.ts';

export const MEMBERS = ['a', 'b', 'c'] as const;
export const POOL: PoolConfig = poolOf(MEMBERS);
export const BASE = 100;
/** What a person sets with ipvsadm: no weight of Weir's. */
export const BY_HAND = 77;

export type Trouble = 'none' | 'silent' | 'full' | 'filling';

const FILLS = { filling: true, take_rate: 0, consume_rate: 0, memory_growth: 1_000_000, seconds_to_full: 600 };
const READINGS: Readonly<Record<Trouble, Signals>> = {
  none: HEALTHY_MEMBER,
  silent: SILENT_MEMBER,
  filling: { ...HEALTHY_MEMBER, ...FILLS },
  full: { ...HEALTHY_MEMBER, ...FILLS, full: true, writable: false, refusal: 'OOM', seconds_to_full: 0 },
};

export class World {
  now = 1_000_000_000;
  readonly trouble = new Map<string, Trouble>(MEMBERS.map((name) => [name, 'none']));
  master: string = MEMBERS[0];
  second: string | undefined;

  isWritable(member: string): boolean {
    const trouble = this.trouble.get(member);
    return trouble !== 'silent' && trouble !== 'full';
  }

  readonly #readings = new Map<string, Signals>();

  /** What is as it was is the same object, and one of this member alone: what was made of it need not be made again. */
  member(name: string): Signals {
    const trouble = this.trouble.get(name) ?? 'none';
    const key = `${name} ${trouble}`;
    const reading = this.#readings.get(key) ?? { ...READINGS[trouble] };
    this.#readings.set(key, reading);
    return reading;
  }

  director(node: string): Signals {
    return healthyDirector(node === this.master || node === this.second, MEMBERS.length);
  }
}
