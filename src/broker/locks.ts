/**
 * BullMQ's own keys with an end go by the broker's clock: after a step back a dead worker's job would stay locked, and nobody
 * look for it, for as long as the step. docs/time.md
 */

import type { Redis } from 'ioredis';
import { QUEUE_PREFIX } from './keys.ts';
import { kindOf, OPTIONS, type QueueName } from './queues.ts';

const CUT_DOWN = `
local queue, lock, look = KEYS[1], ARGV[1], ARGV[2]
local cut = 0
local function cutDown(key, ms)
  if redis.call('PTTL', key) <= tonumber(ms) then return end
  redis.call('PEXPIRE', key, ms)
  cut = cut + 1
end
for _, id in ipairs(redis.call('LRANGE', queue .. 'active', 0, -1)) do cutDown(queue .. id .. ':lock', lock) end
cutDown(queue .. 'stalled-check', look)
return cut
`;

/**
 * Cuts locks of a queue that would last longer than their duration. A live worker renews its own before that.
 * @returns how many there were.
 */
export async function cutLocks(redis: Redis, name: QueueName): Promise<number> {
  const { lockDuration, stalledInterval } = OPTIONS[kindOf(name)];
  return Number(await redis.eval(CUT_DOWN, 1, `${QUEUE_PREFIX}:${name}:`, lockDuration, stalledInterval));
}
