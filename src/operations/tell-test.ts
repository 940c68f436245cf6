/** A message that tells nothing, to try a way to people: where it goes, and what became of it. */

import { within } from '../lib/within.ts';
import type { WeirConfig } from '../model/configuration/config.ts';
import { type Destination, destinationKey } from '../model/configuration/route.ts';
import { formatDuration } from '../model/duration.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { showMessage } from '../tell/notify/notifier.ts';
import { messageOfNotice } from '../tell/wording/messages.ts';
import { openAll, openChannels, ownDestinations } from './destinations.ts';
import type { Person } from './requests/terms.ts';

/** A destination that has not taken it within this has not, in ms: a call of Slack is tried twice, 5 s each. */
const WITHIN_MS = 15_000;

export interface Tried {
  /** As routes name it: `slack:#log-oncall`. */
  readonly place: string;
  /** Why it did not arrive, in a sentence; absent: the other side has taken it. */
  readonly fault?: string;
}

/**
 * Sends a test to the destinations that `about` means: a route by its number in weir.yaml, from 1; a destination by its name
 * (`slack:#log`, or `#log`); or all of a kind (`mail`).
 * @throws WeirError 'usage' where weir.yaml has nothing of that name.
 */
export async function tellTest({ tell, pools }: WeirConfig, about: string, { by }: Person): Promise<Tried[]> {
  const places = placesOf(tell, about);
  const channels = await openChannels(tell);
  const careOf = () => ({ slot: async () => undefined, picture: async () => undefined, onError: () => undefined });
  const notifiers = await openAll(places, tell, { channels, mailGapMs: 0, careOf });
  const at = Date.now();
  const send = async (place: Destination): Promise<Tried> => {
    const key = destinationKey(place);
    const notifier = notifiers.get(key);
    if (place.kind === 'alertmanager' || notifier === undefined) {
      return { place: key, fault: 'Nothing was sent: an Alertmanager gets incidents only, and a test is none.' };
    }
    const [pool = ''] = Object.keys(pools);
    const message = messageOfNotice({
      ...{ pool, key: `test.${at}`, severity: 'info', at, from: by },
      title: `A test of ${key}, which ${by} asked for`,
      lines: ['Nothing has happened, and there is nothing to do.'],
    });
    try {
      await within(showMessage(notifier, message), WITHIN_MS, () => {
        throw new WeirError('unreachable', `${key} gave no answer within ${formatDuration(WITHIN_MS)}.`);
      });
      return { place: key };
    } catch (error) {
      return { place: key, fault: messageOf(error) };
    }
  };
  try {
    return await Promise.all(places.map(send));
  } finally {
    channels.mailer?.close();
  }
}

function placesOf(tell: WeirConfig['tell'], about: string): Destination[] {
  const { routes, digest } = tell.plan;
  if (/^\d+$/.test(about)) {
    const route = routes[Number(about) - 1];
    if (route !== undefined && route.to.length > 0) return [...route.to];
    if (route !== undefined)
      throw new WeirError('usage', `Route ${about} leads nowhere: weir.yaml names nobody in it.`);
    throw new WeirError('usage', `There is no route ${about}: weir.yaml has ${routes.length}, and they count from 1.`);
  }
  const all = [
    ...routes.flatMap(({ to, escalate }) => [...to, ...escalate.flatMap((step) => step.to)]),
    ...(digest?.to ?? []),
    ...ownDestinations(tell),
  ];
  const named = new Map(all.map((place) => [destinationKey(place), place]));
  const meant = [...named].filter(([key, place]) =>
    [key, place.kind, `${key.slice(key.indexOf(':') + 1)}`].includes(about),
  );
  if (meant.length > 0) return meant.map(([, place]) => place);
  if (named.size === 0) {
    const text =
      'weir.yaml names nobody under `tell`: nobody is told of anything. docs/telling.md has what can stand there.';
    throw new WeirError('usage', text);
  }
  throw new WeirError('usage', `There is no destination ${about}: weir.yaml tells ${[...named.keys()].join(', ')}.`);
}

/** A line for each destination. Pure. */
export function triedText(tried: readonly Tried[]): string {
  return tried.map(({ place, fault }) => `${place}: ${fault ?? 'delivered.'}`).join('\n');
}
