/** What Alertmanagers have told of a pool: firing alerts, as signals that rules can use. */

import type { ExternalAlert } from '../model/alert.ts';
import type { AlertsEntry } from '../model/entry.ts';
import type { Signals } from '../model/reading.ts';
import type { Draft } from './draft.ts';

/** A firing alert, and when it was last spoken of. */
export interface KnownAlert extends ExternalAlert {
  readonly seenAt: number;
}

export type KnownAlerts = Readonly<Record<string, KnownAlert>>;

/** Alertmanager repeats itself every 4 h; what it has not spoken of for so long has been lost on the way. In ms. */
const KEPT_MS = 86_400_000;

/** A fuse: more than these are no signal any more. */
const MAX_ALERTS = 200;

/** The names together, in characters. */
const MAX_NAMES = 1_000;

export function foldAlerts(draft: Draft, { alerts }: AlertsEntry): void {
  const known: Record<string, KnownAlert> = { ...draft.alerts };
  for (const alert of alerts) {
    if (alert.firing) known[alert.fingerprint] = { ...alert, seenAt: draft.now };
    else delete known[alert.fingerprint];
  }
  const newest = Object.values(known).sort((one, other) => other.seenAt - one.seenAt);
  draft.alerts = Object.fromEntries(newest.slice(0, MAX_ALERTS).map((alert) => [alert.fingerprint, alert]));
}

/** Signals of the pool; none where no Alertmanager has ever said anything: then nobody knows. Pure. */
export function alertSignals(alerts: KnownAlerts | undefined, now: number): Signals {
  if (alerts === undefined) return {};
  const firing = Object.values(alerts).filter(({ seenAt }) => now - seenAt < KEPT_MS);
  const names = [...new Set(firing.map(({ name }) => name))].sort().join(' ');
  return { alerts_firing: firing.length, alerts: names.slice(0, MAX_NAMES) };
}
