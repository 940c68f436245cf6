/**
 * How fast a destination gets messages, whichever worker sends them, and what may be done once only. Goes by the broker's own clock. A limit that would last
 * longer than it was meant to, because that clock has stepped back, is over (docs/time.md).
 */

import type { Redis } from 'ioredis';
import type { Budget } from '../model/configuration/budget.ts';
import { bytesKey, gateKey, onceKey, sentKey } from './keys.ts';

const TAKE = `
local wait = redis.call('PTTL', KEYS[1])
if wait > 0 and wait <= tonumber(redis.call('GET', KEYS[1])) then return wait end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, per = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - per)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '(' .. string.format('%.0f', now), '+inf')
if ARGV[4] == '1' and redis.call('ZCARD', KEYS[2]) >= max then
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return math.max(1, oldest[2] + per - now)
end
if ARGV[4] == '1' then
  redis.call('ZADD', KEYS[2], now, ARGV[5])
  redis.call('PEXPIRE', KEYS[2], per)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[1])
return 0
`;

const ONCE = `
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'NX') and 1 or 0
`;

const BYTES = `
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) then redis.call('DEL', KEYS[1]) end
local taken = tonumber(redis.call('GET', KEYS[1]) or '0')
local granted = math.min(tonumber(ARGV[1]), math.max(0, tonumber(ARGV[2]) - taken))
redis.call('INCRBY', KEYS[1], granted)
if taken == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return granted
`;

export interface Pace {
  /** Between two messages, in ms. */
  readonly gapMs: number;
  /** How many messages people can take. Updates wait for no limit. */
  readonly limit: Budget;
  /** True for one more message, false for an update of one. */
  readonly counts: boolean;
}

/** @returns 0 when a message may go to the destination now, and counts it; else in how many ms to ask again. */
export async function takeTurn(redis: Redis, place: string, { gapMs, limit, counts }: Pace): Promise<number> {
  const name = `${Date.now()}.${Math.random()}`;
  const args = [Math.ceil(gapMs), limit.max, limit.perMs, counts ? '1' : '0', name];
  return Number(await redis.eval(TAKE, 2, gateKey(place), sentKey(place), ...args));
}

/** The destination takes no message for so long, in ms. */
export async function closeGate(redis: Redis, place: string, ms: number): Promise<void> {
  const forMs = Math.max(1, Math.ceil(ms));
  await redis.set(gateKey(place), String(forMs), 'PX', forMs);
}

/** Claims something that may be done once in `ms`. @returns false where somebody has claimed it already. */
export async function isFirst(redis: Redis, what: string, ms: number): Promise<boolean> {
  return (await redis.eval(ONCE, 1, onceKey(what), Math.ceil(ms))) === 1;
}

/** Gives a claim back: it was not done after all. */
export async function giveTurnBack(redis: Redis, what: string): Promise<void> {
  await redis.del(onceKey(what));
}

/** How many of the `wanted` bytes may be taken now, so that all workers together take `limit.max` at most in `limit.perMs`. */
export async function takeBytes(redis: Redis, what: string, wanted: number, { max, perMs }: Budget): Promise<number> {
  return Number(await redis.eval(BYTES, 1, bytesKey(what), wanted, max, perMs));
}
