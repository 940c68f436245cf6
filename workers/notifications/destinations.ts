/** The destinations that weir.yaml names as a worker tells them: at their pace, with pictures. */

import type { Redis } from 'ioredis';
import { readTrend } from '../../src/broker/incidents.ts';
import { takeTurn } from '../../src/broker/pace.ts';
import { brokerTime } from '../../src/broker/time/clock.ts';
import type { TellConfig } from '../../src/model/configuration/config.ts';
import type { ThreadView } from '../../src/model/people/thread.ts';
import { type Channels, type Notifiers, openAll, ownDestinations } from '../../src/operations/destinations.ts';
import type { Picture } from '../../src/tell/notify/slack/notifier.ts';
import { Later } from '../../src/tell/notify/tell-error.ts';

/** How fast people are told, in ms. */
export interface TellPace {
  /** The time between two messages in a Slack channel, which takes about one a second. */
  readonly slackGapMs: number;
  /** The least time between two mails of one thread. What comes meanwhile is in the next. */
  readonly mailGapMs: number;
  /** The time between two points of a pool's course, in whole seconds. */
  readonly courseMs: number;
}

export const TELL_PACE: TellPace = { slackGapMs: 1_100, mailGapMs: 30_000, courseMs: 10_000 };

/** The picture shows so long, in ms. */
const PICTURE_MS = 3_600_000;

export interface DestinationDependencies {
  readonly redis: Redis;
  readonly channels: Channels;
  readonly pace: TellPace;
  onError(error: unknown, doing: string): void;
}

/** Notifiers for all destinations of weir.yaml, as fast as people can take it. */
export async function openNotifiers(config: TellConfig, deps: DestinationDependencies): Promise<Notifiers> {
  const { redis, channels, pace, onError } = deps;
  const { routes, digest, limit } = config.plan;
  const steps = routes.flatMap(({ to, escalate }) => [...to, ...escalate.flatMap((step) => step.to)]);
  return openAll([...steps, ...(digest?.to ?? []), ...ownDestinations(config)], config, {
    channels,
    mailGapMs: pace.mailGapMs,
    careOf: (key) => ({
      picture: (view) => pictureOf(redis, view),
      async slot(what) {
        // Replies leave room for what is new: they get half of what people can take.
        const max = what === 'reply' ? Math.max(1, Math.floor(limit.max / 2)) : limit.max;
        const turn = { gapMs: pace.slackGapMs, limit: { ...limit, max }, counts: what !== 'update' };
        const wait = await takeTurn(redis, key, turn);
        if (wait > 0) throw new Later(wait);
      },
      onError,
    }),
  });
}

/** Draws the course of the pool in the last hour, with its forecast; undefined where nothing is known of it. */
async function pictureOf(redis: Redis, { thread }: ThreadView): Promise<Picture | undefined> {
  const now = await brokerTime(redis, thread.pool);
  const trend = await readTrend(redis, thread.pool, now - PICTURE_MS);
  if (trend.length < 2) return undefined;
  const [{ altText, chartSvg }, { pngOf }] = await Promise.all([
    import('../../src/tell/chart/chart.ts'),
    import('../../src/tell/chart/png.ts'),
  ]);
  const svg = chartSvg(trend, { title: `Pool ${thread.pool}`, now });
  return { png: await pngOf(svg), text: altText(trend) };
}
