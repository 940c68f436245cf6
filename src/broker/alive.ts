/** Signs of life: a pool was evaluated. Nodes look at those of their own pools, and tell when there is none. */

import type { Redis } from 'ioredis';
import { ALIVE_KEY, poolKeys } from './keys.ts';

/** How long a sign of life lasts. */
const ALIVE_SECONDS = 30;

/**
 * A worker of a version before knows one sign for all pools, and writes the time into it. For nodes of a version before this
 * one writes it too, with this in it.
 */
const OF_EVERY_POOL = 'each pool has its own';

/** The pool was evaluated. @throws what ioredis throws when the broker does not answer. */
export async function sayAlive(redis: Redis, pool: string): Promise<void> {
  await redis.set(poolKeys(pool).alive, '1', 'EX', ALIVE_SECONDS);
  await redis.set(ALIVE_KEY, OF_EVERY_POOL, 'EX', ALIVE_SECONDS);
}

/**
 * Says for each pool whether it was evaluated within 30 s.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function readAlive(redis: Redis, pools: readonly string[]): Promise<Map<string, boolean>> {
  const [ofAll, ...left] = await Promise.all([
    redis.get(ALIVE_KEY),
    ...pools.map((pool) => redis.pttl(poolKeys(pool).alive)),
  ]);
  const isOld = ofAll !== null && ofAll !== OF_EVERY_POOL;
  // A sign that would last longer is from before the broker's clock stepped back.
  const isLive = (ms: number) => ms > 0 && ms <= ALIVE_SECONDS * 1_000;
  return new Map(pools.map((pool, index) => [pool, isOld || isLive(left[index] ?? 0)]));
}
