/**
 * The incident state: what people have been told and are to be told of one pool. It is plain JSON, folded from the
 * pool's stream next to the pool's state and committed with it, so an incident is neither lost nor opened twice. It
 * says which threads are to be shown in which destinations; workers/notifications shows them.
 */

import type { TellPlan } from '../../model/configuration/config.ts';
import type { Finding } from '../../model/decisions/decision.ts';
import type { EntryBody } from '../../model/entries/entry.ts';
import { findingKey } from '../../model/ids.ts';
import type { Happened, Incident, RuleFacts } from '../../model/people/incident.ts';
import type { Silence } from '../../model/people/silence.ts';
import type { Thread } from '../../model/people/thread.ts';

/** What a thread waits for. Broker times in ms. */
export interface Timers {
  /** When people are first told of it; absent once they were. */
  readonly tellAt?: number;
  /** When people were last told something new of it. */
  readonly saidAt: number;
  /** When it was last shown, with something new or not. */
  readonly shownAt: number;
  /** It ended while it was muted or silenced. */
  readonly endedQuietly?: true;
}

/** A rule that nearly fired: it was pending, and over before its `for` was. */
export interface NearMiss {
  readonly rule: string;
  readonly target: string;
  /** The latest times. */
  readonly times: readonly number[];
}

export interface IncidentState {
  readonly version: 1;
  /** Since when rules are counted, in broker ms. */
  readonly since: number;
  /** Incidents of the threads below, and open ones. */
  readonly incidents: Readonly<Record<string, Incident>>;
  /** Threads that are open, or were closed a short while ago. */
  readonly threads: Readonly<Record<string, Thread>>;
  readonly timers: Readonly<Record<string, Timers>>;
  readonly silences: Readonly<Record<string, Silence>>;
  /** Decision id to the thread that tells of it. */
  readonly decisions: Readonly<Record<string, string>>;
  /** When threads began to be told, within the time of the limit. */
  readonly begun: readonly number[];
  /** `<rule>/<target>` to the times at which it fired, within FLAP_WITHIN_MS. */
  readonly fired: Readonly<Record<string, readonly number[]>>;
  /** Rule to the time at which it last fired. */
  readonly lastFired: Readonly<Record<string, number>>;
  readonly nearMisses: Readonly<Record<string, NearMiss>>;
  /** The number of the incident that was opened last; absent in the state of a version that did not count them. */
  readonly lastNumber?: number;
}

export function newIncidentState(now: number): IncidentState {
  return {
    version: 1,
    since: now,
    incidents: {},
    threads: {},
    timers: {},
    silences: {},
    decisions: {},
    begun: [],
    fired: {},
    lastFired: {},
    nearMisses: {},
    lastNumber: 0,
  };
}

/** One entry of the pool's stream, and what the evaluation made of it. */
export interface IncidentInput {
  readonly pool: string;
  /** Broker time of the entry in ms, and its id. */
  readonly now: number;
  readonly entryId: string;
  /** By how much the calendar is ahead of it, in ms. */
  readonly calendarMs: number;
  readonly body: EntryBody;
  readonly happenings: readonly Happened[];
  /** The pool's findings before the entry and after it, by `<rule>/<target>`. */
  readonly before: Readonly<Record<string, Finding>>;
  readonly findings: Readonly<Record<string, Finding>>;
  /** Returns the firing rule that mutes this one; undefined when none does. */
  muterOf(rule: string): string | undefined;
  /** A sentence that says why nobody evaluates this any more; absent where somebody does. */
  readonly goneBecause?: string;
  /** Whether weir.yaml has a target of this name. */
  hasTarget(name: string): boolean;
  /** Returns a rule that is in force. */
  ruleOf(name: string): RuleFacts | undefined;
  readonly plan: TellPlan;
}

/** A thread is to be shown in a destination, as it then stands. */
export interface Notification {
  readonly thread: string;
  /** The destination's key (model/configuration/route.ts). */
  readonly place: string;
}

