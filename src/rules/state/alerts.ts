/** Firing alerts that Alertmanagers have sent for a pool, as signals that rules can use. */

import type { AlertsEntry } from '../../model/entries/entry.ts';
import { atMost, MAX_FIRING } from '../../model/readings/alert.ts';
import type { PoolSignals } from '../../model/readings/signals.ts';
import type { Draft } from './draft.ts';
import type { KnownAlerts } from './remembered.ts';

/** Alertmanager repeats itself every 4 h: the end of an alert that it has not sent for so long was lost on the way. In ms. */
const KEPT_MS = 86_400_000;

/** Length of all names together, in characters. */
const MAX_NAMES = 4_000;

export function foldAlerts(draft: Draft, { alerts }: AlertsEntry): void {
  const byFingerprint = new Map(Object.entries(draft.alerts ?? {}));
  for (const { fingerprint, name, firing } of alerts) {
    if (firing) byFingerprint.set(fingerprint, { name, seenAt: draft.now });
    else byFingerprint.delete(fingerprint);
  }
  const newest = [...byFingerprint]
    .map(([fingerprint, alert]) => ({ ...alert, fingerprint }))
    .sort((x, y) => y.seenAt - x.seenAt);
  const kept = atMost(newest, MAX_FIRING);
  draft.alerts = Object.fromEntries(kept.map(({ fingerprint, name, seenAt }) => [fingerprint, { name, seenAt }]));
}

/** Signals of the pool; unknown until an Alertmanager has sent something. Pure. */
export function alertSignals(
  alerts: KnownAlerts | undefined,
  now: number,
): Pick<PoolSignals, 'alerts_firing' | 'alerts'> {
  if (alerts === undefined) return {};
  const firing = Object.values(alerts).filter(({ seenAt }) => now - seenAt < KEPT_MS);
  return { alerts_firing: firing.length, alerts: whole([...new Set(firing.map(({ name }) => name))].sort()) };
}

/** As many names as there is room for; half a name would be another name. */
function whole(names: readonly string[]): string {
  const text = names.join(' ');
  return text.length <= MAX_NAMES ? text : text.slice(0, text.lastIndexOf(' ', MAX_NAMES));
}
