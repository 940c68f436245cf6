/** A broker that does not answer just when a queue is opened: it has begun to load, or this process is busy starting. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openQueue } from '../../src/broker/queues.ts';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

/** Longer than a producer waits for an answer. */
const SILENT_MS = 1_000;

let server: TestRedis;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server.stop();
});

it('a queue that was opened then takes jobs as soon as the broker answers', async () => {
  const connection = connectBroker({ url: server.url }, 'producer');
  await connection.connect();
  process.kill(server.pid, 'SIGSTOP');
  const queue = openQueue<{ pool: string }>(connection, 'evaluate');
  queue.on('error', () => {});
  await sleep(SILENT_MS);
  process.kill(server.pid, 'SIGCONT');

  await expect.poll(() => queue.add('evaluate', { pool: 'logs' }), { timeout: 50_000 }).toBeDefined();

  await queue.close();
  connection.disconnect();
});