export interface IncidentResult {
  readonly state: IncidentState;
  /** New and changed ones. */
  readonly incidents: readonly Incident[];
  readonly threads: readonly Thread[];
  readonly notifications: readonly Notification[];
}

/** The incident state while one entry is folded into it. */
export interface IncidentDraft extends Omit<IncidentInput, 'happenings' | 'before' | 'body'> {
  incidents: Record<string, Incident>;
  threads: Record<string, Thread>;
  timers: Record<string, Timers>;
  silences: Record<string, Silence>;
  decisions: Record<string, string>;
  begun: readonly number[];
  fired: Record<string, readonly number[]>;
  lastFired: Record<string, number>;
  nearMisses: Record<string, NearMiss>;
  lastNumber: number;
  readonly since: number;
  /** `<rule>/<target>` to the open incident. */
  readonly open: Map<string, string>;
  /** Ids of what has changed, to be written to the record. */
  readonly changed: { readonly incidents: Set<string>; readonly threads: Set<string> };
  /** Threads with something new, to be shown at once. */
  readonly loud: Set<string>;
  readonly notifications: Map<string, Notification>;
}

export function beginIncidents(incidentState: IncidentState, input: IncidentInput): IncidentDraft {
  const { happenings: _, before: __, body: ___, ...rest } = input;
  return {
    ...rest,
    incidents: { ...incidentState.incidents },
    threads: { ...incidentState.threads },
    timers: { ...incidentState.timers },
    silences: { ...incidentState.silences },
    decisions: { ...incidentState.decisions },
    begun: incidentState.begun,
    fired: { ...incidentState.fired },
    lastFired: { ...incidentState.lastFired },
    nearMisses: { ...incidentState.nearMisses },
    lastNumber: incidentState.lastNumber ?? 0,
    since: incidentState.since,
    open: new Map(
      Object.values(incidentState.incidents)
        .filter(({ resolvedAt }) => resolvedAt === undefined)
        .map(({ rule, target, id }) => [findingKey(rule, target), id]),
    ),
    changed: { incidents: new Set(), threads: new Set() },
    loud: new Set(),
    notifications: new Map(),
  };
}

export function finishIncidents(draft: IncidentDraft): IncidentResult {
  const { incidents, threads, timers, silences, decisions, begun, fired, lastFired, nearMisses, since } = draft;
  const { lastNumber } = draft;
  const named = <T>(all: Readonly<Record<string, T>>, ids: ReadonlySet<string>) =>
    [...ids].flatMap((id) => all[id] ?? []);
  const changed = {
    incidents: named(incidents, draft.changed.incidents),
    threads: named(threads, draft.changed.threads),
  };
  dropOld(draft);
  return {
    state: {
      version: 1,
      since,
      incidents,
      threads,
      timers,
      silences,
      decisions,
      begun,
      fired,
      lastFired,
      nearMisses,
      lastNumber,
    },
    ...changed,
    notifications: [...draft.notifications.values()],
  };
}

/** Returns an id that this pool has not given before, and that nothing in weir.yaml is called. */
export function nextId(draft: Pick<IncidentDraft, 'pool' | 'plan' | 'lastNumber'>): string {
  for (;;) {
    draft.lastNumber += 1;
    const id = `${draft.pool}-${draft.lastNumber}`;
    if (draft.plan.names?.includes(id) !== true) return id;
  }
}

/** A closed thread stays so long, in ms: the same cause may come again at once, and news of it may be late. */
const CLOSED_KEPT_MS = 1_800_000;

/** Drops what is over and was told. It stays on record. */
function dropOld({ threads, timers, incidents, decisions, now }: IncidentDraft): void {
  for (const thread of Object.values(threads)) {
    const isTold = timers[thread.id]?.tellAt === undefined;
    if (thread.closedAt === undefined || !isTold || now - thread.closedAt < CLOSED_KEPT_MS) continue;
    delete threads[thread.id];
    delete timers[thread.id];
    for (const id of thread.incidents) delete incidents[id];
    for (const [decision, id] of Object.entries(decisions)) if (id === thread.id) delete decisions[decision];
  }
}
