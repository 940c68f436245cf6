/** Watches a clock that is not followed: people are told, and it is followed again when nodes agree with it. */

import type { Redis } from 'ioredis';
import type { BrokerHealth } from '../../src/broker/health.ts';
import { type BrokerClock, createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import { APART_MS } from '../../src/broker/time/time.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { clockTrouble } from '../../src/operations/clock-trouble.ts';
import { readPoolState } from '../../src/operations/stored.ts';
import { freshSweeps } from '../../src/rules/state/state.ts';

/** So many nodes must agree with the clock for so long, in ms. */
const AGREED_FOR_MS = 60_000;
const AGREEING_NODES = 2;

/** While no node agrees with the clock, sweeps are read so seldom, in ms: a state has hundreds of kilobytes. */
const LOOK_AGAIN_MS = 5_000;

export interface ClockWatch {
  /** Called once a second. Throws what reading sweeps throws. */
  look(): Promise<void>;
  /** A sentence for people; undefined where there is nothing to tell. */
  trouble(): string | undefined;
}

export interface ClockWatchInput {
  readonly clock: Pick<BrokerClock, 'lead' | 'follow'>;
  /** Returns fresh sweeps of nodes. Asked only while nobody knows whether nodes agree with the clock. */
  sweeps(): Promise<readonly Sweep[]>;
  /** In ms. */
  readonly monotonic?: () => number;
}

export function createClockWatch({ clock, sweeps, monotonic = () => performance.now() }: ClockWatchInput): ClockWatch {
  let agreedSince: number | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** The lead that nodes have agreed with. A clock that is behind keeps it for good. */
  let agreedLead: number | undefined;
  return {
    async look() {
      const { lead } = clock;
      if (lead !== agreedLead) agreedLead = undefined;
      if (lead === 0 || lead === agreedLead) {
        agreedSince = undefined;
        return;
      }
      const now = monotonic();
      if (agreedSince === undefined && now - lookedAt < LOOK_AGAIN_MS) return;
      lookedAt = now;
      agreedSince = agreeing(await sweeps()) < AGREEING_NODES ? undefined : (agreedSince ?? now);
      if (agreedSince === undefined || now - agreedSince < AGREED_FOR_MS) return;
      agreedLead = lead;
      clock.follow();
    },
    trouble() {
      return clock.lead === agreedLead ? undefined : clockTrouble(clock.lead);
    },
  };
}

/** A worker's clock, which goes by the stream of its first pool, and the watch over it. */
export function openClock(redis: Redis, config: WeirConfig): { clock: BrokerClock; watch: ClockWatch } {
  const [pool = ''] = Object.keys(config.pools);
  const clock = createBrokerClock(() => lookAtTime(redis, pool));
  const sweeps = () => freshSweepsOf(redis, pool, clock.now(), config.poll.staleAfterMs);
  return { clock, watch: createClockWatch({ clock, sweeps }) };
}

/** Adds the trouble of the clock to those of the broker. */
export function withClock(health: BrokerHealth, watch: ClockWatch): BrokerHealth {
  const trouble = watch.trouble();
  return trouble === undefined ? health : { ...health, troubles: [...health.troubles, trouble] };
}

/** Counts the nodes whose clock agrees with the broker's. */
function agreeing(sweeps: readonly Sweep[]): number {
  const skews = sweeps.map(({ director }) => director?.clock_skew);
  return skews.filter((skew) => typeof skew === 'number' && Math.abs(skew) * 1_000 <= APART_MS).length;
}

async function freshSweepsOf(redis: Redis, pool: string, now: number, staleAfterMs: number): Promise<Sweep[]> {
  const state = (await readPoolState(redis, pool))?.state;
  return state === undefined ? [] : freshSweeps(state, now, staleAfterMs);
}
