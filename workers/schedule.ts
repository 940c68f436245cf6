/** A worker's schedule: ticks, which make time pass for every pool, and looks at the broker. */

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { appendTick } from '../src/broker/entries/stream.ts';
import { type BrokerHealth, checkBroker } from '../src/broker/health.ts';
import { cutLocks } from '../src/broker/locks.ts';
import { type EvaluateJob, wake } from '../src/broker/queues.ts';
import type { BrokerClock } from '../src/broker/time/clock.ts';
import { every, type Repeating } from '../src/lib/every.ts';
import type { ClockWatch } from './evaluation/clock-watch.ts';

const TICK_MS = 1_000;
const HEALTH_MS = 10_000;
const LOCKS_MS = 2_000;

export interface ScheduleDependencies {
  readonly redis: Redis;
  readonly clock: BrokerClock;
  /** Absent: a clock that is not followed is not compared with those of nodes. */
  readonly watch?: ClockWatch;
  readonly evaluate: Queue<EvaluateJob>;
  readonly pools: readonly string[];
  onHealth(health: BrokerHealth): void;
  onError(error: unknown, doing: string): void;
}

/** Starts ticking: the worker that comes first in a second appends the pool's tick and wakes its evaluation. */
export function startSchedule({
  redis,
  clock,
  watch,
  evaluate,
  pools,
  onHealth,
  onError,
}: ScheduleDependencies): Repeating {
  const tick = async () => {
    await clock.sync();
    await watch?.look().catch((error: unknown) => onError(error, 'a look at the clocks'));
    if (!clock.synced) return;
    await Promise.all(
      pools.map(async (pool) => {
        if (await appendTick(redis, pool, clock)) await wake(evaluate, pool);
      }),
    );
  };
  const look = async () => onHealth(await checkBroker(redis));
  // A reconnect may lead to another broker. Its run_id is read before anything is evaluated on it.
  redis.on('ready', () => void look().catch((error: unknown) => onError(error, 'broker health')));
  const cut = async () => {
    for (const queue of ['evaluate', 'show', 'messages', 'tell'] as const) await cutLocks(redis, queue);
  };
  const repeating = [
    every(TICK_MS, 'tick', tick, onError),
    every(HEALTH_MS, 'broker health', look, onError),
    every(LOCKS_MS, 'locks', cut, onError),
  ];
  return {
    async stop() {
      await Promise.all(repeating.map((task) => task.stop()));
    },
  };
}
