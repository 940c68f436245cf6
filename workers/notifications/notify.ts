/** Shows a thread in a place as it stands: at least once, each place by itself, latest wins. */

import type { Job } from 'bullmq';
import { DelayedError } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  type Delivery,
  readDelivery,
  readIncidents,
  readIncidentsOf,
  readThread,
  writeDelivery,
} from '../../src/broker/incidents.ts';
import { closeGate } from '../../src/broker/pace.ts';
import type { NotifyJob } from '../../src/broker/store.ts';
import { brokerTime } from '../../src/broker/time/clock.ts';
import type { Thread, ThreadView } from '../../src/model/people/thread.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import type { Notifier } from '../../src/tell/notify/notifier.ts';
import { Later, TellError } from '../../src/tell/notify/teller.ts';

export interface NotifyDependencies {
  readonly redis: Redis;
  /** By the place's key. */
  readonly showers: ReadonlyMap<string, Notifier>;
  readonly metrics: Pick<Metrics, 'told' | 'tellFailed'>;
  /** A place does not take it: somebody is told another way. */
  onTrouble(job: NotifyJob, thread: Thread): Promise<void>;
}

/** A place that fails so often in a row is one that people cannot count on now. */
const TROUBLE_AFTER = 2;

/**
 * One try. Too early, or a place that asks to be left alone: the job is delayed by that, which costs no attempt and holds no
 * lock; any other failure is thrown and comes back with BullMQ's backoff.
 */
export async function notifyJob(
  job: Job<NotifyJob>,
  token: string | undefined,
  deps: NotifyDependencies,
): Promise<void> {
  const { redis, showers, metrics } = deps;
  const { pool, thread: id, place } = job.data;
  const [thread, shown] = await Promise.all([readThread(redis, pool, id), readDelivery(redis, job.data)]);
  const shower = showers.get(place);
  // weir.yaml has no such place any more, or the thread is older than what is kept.
  if (thread === undefined || shower === undefined) return;
  const [channel = place] = place.split(':');
  try {
    const [view, now] = await Promise.all([viewOf(redis, thread), brokerTime(redis, pool)]);
    let isNew = false;
    const save = async (told: Delivery) => {
      isNew = true;
      await writeDelivery(redis, job.data, told);
    };
    await shower.show(view, { shown, now, save });
    if (isNew) metrics.told(channel);
  } catch (error) {
    if (error instanceof Later) return delay(job, token, error.afterMs);
    metrics.tellFailed(channel);
    if (job.attemptsMade + 1 >= TROUBLE_AFTER) await deps.onTrouble(job.data, thread);
    if (error instanceof TellError && error.retryAfterMs !== undefined) {
      await closeGate(redis, place, error.retryAfterMs);
      return delay(job, token, error.retryAfterMs);
    }
    throw error;
  }
}

async function delay(job: Job<NotifyJob>, token: string | undefined, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token);
  throw new DelayedError();
}

/** Incidents among which those are looked for that a thread's cause mutes. */
const RECENT = 200;

/** @throws what ioredis throws. */
async function viewOf(redis: Redis, thread: Thread): Promise<ThreadView> {
  const incidents = await readIncidentsOf(redis, thread.pool, thread.incidents);
  const recent = thread.kind === 'incident' ? await readIncidents(redis, thread.pool, RECENT) : [];
  const mutes = recent.filter(({ mutedBy, resolvedAt }) => mutedBy === thread.cause && resolvedAt === undefined);
  return { thread, incidents, mutes };
}
