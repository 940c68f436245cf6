/** Shows a thread in a destination as it stands: at least once, each destination by itself, the latest wins. */

import { DelayedError, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { readDelivery, readIncidents, readIncidentsOf, readThread, writeDelivery } from '../../src/broker/incidents.ts';
import { closeGate } from '../../src/broker/pace.ts';
import type { NotifyJob } from '../../src/broker/store.ts';
import { brokerTime } from '../../src/broker/time/clock.ts';
import type { Delivery, Thread, ThreadView } from '../../src/model/people/thread.ts';
import type { Notifiers } from '../../src/operations/destinations.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import { Later, TellError } from '../../src/tell/notify/tell-error.ts';

export interface Attempt {
  readonly redis: Redis;
  readonly metrics: Pick<Metrics, 'delivered' | 'tellFailed'>;
  /** The destination's key. */
  readonly place: string;
  /** The destination did not take it, and will be asked again. */
  onFailure?(): Promise<void>;
}

/**
 * Tries once to tell a destination. Where it is too early, or the destination asks to be left alone, the job is delayed
 * by so long, which costs no attempt and holds no lock. Any other failure is thrown, and the job comes back with the
 * backoff of BullMQ.
 * @param tell says whether it told anything.
 */
export async function attempt(
  job: Job,
  token: string | undefined,
  { redis, metrics, place, onFailure }: Attempt,
  tell: () => Promise<boolean>,
): Promise<void> {
  const [channel = place] = place.split(':');
  try {
    if (await tell()) metrics.delivered(channel);
  } catch (error) {
    if (error instanceof Later) return delay(job, token, error.afterMs);
    metrics.tellFailed(channel);
    await onFailure?.();
    if (error instanceof TellError && error.retryAfterMs !== undefined) {
      await closeGate(redis, place, error.retryAfterMs);
      return delay(job, token, error.retryAfterMs);
    }
    throw error;
  }
}

export interface NotifyDependencies extends Pick<Attempt, 'redis' | 'metrics'> {
  readonly notifiers: Notifiers;
  /** Tells somebody another way when a destination does not take it. */
  onTrouble(job: NotifyJob, thread: Thread): Promise<void>;
}

/** A destination that fails so often in a row is one that people cannot count on now. */
const TROUBLE_AFTER = 2;

export async function notifyJob(
  job: Job<NotifyJob>,
  token: string | undefined,
  { redis, metrics, notifiers, onTrouble }: NotifyDependencies,
): Promise<void> {
  const { pool, thread: id, place } = job.data;
  const [thread, shown] = await Promise.all([readThread(redis, pool, id), readDelivery(redis, job.data)]);
  const notifier = notifiers.get(place);
  // weir.yaml no longer has such a destination, or the thread is older than what is kept.
  if (thread === undefined || notifier === undefined) return;
  const onFailure = async () => {
    if (job.attemptsMade + 1 >= TROUBLE_AFTER) await onTrouble(job.data, thread);
  };
  await attempt(job, token, { redis, metrics, place, onFailure }, async () => {
    const [view, now] = await Promise.all([viewOf(redis, thread), brokerTime(redis, pool)]);
    let isNew = false;
    const save = async (delivery: Delivery) => {
      isNew = true;
      await writeDelivery(redis, job.data, delivery);
    };
    await notifier.show(view, { shown, now, save });
    return isNew;
  });
}

async function delay(job: Job, token: string | undefined, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token);
  throw new DelayedError();
}

/** The incidents that the cause of a thread mutes are looked for among so many. */
const RECENT = 200;

/** @throws what ioredis throws. */
async function viewOf(redis: Redis, thread: Thread): Promise<ThreadView> {
  const incidents = await readIncidentsOf(redis, thread.pool, thread.incidents);
  const recent = thread.kind === 'incident' ? await readIncidents(redis, thread.pool, RECENT) : [];
  const mutes = recent.filter(({ mutedBy, resolvedAt }) => mutedBy === thread.cause && resolvedAt === undefined);
  return { thread, incidents, mutes };
}
