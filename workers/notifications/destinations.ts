/** The places that weir.yaml names, each with what shows threads there. */

import type { Redis } from 'ioredis';
import { readTrend } from '../../src/broker/incidents.ts';
import { takeTurn } from '../../src/broker/pace.ts';
import { brokerTime } from '../../src/broker/time/clock.ts';
import type { TellConfig } from '../../src/model/configuration/config.ts';
import { type Destination, destinationKey } from '../../src/model/configuration/route.ts';
import type { ThreadView } from '../../src/model/people/thread.ts';
import type { Mailer } from '../../src/tell/notify/mail/mailer.ts';
import type { Notifier } from '../../src/tell/notify/notifier.ts';
import type { SlackClient } from '../../src/tell/notify/slack/client.ts';
import type { Picture } from '../../src/tell/notify/slack/notifier.ts';
import { Later } from '../../src/tell/notify/teller.ts';

/** How fast people are told, in ms. */
export interface TellPace {
  /** Between two messages in a Slack channel, which takes about one a second. */
  readonly slackGapMs: number;
  /** Between two mails of one thread: what comes meanwhile is in the next. */
  readonly mailGapMs: number;
  /** Between two points of a pool's course; whole seconds. */
  readonly courseMs: number;
}

export const TELL_PACE: TellPace = { slackGapMs: 1_100, mailGapMs: 30_000, courseMs: 10_000 };

/** What the picture shows, in ms. */
const PICTURE_MS = 3_600_000;

export interface DestinationDependencies {
  readonly redis: Redis;
  readonly slack?: SlackClient;
  readonly mailer?: Mailer;
  readonly pace: TellPace;
  onError(error: unknown): void;
}

/** Every place of the routes, and the mail that is sent where Slack does not answer. */
function placesIn({ plan, mail }: TellConfig): Destination[] {
  const steps = plan.routes.flatMap(({ to, escalate }) => [...to, ...escalate.flatMap((step) => step.to)]);
  return [...steps, ...(mail === undefined ? [] : [{ kind: 'mail' as const, to: mail.to }])];
}

/** Libraries are loaded for what is configured only. */
export async function openNotifiers(config: TellConfig, deps: DestinationDependencies): Promise<Map<string, Notifier>> {
  const showers = new Map<string, Notifier>();
  for (const place of placesIn(config)) {
    const key = destinationKey(place);
    const shower = showers.get(key) ?? (await openShower(place, key, config, deps));
    if (shower !== undefined) showers.set(key, shower);
  }
  return showers;
}

async function openShower(
  place: Destination,
  key: string,
  { plan, mail }: TellConfig,
  { redis, slack, mailer, pace, onError }: DestinationDependencies,
): Promise<Notifier | undefined> {
  switch (place.kind) {
    case 'slack': {
      if (slack === undefined) return undefined;
      const { createSlackNotifier } = await import('../../src/tell/notify/slack/notifier.ts');
      return createSlackNotifier({
        client: slack,
        channel: place.channel,
        picture: (view) => pictureOf(redis, view),
        async slot(what) {
          // Replies leave room for what is new: half of what people can take.
          const max = what === 'reply' ? Math.max(1, Math.floor(plan.limit.max / 2)) : plan.limit.max;
          const limit = { ...plan.limit, max };
          const wait = await takeTurn(redis, key, { gapMs: pace.slackGapMs, limit, counts: what !== 'update' });
          if (wait > 0) throw new Later(wait);
        },
        onError,
      });
    }
    case 'mail': {
      if (mailer === undefined || mail === undefined) return undefined;
      const { createMailNotifier } = await import('../../src/tell/notify/mail/notifier.ts');
      return createMailNotifier({ mailer, from: mail.from, to: place.to, gapMs: pace.mailGapMs });
    }
    case 'webhook': {
      const { createWebhookNotifier } = await import('../../src/tell/notify/webhook.ts');
      return createWebhookNotifier(place);
    }
    case 'alertmanager': {
      const { createAlertmanagerNotifier } = await import('../../src/tell/notify/alertmanager.ts');
      return createAlertmanagerNotifier(place);
    }
  }
}

/** The course of the pool in the last hour, with its forecast; undefined where nothing is known of it. */
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
