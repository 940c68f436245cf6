/** Which places hear of a thread, and when people are left in peace. Pure. */

import type { TellPlan } from '../../model/config.ts';
import type { Incident, Thread } from '../../model/incident.ts';
import {
  type Escalation,
  type Hours,
  placeKey,
  type QuietHours,
  type Route,
  type RouteMatch,
} from '../../model/route.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

type Routed = Pick<Thread, 'pool' | 'kind' | 'severity' | 'cause'>;

/** The routes that a thread takes at `now` (broker time in ms): the first that matches, and others where it goes on. */
export function routesOf(
  plan: Pick<TellPlan, 'routes'>,
  thread: Routed,
  incidents: readonly Incident[],
  now: number,
): Route[] {
  const taken: Route[] = [];
  for (const route of plan.routes) {
    if (!isMatch(route.match, thread, incidents, now)) continue;
    taken.push(route);
    if (!route.goesOn) break;
  }
  return taken;
}

/** Keys of the places of these routes. */
export function placesOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.flatMap(({ to }) => to.map(placeKey)))];
}

/** All steps of escalation of these routes, the soonest first. */
export function escalationsOf(routes: readonly Route[]): Escalation[] {
  return routes.flatMap(({ escalate }) => escalate).sort((one, other) => one.afterMs - other.afterMs);
}

function isMatch(match: RouteMatch, thread: Routed, incidents: readonly Incident[], now: number): boolean {
  const { severities, pools, rules, kinds, labels = {}, hours } = match;
  const named = Object.entries(labels);
  return (
    (severities === undefined || severities.includes(thread.severity)) &&
    (pools === undefined || pools.includes(thread.pool)) &&
    (kinds === undefined || kinds.includes(thread.kind)) &&
    (rules === undefined || rules.includes(thread.cause) || incidents.some(({ rule }) => rules.includes(rule))) &&
    (named.length === 0 || incidents.some((one) => named.every(([name, value]) => one.labels[name] === value))) &&
    (hours === undefined || isWithin(hours, now))
  );
}

/** Making a format of a time zone costs more than everything else here. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes after midnight in a time zone. */
function minuteOfDay(now: number, timeZone: string): number {
  const known =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(timeZone, known);
  const [hour = '0', minute = '0'] = known.format(now).split(':');
  return Number(hour) * 60 + Number(minute);
}

function isWithin({ from, to, timeZone }: Hours, now: number): boolean {
  const minute = minuteOfDay(now, timeZone);
  return from <= to ? from <= minute && minute < to : minute >= from || minute < to;
}

/** When the quiet hours that `now` lies in end, in ms, to the minute; undefined outside of them. */
export function quietUntil(
  quiet: QuietHours | undefined,
  severity: Thread['severity'],
  now: number,
): number | undefined {
  if (quiet === undefined || quiet.lets.includes(severity) || !isWithin(quiet, now)) return undefined;
  const left = (quiet.to - minuteOfDay(now, quiet.timeZone) + DAY_MINUTES) % DAY_MINUTES;
  return Math.floor(now / MINUTE_MS) * MINUTE_MS + left * MINUTE_MS;
}
