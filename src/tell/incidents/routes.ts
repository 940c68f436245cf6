/** Decides which destinations hear of a thread, and when people are left in peace. Pure. */

import type { TellPlan } from '../../model/configuration/config.ts';
import {
  destinationKey,
  type Escalation,
  type Hours,
  type QuietHours,
  type Route,
  type RouteMatch,
} from '../../model/configuration/route.ts';
import type { Incident } from '../../model/people/incident.ts';
import type { Thread } from '../../model/people/thread.ts';

const MINUTE_MS = 60_000;

type Routed = Pick<Thread, 'pool' | 'kind' | 'severity' | 'cause'>;

/** Returns the routes at `now` (calendar, in ms): the first that matches, and those after it where it goes on. */
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

/** Returns the keys of the destinations of these routes. */
export function destinationsOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.flatMap(({ to }) => to.map(destinationKey)))];
}

/** Returns all steps of escalation of these routes, the soonest first. */
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
    (named.length === 0 ||
      incidents.some((incident) => named.every(([name, value]) => incident.labels[name] === value))) &&
    (hours === undefined || isWithin(hours, now))
  );
}

/** Formats are kept by time zone: to make one costs more than everything else here. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Returns the minutes since midnight in a time zone. */
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

/** The end of a night is the same for each thread that begins in it, so it is found once. */
const nights = new WeakMap<QuietHours, { readonly from: number; readonly until: number }>();

/**
 * Returns when the quiet hours that `now` lies in end (both calendar, in ms), to the minute; undefined outside of them.
 * They go by the clock on the wall: where it is set meanwhile the night has another length, and an hour that comes
 * twice is quiet twice.
 */
export function quietUntil(
  quiet: QuietHours | undefined,
  severity: Thread['severity'],
  now: number,
): number | undefined {
  if (quiet === undefined || quiet.lets.includes(severity) || !isWithin(quiet, now)) return undefined;
  const cached = nights.get(quiet);
  if (cached !== undefined && cached.from <= now && now < cached.until) return cached.until;
  let until = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  while (isWithin(quiet, until)) until += MINUTE_MS;
  nights.set(quiet, { from: now, until });
  return until;
}
