/** Broker time in a process. docs/time.md says what it is. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { within } from '../../lib/within.ts';
import { poolKeys } from '../keys.ts';
import { followClock, type Reckoning, reckon, type TimeLook } from './time.ts';

export interface BrokerClock {
  /**
   * Broker time in ms. Goes on by the monotonic clock while the broker is away. Before it was heard, it goes on from `startsFrom`
   * or is the machine's clock.
   */
  now(): number;
  /** Broker time is known. */
  readonly synced: boolean;
  /** By how many ms broker time is ahead of the broker's own clock, which is not followed; 0 while it is. */
  readonly lead: number;
  /** Looks at the broker once. Throws when it does not answer. */
  sync(): Promise<void>;
  /** Broker time in ms as soon as it is known: now, or within some seconds. Throws when the broker does not answer. */
  known(): Promise<number>;
  /**
   * Broker time in ms as the broker says it right now: where it is not `now()`, either this process was held up or the
   * broker's clock has stepped. Throws when it does not answer within 500 ms.
   */
  ask(): Promise<number>;
  /** Nodes say that the broker's clock is right. */
  follow(): void;
}

export interface ClockOptions {
  /** In ms, from any beginning. */
  readonly monotonic?: () => number;
  /**
   * The time is at least this, in broker ms. What is written by a time that goes on from here is never in the future, which
   * by the machine's clock it may be, even by a day. Left out, or 0: nothing is known.
   */
  readonly startsFrom?: number;
}

/** Between two looks of a process that has just started, in ms. */
const LOOK_AGAIN_MS = 500;

const ANSWERS_WITHIN_MS = 500;

const LOOK = `
local time = redis.call('TIME')
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local lead = '0'
if last then
  for i = 1, #last[2], 2 do if last[2][i] == 'lead' then lead = last[2][i + 1] end end
end
return { time[1], time[2], last and last[1] or '', lead }
`;

/** @throws what ioredis throws when the broker does not answer. */
export async function lookAtTime(redis: Redis, pool: string): Promise<TimeLook> {
  const answer = await redis.eval(LOOK, 1, poolKeys(pool).stream);
  const [seconds, micros, last, lead] = answer as [string, string, string, string];
  return {
    clock: Number(seconds) * 1_000 + Number(micros) / 1_000,
    ...(last !== '' && { last: Number.parseInt(last, 10) }),
    lead: Number(lead),
  };
}

/** Broker time in ms, for one who only shows it. @throws what ioredis throws when the broker does not answer. */
export async function brokerTime(redis: Redis, pool: string): Promise<number> {
  return timeOf(await lookAtTime(redis, pool));
}

export function timeOf({ clock, lead, last = 0 }: TimeLook): number {
  return Math.max(Math.floor(clock + lead), last);
}

/** A clock that goes by the stream of a pool. */
export function createBrokerClock(look: () => Promise<TimeLook>, options: ClockOptions = {}): BrokerClock {
  const { monotonic = () => performance.now(), startsFrom = 0 } = options;
  const startsAt = (startsFrom > 0 ? startsFrom : Date.now()) - monotonic();
  /** The time at the last look, and when that was by the monotonic clock. */
  let known: (Reckoning & { readonly at: number }) | undefined;
  let quiet: { readonly last: number | undefined; readonly since: number } | undefined;

  const own = (at: number): Reckoning | undefined => known && { now: known.now + at - known.at, lead: known.lead };
  const now = () => Math.round(own(monotonic())?.now ?? monotonic() + startsAt);

  /** Takes half of the round trip as the way back. */
  async function seen(): Promise<{ said: TimeLook; at: number }> {
    const before = monotonic();
    const said = await look();
    return { said, at: (before + monotonic()) / 2 };
  }

  async function sync(): Promise<void> {
    const { said, at } = await seen();
    if (quiet === undefined || quiet.last !== said.last) quiet = { last: said.last, since: at };
    const reckoned = reckon(own(at), said, at - quiet.since);
    if (reckoned !== undefined) known = { ...reckoned, at };
  }

  return {
    now,
    sync,
    get synced() {
      return known !== undefined;
    },
    get lead() {
      return known?.lead ?? 0;
    },
    async known() {
      while (known === undefined) {
        await sync();
        if (known === undefined) await sleep(LOOK_AGAIN_MS);
      }
      return now();
    },
    async ask() {
      const { said, at } = await within(seen(), ANSWERS_WITHIN_MS);
      const toNow = monotonic() - at;
      return Math.round(Math.max(said.clock + (known?.lead ?? said.lead), said.last ?? 0) + toNow);
    },
    follow() {
      const at = monotonic();
      const mine = own(at);
      if (mine !== undefined) known = { ...followClock(mine), at };
    },
  };
}
