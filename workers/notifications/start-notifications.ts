/** Starts the notifications of a worker: threads and their replies, messages and digests, the heartbeat. */

import type { Repeating } from '../../src/lib/every.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import type { WorkerParts } from '../worker-parts.ts';
import { openNotifiers, type TellPace } from './destinations.ts';
import { startDigest } from './digest.ts';
import { startHeartbeat } from './heartbeat.ts';
import { startMessages } from './messages.ts';
import { startTelling } from './notifications.ts';

export interface Notifications {
  readonly messages: { close(): Promise<void> };
  readonly threads: Repeating;
  readonly digest: Repeating;
  readonly heartbeat: Repeating | undefined;
}

/** @param pace as fast as people and Slack can take it. */
export async function startNotifications(parts: WorkerParts, pace: TellPace): Promise<Notifications> {
  const { redis, config, pools, messageQueue: queue, onError } = parts;
  const notifiers = await openNotifiers(config.tell, { ...parts, pace });
  const messages = startMessages({ ...parts, queue, notifiers });
  const threads = startTelling({
    ...parts,
    queue: parts.outbox.showQueue,
    notifiers,
    courseMs: pace.courseMs,
    status: () => readStatus(redis, config),
  });
  const digest = startDigest(config, queue);
  const { heartbeat: address } = config.tell;
  const heartbeat = address && startHeartbeat({ redis, pools, address, onError });
  return { messages, threads, digest, heartbeat };
}
