/**
 * The desk: what people have been told and are to be told of one pool. It is folded from the pool's stream next to the
 * pool's state and committed with it, so an incident is neither lost nor opened twice; plain JSON. Which messages come
 * of it is in deliver.ts and its neighbours: the desk only says which threads are to be shown where.
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
  /** When it is begun to be told; absent once it is. */
  readonly tellAt?: number;
  /** When people were told something new of it last. */
  readonly saidAt: number;
  /** When it was shown last, new or not. */
  readonly shownAt: number;
  /** It ended while it was muted or silenced. */
  readonly endedQuietly?: true;
}

/** A rule that nearly fired: pending, and over before its `for` was. */
export interface NearMiss {
  readonly rule: string;
  readonly target: string;
  /** When, the last ones. */
  readonly times: readonly number[];
}

export interface IncidentState {
  readonly version: 1;
  /** Since when it counts. */
  readonly since: number;
  /** Of the threads below, and open ones. */
  readonly incidents: Readonly<Record<string, Incident>>;
  /** Open, or closed a short while ago. */
  readonly threads: Readonly<Record<string, Thread>>;
  readonly timers: Readonly<Record<string, Timers>>;
  readonly silences: Readonly<Record<string, Silence>>;
  /** Decisions to the threads that tell of them. */
  readonly decisions: Readonly<Record<string, string>>;
  /** When threads were begun to be told, within the time of the limit. */
  readonly begun: readonly number[];
  /** `<rule>/<target>` to when it fired within FLAP_WITHIN_MS. */
  readonly fired: Readonly<Record<string, readonly number[]>>;
  /** Rules to when they fired last. */
  readonly lastFired: Readonly<Record<string, number>>;
  readonly nearMisses: Readonly<Record<string, NearMiss>>;
  /** Of the incident that was opened last; absent in the desk of a version that did not count them. */
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
  /** The pool's findings before and after the entry, by `<rule>/<target>`. */
  readonly before: Readonly<Record<string, Finding>>;
  readonly findings: Readonly<Record<string, Finding>>;
  /** The firing rule that mutes this one; undefined when none does. */
  muterOf(rule: string): string | undefined;
  /** Why nobody looks for anything here any more: a sentence; absent where somebody does. */
  readonly goneBecause?: string;
  /** Whether weir.yaml has a target of this name. */
  hasTarget(name: string): boolean;
  /** A rule that is in force. */
  ruleOf(name: string): RuleFacts | undefined;
  readonly plan: TellPlan;
}

/** A thread is to be shown in a place, as it then stands. */
export interface Notification {
  readonly thread: string;
  /** Its key (model/configuration/route.ts). */
  readonly place: string;
}

export interface IncidentResult {
  readonly state: IncidentState;
  /** New and changed ones. */
  readonly incidents: readonly Incident[];
  readonly threads: readonly Thread[];
  readonly notifications: readonly Notification[];
}

/** The desk while one entry is folded. */
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
  /** `<rule>/<target>` to the incident that is open. */
  readonly open: Map<string, string>;
  /** Ids of what has changed, for the record. */
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

/** An id that this pool has not given before, and that nothing of weir.yaml is called by. */
export function nextId(draft: Pick<IncidentDraft, 'pool' | 'plan' | 'lastNumber'>): string {
  for (;;) {
    draft.lastNumber += 1;
    const id = `${draft.pool}-${draft.lastNumber}`;
    if (draft.plan.names?.includes(id) !== true) return id;
  }
}

/** A closed thread stays so long, in ms: what comes again at once, or late news of it, finds it. */
const CLOSED_KEPT_MS = 1_800_000;

/** What is over and was told leaves the desk; it stays on record. */
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
