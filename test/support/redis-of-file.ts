import { Redis } from 'ioredis';
import { afterAll, beforeEach } from 'vitest';
import { startRedis } from './redis.ts';

/**
 * A connection to a real Redis of this test file alone: empty before each test, gone after the last one. BullMQ takes it, for
 * its commands wait for as long as it takes.
 */
export async function redisOfFile(): Promise<Redis> {
  const server = await startRedis();
  const redis = new Redis(server.path, { maxRetriesPerRequest: null });
  beforeEach(async () => {
    await redis.flushall();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  return redis;
}
