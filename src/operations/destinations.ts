/** Destinations of weir.yaml, each with its notifier; and the ways there, which a process opens once. */

import { defined } from '../lib/defined.ts';
import type { TellConfig } from '../model/configuration/config.ts';
import { withoutSecrets } from '../model/configuration/known-secrets.ts';
import { type Destination, destinationKey } from '../model/configuration/route.ts';
import type { ThreadView } from '../model/people/thread.ts';
import type { Mailer } from '../tell/notify/mail/mailer.ts';
import type { Notifier } from '../tell/notify/notifier.ts';
import type { SlackClient } from '../tell/notify/slack/client.ts';
import type { SlackNotifierOptions } from '../tell/notify/slack/notifier.ts';

/** The ways to Slack and to the mail server. */
export interface Channels {
  readonly slack?: SlackClient;
  readonly mailer?: Mailer;
}

/** By the destination's key. */
export type Notifiers = ReadonlyMap<string, Notifier>;

/**
 * Libraries are loaded for what is configured only: a node is to be small, for a fork costs what the parent's memory costs.
 * @throws WeirError when the URL of the mail server is none.
 */
export async function openChannels({ slack, mail }: TellConfig): Promise<Channels> {
  return {
    ...(slack !== undefined && {
      slack: (await import('../tell/notify/slack/client.ts')).createSlackClient(slack),
    }),
    ...(mail !== undefined && { mailer: (await import('../tell/notify/mail/mailer.ts')).createMailer(mail) }),
  };
}

/** Where a process says what no route decides about: the channel and the addresses that weir.yaml has beside the routes. */
export function ownDestinations({ slack, mail }: Pick<TellConfig, 'slack' | 'mail'>): Destination[] {
  return [
    ...(slack === undefined ? [] : [{ kind: 'slack' as const, channel: slack.channel }]),
    ...(mail === undefined ? [] : [{ kind: 'mail' as const, to: mail.to }]),
  ];
}

/** Says that weir.yaml names nobody to tell; undefined where it names somebody. */
export function nobodyTold({ slack, mail, plan: { routes, digest } }: TellConfig): string | undefined {
  const places = [
    ...ownDestinations({ ...defined({ slack, mail }) }),
    ...routes.flatMap(({ to }) => to),
    ...(digest?.to ?? []),
  ];
  if (places.length > 0) return undefined;
  return 'weir.yaml names nobody under `tell`: nobody is told of anything, it stands in this log alone (docs/telling.md).';
}

/** For what a process tells by itself, whether or not the broker answers: as fast as it comes, and without a picture. */
export async function openOwnNotifiers(config: TellConfig, channels: Channels): Promise<Notifiers> {
  const care = { slot: async () => undefined, picture: async () => undefined, onError: () => undefined };
  return openAll(ownDestinations(config), config, { channels, mailGapMs: 0, careOf: () => care });
}

export interface Ways {
  readonly channels: Channels;
  readonly mailGapMs: number;
  /** Pace and pictures of the Slack channel of this key. */
  careOf(key: string): Omit<SlackNotifierOptions, 'client' | 'channel'>;
}

/** A notifier for each destination, but for those whose way is not there. */
export async function openAll(places: readonly Destination[], config: TellConfig, ways: Ways): Promise<Notifiers> {
  const notifiers = new Map<string, Notifier>();
  for (const place of places) {
    const key = destinationKey(place);
    if (notifiers.has(key)) continue;
    const notifier = await open(place, key, config, ways);
    if (notifier !== undefined) notifiers.set(key, withoutSecretsIn(notifier));
  }
  return notifiers;
}

/** What a server or a rule wrote may have in it what nobody else is to read. */
function withoutSecretsIn(notifier: Notifier): Notifier {
  const cleaned = (view: ThreadView): ThreadView => {
    const text = JSON.stringify(view);
    const clean = withoutSecrets(text);
    return clean === text ? view : (JSON.parse(clean) as ThreadView);
  };
  return { ...notifier, show: (view, options) => notifier.show(cleaned(view), options) };
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
      const { createSlackNotifier } = await import('../tell/notify/slack/notifier.ts');
      return createSlackNotifier({ client: slack, channel: place.channel, ...careOf(key) });
    }
    case 'mail': {
      if (mailer === undefined || mail === undefined) return undefined;
      const { createMailNotifier } = await import('../tell/notify/mail/notifier.ts');
      return createMailNotifier({ mailer, from: mail.from, to: place.to, gapMs: mailGapMs });
    }
    case 'webhook': {
      const { createWebhookNotifier } = await import('../tell/notify/webhook.ts');
      return createWebhookNotifier(place);
    }
    case 'alertmanager': {
      const { createAlertmanagerNotifier } = await import('../tell/notify/alertmanager.ts');
      return createAlertmanagerNotifier(place);
    }
  }
}
