/** How fast a place is told, whichever worker tells; and what may be done once only. All in the broker's time. */

import type { Redis } from 'ioredis';
import type { Budget } from '../model/config.ts';
import { gateKey, onceKey, sentKey } from './keys.ts';

const TAKE = `
local wait = redis.call('PTTL', KEYS[1])
if wait > 0 then return wait end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, per = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - per)
if ARGV[4] == '1' and redis.call('ZCARD', KEYS[2]) >= max then
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return math.max(1, oldest[2] + per - now)
end
if ARGV[4] == '1' then
  redis.call('ZADD', KEYS[2], now, ARGV[5])
  redis.call('PEXPIRE', KEYS[2], per)
end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 0
`;

export interface Pace {
  /** Between two messages, in ms. */
  readonly gapMs: number;
  /** Messages that people can take; an update is not held up by it. */
  readonly limit: Budget;
  /** Whether it is one more message for people; an update is none. */
  readonly counts: boolean;
}

/** @returns 0 when a message may go to the place now, which is noted; else in how many ms to ask again. */
export async function takeTurn(redis: Redis, place: string, { gapMs, limit, counts }: Pace): Promise<number> {
  const name = `${Date.now()}.${Math.random()}`;
  const args = [Math.ceil(gapMs), limit.max, limit.perMs, counts ? '1' : '0', name];
  return Number(await redis.eval(TAKE, 2, gateKey(place), sentKey(place), ...args));
}

/** The place wants to be left alone for so long, in ms. */
export async function closeGate(redis: Redis, place: string, ms: number): Promise<void> {
  await redis.set(gateKey(place), '1', 'PX', Math.max(1, Math.ceil(ms)));
}

/** Whether nobody has done it within `ms` before; from now on somebody has. */
export async function isFirst(redis: Redis, what: string, ms: number): Promise<boolean> {
  return (await redis.set(onceKey(what), '1', 'PX', ms, 'NX')) !== null;
}
