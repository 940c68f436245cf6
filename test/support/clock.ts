import type { Redis } from 'ioredis';

/** What a broker's own clock says, in ms: asked by itself, and not by the code that is under test. */
export async function brokerNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
