/** Who gets which messages: destinations, routes to them, and quiet hours. */

import type { ThreadKind } from '../people/thread.ts';
import type { Severity } from '../severity.ts';
import type { Secret } from './secret.ts';

/** Where a thread can be shown. */
export type Destination =
  | { readonly kind: 'slack'; readonly channel: string }
  | { readonly kind: 'mail'; readonly to: readonly string[] }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret?: Secret }
  | { readonly kind: 'alertmanager'; readonly url: string };

/** One text for one place, without secrets: `slack:#log-oncall`, `mail:ann@example.com`, `webhook:https://...`. */
export function destinationKey(place: Destination): string {
  switch (place.kind) {
    case 'slack':
      return `slack:${place.channel}`;
    case 'mail':
      return `mail:${place.to.join(',')}`;
    default:
      return `${place.kind}:${place.url}`;
  }
}

/** A time of day that comes back every day; over midnight where it begins later than it ends. Minutes after midnight. */
export interface Hours {
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
}

/** A field that is left out matches everything. */
export interface RouteMatch {
  readonly severities?: readonly Severity[];
  readonly pools?: readonly string[];
  readonly rules?: readonly string[];
  readonly kinds?: readonly ThreadKind[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly hours?: Hours;
}

/** Told to more people, unless somebody has acknowledged it by then. */
export interface Escalation {
  readonly afterMs: number;
  readonly to: readonly Destination[];
}

export interface Route {
  readonly match: RouteMatch;
  readonly to: readonly Destination[];
  readonly escalate: readonly Escalation[];
  /** The routes after this one are asked too. */
  readonly goesOn: boolean;
}

/** Quiet hours: only what is severe enough is told at once; the rest waits for their end. */
export interface QuietHours extends Hours {
  readonly lets: readonly Severity[];
}

/** How long the first message waits for more of the same, how often a change of figures is shown, and when it is said again. */
export interface Grouping {
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly repeatMs: number;
}

export interface Digest {
  /** A cron expression. */
  readonly schedule: string;
  readonly timeZone: string;
  readonly to: readonly Destination[];
}
