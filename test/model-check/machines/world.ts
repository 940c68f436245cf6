/**
 * What the model's pool is like: its servers, what is wrong with each, who is MASTER, and what time it truly is. Nothing
 * here knows of Weir, and everything that Weir is judged by is asked here.
 */

import type { PoolConfig } from '../../../src/model/configuration/config.ts';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { HEALTHY_MEMBER, healthyDirector, SILENT_MEMBER } from '../../../src/rules/testing/healthy.ts';
import { poolOf } from '../../support/pool.ts';

export const MEMBERS = ['a', 'b', 'c'] as const;
export const POOL: PoolConfig = poolOf(MEMBERS);
export const BASE = 100;
/** What a person sets with ipvsadm: no weight of Weir's. */
export const BY_HAND = 77;

/** killed: keepalived's check fails. dead: its host is gone, and Weir's node on it. loading: the check passes again. */
export type Trouble = 'none' | 'silent' | 'full' | 'filling' | 'killed' | 'dead' | 'loading';

const FILLS = { filling: true, take_rate: 0, consume_rate: 0, memory_growth: 1_000_000, seconds_to_full: 600 };
const READINGS: Readonly<Record<Trouble, Signals>> = {
  none: HEALTHY_MEMBER,
  silent: SILENT_MEMBER,
  killed: SILENT_MEMBER,
  dead: SILENT_MEMBER,
  loading: { answering: true, writable: false, refusal: 'LOADING' },
  filling: { ...HEALTHY_MEMBER, ...FILLS },
  full: { ...HEALTHY_MEMBER, ...FILLS, full: true, writable: false, refusal: 'OOM', seconds_to_full: 0 },
};

const TAKES_WRITES: ReadonlySet<Trouble> = new Set<Trouble>(['none', 'filling']);

/** What is wrong with a member, and since when, in ms of true time. */
interface Spell {
  readonly trouble: Trouble;
  readonly since: number;
}

/** So much of the past is remembered, in ms. */
const REMEMBERED_MS = 300_000;

export class World {
  /** True time in ms. */
  now = 1_000_000_000;
  master: string = MEMBERS[0];
  second: string | undefined;
  /** Members that weir.yaml and keepalived.conf have now. */
  members: readonly string[] = MEMBERS;
  readonly #spells = new Map<string, Spell[]>(MEMBERS.map((name) => [name, [{ trouble: 'none', since: 0 }]]));

  trouble(member: string): Trouble {
    return this.#spells.get(member)?.at(-1)?.trouble ?? 'none';
  }

  /** Since when it is as it is. */
  since(member: string): number {
    return this.#spells.get(member)?.at(-1)?.since ?? 0;
  }

  befall(member: string, trouble: Trouble): void {
    if (this.trouble(member) === trouble) return;
    const spells = this.#spells.get(member) ?? [];
    const kept = spells.filter((_, index) => (spells[index + 1]?.since ?? this.now) > this.now - REMEMBERED_MS);
    this.#spells.set(member, [...kept, { trouble, since: this.now }]);
  }

  /** What was wrong with it all of the time from so many ms before `at` up to it; undefined where that changed. */
  steady(member: string, at: number, ms: number): Trouble | undefined {
    const spells = this.#spells.get(member) ?? [];
    const then = spells.findLast(({ since }) => since <= at);
    return then !== undefined && then.since <= at - ms ? then.trouble : undefined;
  }

  /** One of these was wrong with it within the last so many ms. */
  lastly(member: string, troubles: readonly Trouble[], withinMs: number): boolean {
    const spells = this.#spells.get(member) ?? [];
    return spells.some(({ trouble }, index) => {
      return troubles.includes(trouble) && (spells[index + 1]?.since ?? this.now) >= this.now - withinMs;
    });
  }

  isWritable(member: string): boolean {
    return TAKES_WRITES.has(this.trouble(member));
  }

  /** It takes writes, or did less than so many ms ago. */
  wasWritable(member: string, withinMs: number): boolean {
    const spells = this.#spells.get(member) ?? [];
    return spells.some(({ trouble }, index) => {
      const until = spells[index + 1]?.since ?? this.now;
      return TAKES_WRITES.has(trouble) && until >= this.now - withinMs;
    });
  }

  /** It has taken writes for so long without a break, whatever else was wrong with it. In ms. */
  writableForMs(member: string): number {
    const spells = this.#spells.get(member) ?? [];
    const broken = spells.findLastIndex(({ trouble }) => !TAKES_WRITES.has(trouble));
    return broken === spells.length - 1 ? 0 : this.now - (spells[broken + 1]?.since ?? 0);
  }

  readonly #readings = new Map<string, Signals>();

  /** What is as it was is the same object, and one of this member alone: what was made of it need not be made again. */
  reading(member: string, isSeen: boolean): Signals {
    const trouble = isSeen ? this.trouble(member) : 'silent';
    const key = `${member} ${trouble}`;
    const reading = this.#readings.get(key) ?? { ...READINGS[trouble] };
    this.#readings.set(key, reading);
    return reading;
  }

  isMaster(node: string): boolean {
    return node === this.master || node === this.second;
  }

  director(node: string): Signals {
    return healthyDirector(this.isMaster(node), this.members.length);
  }
}
