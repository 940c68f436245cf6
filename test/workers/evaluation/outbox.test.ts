/** From the outbox to the queues: a worker that dies in between has the next one deliver again. */

import { expect, it } from 'vitest';
import { openQueue, openWorker } from '../../../src/broker/queues.ts';
import type { OutboxItem } from '../../../src/broker/store.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import { openOutboxQueues } from '../../../workers/evaluation/outbox-queues.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';

const redis = await redisOfFile();

function jobFor(node: string): OutboxItem {
  const id = '1-1.consumer-silent.ls1:9600';
  const data = { pool: 'logs', node, action: 'drain', member: 'b', entryId: '1-1', expiresAt: 0 } as const;
  return { queue: 'act', id, node, data: { ...data, decision: id } };
}

it('a job that is delivered again is in its node’s queue once, and is not begun again when it is done', async () => {
  const { deliver, close } = openOutboxQueues(redis);
  const queue = openQueue<ActionJob>(redis, 'act-a');
  for (const node of ['a', 'b', 'a']) await deliver(jobFor(node));
  expect(await queue.getJobCountByTypes('waiting', 'active')).toBe(1);

  const begun: string[] = [];
  const connection = redis.duplicate({ maxRetriesPerRequest: null });
  const worker = openWorker<ActionJob>({
    ...{ connection, name: 'act-a', onError: () => undefined },
    process: async ({ data }) => `${begun.push(data.node)}`,
  });
  await expect.poll(() => queue.getJobCountByTypes('completed')).toBe(1);
  await deliver(jobFor('a'));
  expect(await queue.getJobCountByTypes('waiting', 'active')).toBe(0);
  expect(begun).toEqual(['a']);
  await worker.close();
  connection.disconnect();
  await queue.close();
  await close();
});
