/** A job of a hand whose process is gone is begun by nobody again: its table may have been changed already. */

import type { Job } from 'bullmq';
import { expect, it } from 'vitest';
import { openQueue, openWorker } from '../../src/broker/queues.ts';
import { redisOfFile } from '../support/redis-of-file.ts';

const redis = await redisOfFile();

const LOCK_MS = 400;

it('an action whose lock is over is failed by whoever finds it, and begun a second time by nobody', async () => {
  const queue = openQueue<{ n: number }>(redis, 'act-a');
  await queue.add('drain', { n: 1 }, { jobId: 'one' });
  const begun: string[] = [];
  let letGo = () => {};
  const isLetGo = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const hang = async (job: Job<{ n: number }>) => {
    begun.push(job.id ?? '');
    await isLetGo;
  };
  const common = { name: 'act-a', process: hang, onError: () => {}, lockMs: LOCK_MS } as const;
  // A connection of its own: it goes silent with its process.
  const lost = redis.duplicate();
  const first = openWorker<{ n: number }>({ ...common, connection: lost });
  await expect.poll(() => begun).toEqual(['one']);
  await first.close(true);
  const second = openWorker<{ n: number }>({ ...common, connection: redis });
  await expect.poll(() => queue.getJobState('one')).toBe('failed');
  // What comes after it is not held up, and by then it would have been begun again.
  await queue.add('drain', { n: 2 }, { jobId: 'two' });
  await expect.poll(() => begun.at(-1)).toBe('two');
  expect(begun).toEqual(['one', 'two']);
  letGo();
  await second.close();
  lost.disconnect();
  await queue.close();
});
