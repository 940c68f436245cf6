import { expect, it } from 'vitest';
import { jobIdOf, openQueue } from '../../src/broker/queues.ts';
import { redisOfFile } from '../support/redis-of-file.ts';

const redis = await redisOfFile();

it('takes news of a consumer, whose name has a colon, and takes the same news once', async () => {
  const queue = openQueue<{ n: number }>(redis, 'messages');
  const id = '1-0.consumer-silent.192.168.81.60:9600.firing';
  await expect(queue.add('firing', { n: 0 }, { jobId: id })).rejects.toThrow(/:/);
  for (const n of [1, 2]) await queue.add('firing', { n }, { jobId: jobIdOf(id) });
  expect((await queue.getWaiting()).map(({ data }) => data)).toEqual([{ n: 1 }]);
  await queue.close();
});
