/** A lock ends by the broker's clock: set a day ahead it is gone at once. What a node did counts all the same, and once. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { openQueue, openWorker } from '../../src/broker/queues.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import { actJob } from '../../workers/node/act.ts';
import { startSteppedRedis } from '../support/stepped-redis.ts';

const JOB: ActionJob = {
  ...{ decision: '1-1.request.b', pool: 'logs', node: 'a', action: 'drain', member: 'b', entryId: '1-1' },
  expiresAt: Number.MAX_SAFE_INTEGER,
};

it('the outcome of a job whose lock is gone is reported, and the job is begun by nobody again', async () => {
  const server = await startSteppedRedis();
  const connect = () => new Redis(server.path, { maxRetriesPerRequest: null });
  const connections = [connect(), connect(), connect()] as const;
  const queue = openQueue<ActionJob>(connections[0], 'act-a');
  const reported: Outcome[] = [];
  const begun: string[] = [];
  const open = (connection: Redis) =>
    openWorker<ActionJob>({
      ...{ connection, name: 'act-a', onError: () => {}, lockMs: 2_000 },
      process: (job, _token, signal) =>
        actJob(job, signal, {
          async runJob(data) {
            begun.push(data.decision);
            await sleep(6_000);
            const { pool, decision, node, member } = data;
            return { kind: 'outcome', pool, decision, node, member, at: 0, result: 'applied', detail: 'b is at 0.' };
          },
          report: (outcome) => reported.push(outcome),
          now: () => 0,
        }),
    });
  const first = open(connections[1]);
  await queue.add('drain', JOB, { jobId: JOB.decision });
  await expect.poll(() => begun, { timeout: 5_000 }).toHaveLength(1);
  await server.step(86_400);
  const second = open(connections[2]);
  await expect.poll(() => reported.map(({ result }) => result), { timeout: 20_000 }).toEqual(['applied']);
  await sleep(5_000);
  expect([begun.length, reported.length]).toEqual([1, 1]);
  await Promise.all([first.close(true), second.close(true), queue.close()]);
  for (const connection of connections) connection.disconnect();
  await server.stop();
}, 60_000);
