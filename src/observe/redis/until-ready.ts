import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { within } from '../../lib/within.ts';

/**
 * Waits until a connection is ready, for `timeoutMs` at most. No listener stays behind.
 * @throws Error when it is turned away, or not made in time.
 */
export async function untilReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  if (redis.status === 'wait' || redis.status === 'end') {
    await within(redis.connect(), timeoutMs);
    return;
  }
  const waiting = new AbortController();
  // AbortSignal.timeout takes whole milliseconds only.
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(Math.ceil(timeoutMs))]);
  const closed = once(redis, 'close', { signal }).then(() => Promise.reject(new Error('turned away')));
  await Promise.race([once(redis, 'ready', { signal }), closed]).finally(() => waiting.abort());
}
