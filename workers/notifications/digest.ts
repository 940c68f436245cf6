/** The digest: every worker begins it by the clock, and one tells it. */

import type { Queue } from 'bullmq';
import { CronJob, CronTime } from 'cron';
import type { Redis } from 'ioredis';
import { readIncidents, readTrend } from '../../src/broker/incidents.ts';
import { jobIdOf } from '../../src/broker/queues.ts';
import { KEPT_DECISIONS, KEPT_INCIDENTS, readDecisions } from '../../src/broker/store.ts';
import type { Repeating } from '../../src/lib/every.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { destinationKey } from '../../src/model/configuration/route.ts';
import { readIncidentState } from '../../src/operations/requests/silences.ts';
import { readableRules } from '../../src/operations/rules-in-force.ts';
import type { DigestData, PoolDigest } from '../../src/tell/digest/digest.ts';

export interface DigestJob {
  /** The time that it tells of, in broker ms. */
  readonly from: number;
  readonly to: number;
  /** The destination's key. */
  readonly place: string;
}

/** The worker that comes first adds the job, whose id says its time and destination. */
export function startDigest(config: WeirConfig, queue: Queue): Repeating {
  const { digest } = config.tell.plan;
  if (digest === undefined) return { stop: async () => {} };
  const { schedule, timeZone, to: places } = digest;
  const job = CronJob.from({
    cronTime: schedule,
    timeZone,
    start: true,
    async onTick() {
      const to = Math.floor(Date.now() / 60_000) * 60_000;
      const next = new CronTime(schedule, timeZone).getNextDateFrom(new Date(to), timeZone).toMillis();
      // It covers as long a time as there is to the next one.
      const from = to - (next - to);
      await Promise.all(places.map((place) => queueDigest(queue, { from, to, place: destinationKey(place) })));
    },
  });
  return {
    async stop() {
      await job.stop();
    },
  };
}

export async function queueDigest(queue: Queue, data: DigestJob): Promise<void> {
  await queue.add('digest', data, { jobId: jobIdOf(`digest.${data.to}.${data.place}`) });
}

/**
 * Collects what a digest tells; undefined where weir.yaml no longer has such a destination. @throws what ioredis
 * throws.
 */
export async function readDigest(
  redis: Redis,
  config: WeirConfig,
  { from, to, place }: DigestJob,
): Promise<DigestData | undefined> {
  const { digest } = config.tell.plan;
  if (digest?.to.some((destination) => destinationKey(destination) === place) !== true) return undefined;
  const pools = await Promise.all(Object.keys(config.pools).map((pool) => readPool(redis, pool, from, to)));
  return { from, to, timeZone: digest.timeZone, pools };
}

async function readPool(redis: Redis, pool: string, from: number, to: number): Promise<PoolDigest> {
  const [incidents, decisions, incidentState, trend, inForce] = await Promise.all([
    readIncidents(redis, pool, KEPT_INCIDENTS),
    readDecisions(redis, pool, KEPT_DECISIONS),
    readIncidentState(redis, pool),
    readTrend(redis, pool, from),
    readableRules(redis),
  ]);
  const rules = inForce?.ruleSet.rules ?? [];
  const isWithin = (at: number) => from <= at && at < to;
  return {
    name: pool,
    incidents: incidents.filter(({ openedAt, resolvedAt }) => openedAt < to && (resolvedAt ?? to) >= from).reverse(),
    decisions: decisions.filter(({ at, drill }) => isWithin(at) && drill === undefined).reverse(),
    nearMisses: Object.values(incidentState?.nearMisses ?? {})
      .map((nearMiss) => ({ ...nearMiss, times: nearMiss.times.filter(isWithin) }))
      .filter(({ times }) => times.length > 0),
    neverFired: rules.map(({ name }) => name).filter((name) => incidentState?.lastFired[name] === undefined),
    countsSince: incidentState?.since ?? to,
    silences: Object.values(incidentState?.silences ?? {}),
    trend: thinned(trend),
  };
}

/** A picture can show so many points. */
const SHOWN_POINTS = 1_000;

function thinned<T>(points: readonly T[]): T[] {
  const every = Math.max(1, Math.ceil(points.length / SHOWN_POINTS));
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
