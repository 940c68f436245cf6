/** The queue of messages without a thread in the broker, and of digests: the job carries them to one destination. */

import type { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { jobIdOf, openWorker } from '../../src/broker/queues.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { destinationKey } from '../../src/model/configuration/route.ts';
import type { Message } from '../../src/model/people/message.ts';
import { type Notifiers, ownDestinations } from '../../src/operations/destinations.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import { showMessage } from '../../src/tell/notify/notifier.ts';
import { type DigestJob, queueDigest, readDigest } from './digest.ts';
import { attempt } from './notify.ts';

export interface MessageJob {
  readonly message: Message;
  /** The destination's key. */
  readonly place: string;
}

export type MessageQueue = Queue<MessageJob | DigestJob, unknown, string>;

/** Tells a message once, whichever workers say it. @throws while the broker is away. */
export async function queueMessage(queue: MessageQueue, message: Message, places: readonly string[]): Promise<void> {
  const add = (place: string) => {
    return queue.add('message', { message, place }, { jobId: jobIdOf(`${message.id}.${place}`) });
  };
  await Promise.all(places.map(add));
}

export interface MessagesDependencies {
  readonly redis: Redis;
  /** Its own connection: it waits for jobs. */
  readonly blocking: Redis;
  readonly queue: MessageQueue;
  readonly config: WeirConfig;
  readonly notifiers: Notifiers;
  readonly metrics: Pick<Metrics, 'delivered' | 'tellFailed'>;
  onFailed(queue: string): (job: string | undefined, error: Error) => void;
  onError(error: unknown, doing: string): void;
}

/** Takes the jobs of the queue, and those that the version before has left. */
export function startMessages(deps: MessagesDependencies): { close(): Promise<void> } {
  const { redis, blocking: connection, config, notifiers, metrics, onError } = deps;
  const messages = openWorker<MessageJob | DigestJob>({
    connection,
    name: 'messages',
    async process(job, token) {
      const { data } = job;
      const notifier = notifiers.get(data.place);
      // weir.yaml no longer has such a destination.
      if (notifier === undefined) return;
      await attempt(job, token, { redis, metrics, place: data.place }, async () => {
        if ('message' in data) {
          await showMessage(notifier, data.message);
          return true;
        }
        const digest = await readDigest(redis, config, data);
        if (digest !== undefined) await notifier.digest?.(digest);
        return digest !== undefined;
      });
    },
    onError,
  });
  const workers: [string, Worker][] = [
    ['messages', messages],
    ['tell', openBefore(deps)],
  ];
  for (const [name, worker] of workers) {
    const onFailed = deps.onFailed(name);
    worker.on('failed', (job, error) => onFailed(job?.id, error));
  }
  return {
    async close() {
      await Promise.all(workers.map(([, worker]) => worker.close()));
    },
  };
}

/** A job of the queue `tell` of the version before: one for all channels, with the names of those that have it. */
export type JobBefore = { readonly news: Message; readonly told?: readonly string[] } | DigestJob;

/** Moves what that version has left, or its workers still add, to the queue of now, one job for each destination. */
function openBefore({ blocking, queue, config, onError }: MessagesDependencies): Worker<JobBefore> {
  return openWorker<JobBefore>({
    connection: blocking,
    name: 'tell',
    async process({ data }) {
      if (!('news' in data)) return queueDigest(queue, data);
      const { news, told = [] } = data;
      const left = ownDestinations(config.tell).filter(({ kind }) => !told.includes(kind));
      await queueMessage(queue, news, left.map(destinationKey));
    },
    onError,
  });
}
