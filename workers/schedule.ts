/** What a worker does by the clock: ticks, which make time pass for every pool, and a look at the broker. */

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type BrokerHealth, checkBroker } from '../src/broker/health.ts';
import { type EvaluateJob, wake } from '../src/broker/queues.ts';
import { appendTick } from '../src/broker/stream.ts';
import { every, type Repeating } from './every.ts';

const TICK_MS = 1_000;
const HEALTH_MS = 10_000;

export interface ScheduleDependencies {
  readonly redis: Redis;
  readonly evaluate: Queue<EvaluateJob>;
  readonly pools: readonly string[];
  onHealth(health: BrokerHealth): void;
  onError(error: unknown): void;
}

/** Starts ticking: whichever worker comes first in a second appends the pool's tick, and only that one wakes it. */
export function startSchedule({ redis, evaluate, pools, onHealth, onError }: ScheduleDependencies): Repeating {
  const tick = async () => {
    await Promise.all(
      pools.map(async (pool) => {
        if (await appendTick(redis, pool)) await wake(evaluate, pool);
      }),
    );
  };
  const look = async () => onHealth(await checkBroker(redis));
  // A reconnect may lead to another broker: its run_id is looked at before anything is evaluated on it.
  redis.on('ready', () => void look().catch(onError));
  const repeating = [every(TICK_MS, 'tick', tick, onError), every(HEALTH_MS, 'broker health', look, onError)];
  return {
    async stop() {
      await Promise.all(repeating.map((one) => one.stop()));
    },
  };
}
