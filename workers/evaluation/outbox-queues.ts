/** Delivers items of the outbox to their queues: threads that are to be shown, jobs for nodes. */

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { jobIdOf, notifySoon, openQueue } from '../../src/broker/queues.ts';
import type { NotifyJob, OutboxItem } from '../../src/broker/store.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';

export interface OutboxQueues {
  readonly showQueue: Queue<NotifyJob, unknown, string>;
  /** Puts one item on its queue. Throws while the broker is away. */
  deliver(item: OutboxItem): Promise<void>;
  close(): Promise<void>;
}

export function openOutboxQueues(redis: Redis): OutboxQueues {
  const showQueue = openQueue<NotifyJob>(redis, 'show');
  const actQueues = new Map<string, Queue<ActionJob, unknown, string>>();

  /** The node may stand only in the weir.yaml of the worker that decided, so its queue is opened when it is needed. */
  function actQueueOf(node: string): Queue<ActionJob, unknown, string> {
    const queue = actQueues.get(node) ?? openQueue<ActionJob>(redis, `act-${node}`);
    actQueues.set(node, queue);
    return queue;
  }

  return {
    showQueue,
    async deliver(item) {
      if (item.queue === 'show') await notifySoon(showQueue, item.data);
      else await actQueueOf(item.node).add(item.data.action, item.data, { jobId: jobIdOf(item.id) });
    },
    async close() {
      await Promise.all([showQueue, ...actQueues.values()].map((queue) => queue.close()));
    },
  };
}
