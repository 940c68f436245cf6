/** Which pools there are in the broker, whether or not weir.yaml has them. */

import type { Redis } from 'ioredis';
import { poolKeys } from './keys.ts';

const [BEFORE = '', AFTER = ''] = poolKeys('*').state.split('*');

/** Names of the pools that have a state. @throws what ioredis throws. */
export async function poolNames(redis: Redis): Promise<string[]> {
  const names = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', poolKeys('*').state, 'COUNT', 1_000);
    for (const key of keys) names.add(key.slice(BEFORE.length, key.length - AFTER.length));
    cursor = next;
  } while (cursor !== '0');
  return [...names].sort();
}
