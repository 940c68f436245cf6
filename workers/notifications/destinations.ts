/** Opens the destinations that weir.yaml names, each with its notifier, over the ways that a role opens once. */

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
import type { Picture, SlackNotifierOptions } from '../../src/tell/notify/slack/notifier.ts';
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

/** The ways to Slack and to the mail server. */
export interface Channels {
  readonly slack?: SlackClient;
  readonly mailer?: Mailer;
}

/** The destination's key to its notifier. */
export type Notifiers = ReadonlyMap<string, Notifier>;

/**
 * Loads the libraries of configured destinations only: a node should be small, for a fork costs what the memory of its
 * parent costs.
 * @throws WeirError when the URL of the mail server is none.
 */
export async function openChannels({ slack, mail }: TellConfig): Promise<Channels> {
  return {
    ...(slack !== undefined && {
      slack: (await import('../../src/tell/notify/slack/client.ts')).createSlackClient(slack),
    }),
    ...(mail !== undefined && { mailer: (await import('../../src/tell/notify/mail/mailer.ts')).createMailer(mail) }),
  };
}

/** Where a process tells what no route decides about: channel and addresses that stand beside the routes. */
export function ownDestinations({ slack, mail }: Pick<TellConfig, 'slack' | 'mail'>): Destination[] {
  return [
    ...(slack === undefined ? [] : [{ kind: 'slack' as const, channel: slack.channel }]),
    ...(mail === undefined ? [] : [{ kind: 'mail' as const, to: mail.to }]),
  ];
}

/** Notifiers for what a process tells by itself: as fast as it comes, and without a picture. */
export async function openOwnNotifiers(config: TellConfig, channels: Channels): Promise<Notifiers> {
  const care = { slot: async () => undefined, picture: async () => undefined, onError: () => undefined };
  return openAll(ownDestinations(config), config, { channels, mailGapMs: 0, careOf: () => care });
}

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

interface Ways {
  readonly channels: Channels;
  readonly mailGapMs: number;
  /** Pace and pictures of the Slack channel of this key. */
  careOf(key: string): Omit<SlackNotifierOptions, 'client' | 'channel'>;
}

async function openAll(places: readonly Destination[], config: TellConfig, ways: Ways): Promise<Notifiers> {
  const notifiers = new Map<string, Notifier>();
  for (const place of places) {
    const key = destinationKey(place);
    const notifier = notifiers.get(key) ?? (await open(place, key, config, ways));
    if (notifier !== undefined) notifiers.set(key, notifier);
  }
  return notifiers;
}

async function open(
  place: Destination,
  key: string,
  { mail }: TellConfig,
  { channels, mailGapMs, careOf }: Ways,
): Promise<Notifier | undefined> {
  const { slack, mailer } = channels;
  switch (place.kind) {
    case 'slack': {
      if (slack === undefined) return undefined;
      const { createSlackNotifier } = await import('../../src/tell/notify/slack/notifier.ts');
      return createSlackNotifier({ client: slack, channel: place.channel, ...careOf(key) });
    }
    case 'mail': {
      if (mailer === undefined || mail === undefined) return undefined;
      const { createMailNotifier } = await import('../../src/tell/notify/mail/notifier.ts');
      return createMailNotifier({ mailer, from: mail.from, to: place.to, gapMs: mailGapMs });
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
