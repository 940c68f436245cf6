/** Tells people: jobs that show threads, a look at threads that are behind, the pool's course for the charts. */

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  appendTrend,
  forgetDeliveries,
  readDeliveries,
  readThreadIds,
  readThreads,
} from '../../src/broker/incidents.ts';
import { isFirst } from '../../src/broker/pace.ts';
import { notifySoon, openWorker } from '../../src/broker/queues.ts';
import type { NotifyJob } from '../../src/broker/store.ts';
import { brokerTime } from '../../src/broker/time/clock.ts';
import { every, type Repeating } from '../../src/lib/every.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { destinationKey } from '../../src/model/configuration/route.ts';
import { deliveryKey, threadOfDelivery } from '../../src/model/ids.ts';
import type { Status } from '../../src/model/people/status.ts';
import type { Thread } from '../../src/model/people/thread.ts';
import type { Notifiers } from '../../src/operations/destinations.ts';
import { readIncidentState } from '../../src/operations/requests/silences.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import { trendPointOf } from '../../src/tell/wording/figures.ts';
import { notifyJob } from './notify.ts';

export interface TellingDependencies {
  readonly redis: Redis;
  /** Its own connection: it waits for jobs. */
  readonly blocking: Redis;
  readonly queue: Queue<NotifyJob>;
  readonly config: WeirConfig;
  readonly metrics: Metrics;
  readonly notifiers: Notifiers;
  /** The time between two points of a pool's course, in ms. */
  readonly courseMs: number;
  status(): Promise<Status>;
  onError(error: unknown, doing: string): void;
}

/** A destination that could not be told in all its attempts is tried again so often, in ms. */
const CATCH_UP_MS = 60_000;

/** So many threads are looked through, and one that is older than this is no longer worth telling. In ms. */
const RECENT = 300;
const WORTH_MS = 86_400_000;

/** From so many deliveries on those are forgotten whose threads are no longer kept. */
const KEPT_TOLD = 5_000;

export function startTelling(deps: TellingDependencies): Repeating {
  const { redis, blocking, queue, config, metrics, notifiers, courseMs, onError } = deps;
  const pools = Object.keys(config.pools);
  const worker = openWorker<NotifyJob>({
    connection: blocking,
    name: 'show',
    process: (job, token) => notifyJob(job, token, { redis, notifiers, metrics, onTrouble }),
    onError,
  });

  worker.on('failed', (_job, error) => onError(error, 'notifying of a thread'));

  /** Slack does not take it. What pages goes by mail, where there is one that it does not go to anyway. */
  async function onTrouble(job: NotifyJob, thread: Thread): Promise<void> {
    const { mail } = config.tell;
    if (mail === undefined || !job.place.startsWith('slack:') || thread.severity === 'info') return;
    const place = destinationKey({ kind: 'mail', to: mail.to });
    if (!thread.places.includes(place)) await notifySoon(queue, { ...job, place });
  }

  async function catchUp(): Promise<void> {
    for (const pool of pools) {
      const now = await brokerTime(redis, pool);
      const [incidentState, recent, deliveries] = await Promise.all([
        readIncidentState(redis, pool),
        readThreads(redis, pool, RECENT),
        readDeliveries(redis, pool),
      ]);
      // Open ones are told however old they are.
      const threads = new Map(
        [...recent, ...Object.values(incidentState?.threads ?? {})].map((thread) => [thread.id, thread]),
      );
      for (const job of behind([...threads.values()], deliveries, now)) await notifySoon(queue, job);
      if (deliveries.size < KEPT_TOLD) continue;
      const kept = new Set(await readThreadIds(redis, pool));
      const isGone = (key: string) => !kept.has(threadOfDelivery(key));
      await forgetDeliveries(redis, pool, [...deliveries.keys()].filter(isGone));
    }
  }

  async function sample(): Promise<void> {
    const status = await deps.status();
    for (const pool of status.pools) {
      if (await isFirst(redis, `trend/${pool.name}`, courseMs - 500)) {
        await appendTrend(redis, pool.name, trendPointOf(pool, status.at));
      }
    }
  }

  const repeating = [
    every(CATCH_UP_MS, 'catch up', catchUp, onError),
    every(courseMs, 'sampling the trend', sample, onError),
  ];
  return {
    async stop() {
      await Promise.all(repeating.map((task) => task.stop()));
      await worker.close();
    },
  };
}

/** Finds which destinations do not have a thread as it stands. Pure. */
function behind(
  threads: readonly Thread[],
  told: ReadonlyMap<string, { readonly revision: number; readonly seq: number }>,
  now: number,
): NotifyJob[] {
  return threads
    .filter(({ openedAt, closedAt }) => closedAt === undefined || now - (closedAt ?? openedAt) < WORTH_MS)
    .flatMap(({ id, pool, places, revision, lastSeq }) =>
      places
        .filter((place) => {
          const shown = told.get(deliveryKey(id, place));
          return shown === undefined || shown.revision < revision || shown.seq < lastSeq;
        })
        .map((place): NotifyJob => ({ pool, thread: id, place })),
    );
}
