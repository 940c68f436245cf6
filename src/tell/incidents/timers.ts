/** Does what is due by the clock: tells a thread for the first time, escalates, repeats, shows new figures. */

import { destinationKey } from '../../model/configuration/route.ts';
import { formatDuration } from '../../model/duration.ts';
import { deliveryKey } from '../../model/ids.ts';
import type { Thread } from '../../model/people/thread.ts';
import { joinFlood } from './flood.ts';
import { takeFigures } from './incidents.ts';
import { destinationsOf, escalationsOf, quietUntil, routesOf } from './routes.ts';
import type { IncidentDraft, Timers } from './state.ts';
import { addItem, incidentsOf, isQuiet, noteOf, save } from './threads.ts';

/** An Alertmanager resolves an alert that it is not told again. It is told so often, in ms. */
const ALERT_REFRESH_MS = 120_000;

export function followThreads(draft: IncidentDraft): void {
  for (const id of Object.keys(draft.threads)) {
    const tellAt = draft.timers[id]?.tellAt;
    if (tellAt === undefined) followTold(draft, id);
    else if (tellAt <= draft.now) begin(draft, id);
  }
}

function timersOf(draft: IncidentDraft, id: string): Timers {
  return draft.timers[id] ?? { saidAt: draft.now, shownAt: 0 };
}

/** Tells people of it for the first time. */
function begin(draft: IncidentDraft, id: string): void {
  const thread = draft.threads[id] as Thread;
  const timers = timersOf(draft, id);
  const untold = () => {
    const { tellAt: _, ...rest } = timers;
    draft.timers[id] = rest;
  };
  if (isQuiet(thread)) return;
  // Nobody was to be told while it lasted. It is on record, and that is enough.
  if (thread.closedAt !== undefined && timers.endedQuietly === true) {
    untold();
    return;
  }
  // A question cannot wait until the morning.
  const urgency = thread.waiting === undefined ? thread.severity : 'page';
  const quiet = quietUntil(draft.plan.quiet, urgency, draft.now + draft.calendarMs);
  if (quiet !== undefined) {
    draft.timers[id] = { ...timers, tellAt: quiet - draft.calendarMs };
    return;
  }
  const { max, perMs } = draft.plan.limit;
  draft.begun = draft.begun.filter((at) => draft.now - at < perMs);
  // Half of the messages are for what is new, the other half for replies.
  if (draft.begun.length >= Math.max(1, Math.floor(max / 2) - 1) && joinFlood(draft, thread)) return;
  draft.begun = [...draft.begun, draft.now];
  untold();
  const routes = routesOf(draft.plan, thread, incidentsOf(draft, thread), draft.now + draft.calendarMs);
  save(draft, { ...thread, places: destinationsOf(routes) });
  show(draft, id);
}

function followTold(draft: IncidentDraft, id: string): void {
  if (draft.threads[id]?.kind === 'incident' && draft.threads[id]?.closedAt === undefined) {
    const thread = draft.threads[id] as Thread;
    if (draft.now - timersOf(draft, id).shownAt >= draft.plan.group.intervalMs) takeFigures(draft, thread);
    if (!isQuiet(thread) && thread.acked === undefined) {
      escalate(draft, id);
      repeat(draft, id);
    }
    reroute(draft, id);
    refreshAlerts(draft, id);
  }
  if (draft.loud.has(id) || isDue(draft, id)) show(draft, id);
}

/** True when figures have changed and were not shown for a while. */
function isDue(draft: IncidentDraft, id: string): boolean {
  return draft.changed.threads.has(id) && draft.now - timersOf(draft, id).shownAt >= draft.plan.group.intervalMs;
}

function escalate(draft: IncidentDraft, id: string): void {
  const thread = draft.threads[id] as Thread;
  const routes = routesOf(draft.plan, thread, incidentsOf(draft, thread), draft.now + draft.calendarMs);
  const steps = escalationsOf(routes);
  const step = steps[thread.escalated];
  if (step === undefined || draft.now - thread.openedAt < step.afterMs) return;
  const places = [...new Set([...thread.places, ...step.to.map(destinationKey)])];
  save(draft, { ...thread, places, escalated: thread.escalated + 1 });
  const waited = formatDuration(draft.now - thread.openedAt);
  // Writes `slack:#heads` and `mail:ann@example.com` without the kind, which everybody sees.
  const whom = step.to.map((place) => destinationKey(place).replace(/^(slack|mail):/, '')).join(', ');
  const title = `Escalated: nobody has acknowledged it for ${waited}`;
  const lines = [thread.title, `Told now: ${whom}`];
  addItem(draft, id, { ...noteOf(draft, 'escalated', title, lines), severity: thread.severity });
  save(draft, { ...(draft.threads[id] as Thread), loudSeq: (draft.threads[id] as Thread).lastSeq });
  draft.timers[id] = { ...timersOf(draft, id), saidAt: draft.now };
}

function repeat(draft: IncidentDraft, id: string): void {
  const timers = timersOf(draft, id);
  if (draft.now - timers.saidAt < draft.plan.group.repeatMs) return;
  const { openedAt, severity } = draft.threads[id] as Thread;
  const title = `Still firing after ${formatDuration(draft.now - openedAt)}`;
  addItem(draft, id, { ...noteOf(draft, 'repeat', title), severity });
  draft.timers[id] = { ...timers, saidAt: draft.now };
}

/** Tells further destinations of a thread with something new: what became worse may be for others too. */
function reroute(draft: IncidentDraft, id: string): void {
  const thread = draft.threads[id] as Thread;
  if (!draft.loud.has(id)) return;
  const places = destinationsOf(routesOf(draft.plan, thread, incidentsOf(draft, thread), draft.now + draft.calendarMs));
  const all = [...new Set([...thread.places, ...places])];
  if (all.length > thread.places.length) save(draft, { ...thread, places: all });
}

function refreshAlerts(draft: IncidentDraft, id: string): void {
  const { places } = draft.threads[id] as Thread;
  const timers = timersOf(draft, id);
  if (draft.now - timers.shownAt < ALERT_REFRESH_MS) return;
  const alerted = places.filter((place) => place.startsWith('alertmanager:'));
  if (alerted.length === 0) return;
  for (const place of alerted) draft.notifications.set(deliveryKey(id, place), { thread: id, place });
  draft.timers[id] = { ...timers, shownAt: draft.now };
}

function show(draft: IncidentDraft, id: string): void {
  const { places } = draft.threads[id] as Thread;
  for (const place of places) draft.notifications.set(deliveryKey(id, place), { thread: id, place });
  const timers = timersOf(draft, id);
  draft.timers[id] = { ...timers, shownAt: draft.now, ...(draft.loud.has(id) && { saidAt: draft.now }) };
}
