/** Notifications of a worker: threads and their replies, messages and digests, the heartbeat. */

import type { Worker } from 'bullmq';
import { openWorker } from '../../src/broker/queues.ts';
import type { Repeating } from '../../src/lib/every.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import type { WorkerParts } from '../worker-parts.ts';
import type { TellPace } from './destinations.ts';
import { type DigestJob, digestJob, startDigest } from './digest.ts';
import { startHeartbeat } from './heartbeat.ts';
import { startTelling } from './notifications.ts';
import { type TellJob, tellJob } from './tell.ts';

export interface Notifications {
  /** The worker of the queue `tell`. */
  readonly teller: Worker<TellJob>;
  readonly threads: Repeating;
  readonly digest: Repeating;
  readonly heartbeat: Repeating | undefined;
}

/** @param pace as fast as people and Slack can take it. */
export async function startNotifications(parts: WorkerParts, pace: TellPace): Promise<Notifications> {
  const { redis, blocking, config, metrics, channels, pools, tellQueue, onError } = parts;
  const teller = startTeller(parts);
  const threads = await startTelling({
    redis,
    blocking,
    queue: parts.outbox.showQueue,
    config,
    metrics,
    ...channels,
    pace,
    status: () => readStatus(redis, config),
    onError,
  });
  const digest = startDigest(config, tellQueue);
  const { heartbeat: address } = config.tell;
  const heartbeat = address && startHeartbeat({ redis, pools, address, onError });
  return { teller, threads, digest, heartbeat };
}

function startTeller({ redis, blocking, config, metrics, tellers, channels, ...parts }: WorkerParts): Worker<TellJob> {
  const teller = openWorker<TellJob>({
    connection: blocking,
    name: 'tell',
    process: (job, token) =>
      job.name === 'digest'
        ? digestJob(job.data as unknown as DigestJob, { ...channels, redis, config })
        : tellJob(job, token, { tellers, metrics }),
    onError: parts.onError,
  });
  const onFailed = parts.onFailed('tell');
  teller.on('failed', (job, error) => onFailed(job?.id, error));
  return teller;
}
