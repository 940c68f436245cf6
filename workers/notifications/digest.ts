/** The digest: begun by the clock in every worker, told once. */

import type { Queue } from 'bullmq';
import { CronJob, CronTime } from 'cron';
import type { Redis } from 'ioredis';
import { readIncidents, readTrend } from '../../src/broker/incidents.ts';
import { jobIdOf } from '../../src/broker/queues.ts';
import { readDecisions } from '../../src/broker/store.ts';
import type { Repeating } from '../../src/lib/every.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { type Destination, destinationKey } from '../../src/model/configuration/route.ts';
import { readIncidentState } from '../../src/operations/requests/silences.ts';
import { readableRules } from '../../src/operations/rules-in-force.ts';
import type { DigestData, PoolDigest } from '../../src/tell/digest/digest.ts';
import type { Mailer } from '../../src/tell/notify/mail/mailer.ts';
import type { SlackClient } from '../../src/tell/notify/slack/client.ts';

export interface DigestJob {
  /** Of what it tells, broker times in ms. */
  readonly from: number;
  readonly to: number;
  /** Key of the place. */
  readonly place: string;
}

/** So many incidents and decisions of a pool are kept. */
const KEPT_INCIDENTS = 2_000;
const KEPT_DECISIONS = 1_000;

/** Whichever worker comes first adds the job: its id says of which time and place it is. */
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
      // It tells of as long a time as there is to the next one.
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

export interface DigestDependencies {
  readonly redis: Redis;
  readonly config: WeirConfig;
  readonly slack?: SlackClient;
  readonly mailer?: Mailer;
}

/** @throws TellError: the job is tried again. */
export async function digestJob({ from, to, place: key }: DigestJob, deps: DigestDependencies): Promise<void> {
  const { digest } = deps.config.tell.plan;
  const place = digest?.to.find((one) => destinationKey(one) === key);
  // weir.yaml has no such place any more.
  if (digest === undefined || place === undefined) return;
  const { redis, config } = deps;
  const pools = await Promise.all(Object.keys(config.pools).map((pool) => readPool(redis, pool, from, to)));
  await tellDigest(place, { from, to, timeZone: digest.timeZone, pools }, deps);
}

async function tellDigest(
  place: Destination,
  data: DigestData,
  { config, slack, mailer }: DigestDependencies,
): Promise<void> {
  if (place.kind === 'slack' && slack !== undefined) {
    const { digestSlack } = await import('../../src/tell/digest/slack.ts');
    const { channel } = place;
    const message = { channel, ...digestSlack(data), parse: 'none', link_names: false, unfurl_links: false } as const;
    await slack.call(channel, (web) => web.chat.postMessage(message));
  }
  if (place.kind === 'mail' && mailer !== undefined) {
    const [{ digestMail }, { pngOf }, { messageIdOf }] = await Promise.all([
      import('../../src/tell/digest/mail.ts'),
      import('../../src/tell/chart/png.ts'),
      import('../../src/tell/notify/mail/mailer.ts'),
    ]);
    const { images, ...mail } = digestMail(data);
    const drawn = await Promise.all(images.map(async ({ cid, svg }) => ({ cid, png: await pngOf(svg) })));
    const messageId = messageIdOf(`digest.${data.to}.${destinationKey(place)}`, config.tell.mail?.from ?? '');
    await mailer.send(place.to, { ...mail, images: drawn, messageId, date: new Date(data.to) });
  }
}

/** @throws what ioredis throws. */
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
      .map((one) => ({ ...one, times: one.times.filter(isWithin) }))
      .filter(({ times }) => times.length > 0),
    neverFired: rules.map(({ name }) => name).filter((name) => incidentState?.lastFired[name] === undefined),
    countsSince: incidentState?.since ?? to,
    silences: Object.values(incidentState?.silences ?? {}),
    trend: thinned(trend),
  };
}

/** Points that a picture can show. */
const SHOWN_POINTS = 1_000;

function thinned<T>(points: readonly T[]): T[] {
  const every = Math.max(1, Math.ceil(points.length / SHOWN_POINTS));
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
