/** Folds new entries of a pool, one after the other, into the pool's state and into its incidents. */

import type { Redis } from 'ioredis';
import { writerOf } from '../../src/broker/entries/entries.ts';
import { readDecision } from '../../src/broker/store.ts';
import type { TellPlan } from '../../src/model/configuration/config.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import type { Rule } from '../../src/model/decisions/rule.ts';
import type { Entry, Unreadable } from '../../src/model/entries/entry.ts';
import { messageOf } from '../../src/model/error.ts';
import { deliveryKey, entryTime, leaseIdOf } from '../../src/model/ids.ts';
import type { Happened, Incident } from '../../src/model/people/incident.ts';
import type { Thread } from '../../src/model/people/thread.ts';
import { happenedOf } from '../../src/operations/messages.ts';
import { hasName } from '../../src/rules/findings/gone.ts';
import { type FoldResult, foldEntry } from '../../src/rules/fold-entry.ts';
import type { FoldEvent } from '../../src/rules/state/draft.ts';
import { viewEditions } from '../../src/rules/state/editions.ts';
import { foldInGap } from '../../src/rules/state/gap.ts';
import { withoutReplay } from '../../src/rules/state/seals.ts';
import type { FoldContext, PoolState } from '../../src/rules/state/state.ts';
import { foldIncidents } from '../../src/tell/incidents/fold.ts';
import type { IncidentResult, IncidentState, Notification } from '../../src/tell/incidents/state.ts';
import { afterGap, type Gap } from './ready.ts';

export interface FoldInput {
  readonly context: FoldContext;
  readonly plan: TellPlan;
  readonly state: PoolState;
  readonly incidentState: IncidentState;
  /** Events from before the first entry: the pool settles anew. */
  readonly events: readonly FoldEvent[];
  readonly entries: readonly Entry[];
  /** A gap of entries that nobody evaluated, and those of them that count after it. */
  readonly gap?: Gap & { readonly words: readonly Entry[] };
}

export interface Folded {
  readonly state: PoolState;
  readonly incidentState: IncidentState;
  readonly events: readonly FoldEvent[];
  readonly jobs: FoldResult['jobs'];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly desired: ReadonlyMap<string, FoldResult['desired'][number]>;
  readonly audit: FoldResult['audit'];
  readonly incidents: readonly Incident[];
  readonly threads: readonly Thread[];
  readonly shows: readonly Notification[];
  /** Entries that could not be read, or that threw. */
  readonly aside: readonly Unreadable[];
  /** Errors of readable entries: faults of Weir. */
  readonly faults: readonly unknown[];
}

/** Looks up closed decisions in the broker, then folds. @throws what ioredis throws. */
export async function fold({ redis, ...input }: FoldInput & { readonly redis: Redis }): Promise<Folded> {
  const { pool } = input.context;
  const all = [...(input.gap?.words ?? []), ...input.entries];
  const decisions = await Promise.all(decisionsAskedFor(all).map((id) => readDecision(redis, pool.name, id)));
  return foldEntries(
    input,
    decisions.filter((decision) => decision !== undefined),
  );
}

/** Pure. @param closed those of `decisionsAskedFor` that the broker has on record. */
export function foldEntries(input: FoldInput, closed: readonly Decision[]): Folded {
  const { context, entries, gap } = input;
  const words = gap?.words ?? [];
  const recorded = new Map(closed.map((decision) => [decision.id, decision]));
  const decisions = new Map<string, Decision>();
  const desired = new Map<string, FoldResult['desired'][number]>();
  const events: FoldEvent[] = [...input.events];
  const jobs: FoldResult['jobs'][number][] = [];
  const audit: FoldResult['audit'][number][] = [];
  const aside: Unreadable[] = [];
  const faults: unknown[] = [];
  const changes = newChanges();
  let { state, incidentState } = input;
  let pending = input.events;

  function foldOne(entry: Entry, by: typeof foldEntry, earlier: readonly FoldEvent[]): void {
    const before = state;
    const make = (readable: Entry) => {
      const result = by(context, before, readable, recorded);
      const around = { before, state: result.state, events: [...earlier, ...result.events] };
      return { result, after: tellPeople(input, incidentState, readable, around) };
    };
    const { made, unreadable } = setAside(withoutReplay(before.seals, entry), make, (fault) => faults.push(fault));
    const { result, after } = made;
    if (unreadable !== undefined) aside.push(unreadable);
    state = result.state;
    events.push(...result.events);
    jobs.push(...result.jobs);
    audit.push(...result.audit);
    for (const decision of result.records) {
      decisions.set(decision.id, decision);
      recorded.set(decision.id, decision);
    }
    for (const lease of result.desired) desired.set(lease.id, lease);
    incidentState = after.state;
    changes.take(after);
  }

  for (const word of words) foldOne(word, foldInGap, []);
  if (gap !== undefined) state = afterGap(state, gap);
  for (const entry of entries) {
    foldOne(entry, foldEntry, pending);
    pending = [];
  }
  if (pending.length > 0) {
    // People are told that the pool settles even without a new entry.
    const now: Entry = { id: state.cursor, body: { kind: 'tick', pool: context.pool.name } };
    const after = tellPeople(input, incidentState, now, { before: state, state, events: pending });
    incidentState = after.state;
    changes.take(after);
  }
  return { state, incidentState, events, jobs, decisions, desired, audit, aside, faults, ...changes.all() };
}

/**
 * Folds one entry. An entry that throws is set aside: time passes, and people hear of it.
 * @throws where the fault is not in the entry: then every entry fails, the cursor stays, and nodes page.
 */
function setAside<T>(
  entry: Entry,
  make: (entry: Entry) => T,
  onFault: (fault: unknown) => void,
): { made: T; unreadable?: Unreadable } {
  const { id, body } = entry;
  if (body.kind === 'unreadable') return { made: make(entry), unreadable: body };
  try {
    return { made: make(entry) };
  } catch (error) {
    const why = `folding it failed: ${messageOf(error)}`;
    const unreadable: Unreadable = { kind: 'unreadable', pool: body.pool, writer: writerOf(body), why };
    onFault(error);
    return { made: make({ id, body: unreadable }), unreadable };
  }
}

interface Around {
  readonly before: PoolState;
  readonly state: PoolState;
  readonly events: readonly FoldEvent[];
}

function tellPeople(
  { context, plan }: FoldInput,
  incidentState: IncidentState,
  entry: Entry,
  around: Around,
): IncidentResult {
  const { before, state, events } = around;
  const now = entryTime(entry.id);
  const { rules } = context.ruleSet;
  // This is asked for each muted finding, of which there may be thousands.
  let firing: ReadonlySet<string> | undefined;
  const isFiring = (rule: Rule) => {
    firing ??= new Set(
      Object.values(state.findings).flatMap(({ phase, rule: name }) => (phase === 'firing' ? [name] : [])),
    );
    return firing.has(rule.name);
  };
  return foldIncidents(incidentState, {
    pool: context.pool.name,
    now,
    entryId: entry.id,
    calendarMs: state.calendarMs ?? 0,
    body: entry.body,
    happenings: events.map((event): Happened => happenedOf(event, context.pool.name, now)),
    before: before.findings,
    findings: state.findings,
    muterOf: (name) => rules.find((rule) => rule.mutes.includes(name) && isFiring(rule))?.name,
    hasTarget: (name) => hasName(context.pool, name) || !viewEditions(state, now).isWhole,
    ruleOf: (name) => rules.find((rule) => rule.name === name),
    plan,
  });
}

/** Collects changed incidents and threads. A thread that changed with several entries is shown once, in its last state. */
function newChanges() {
  const incidents = new Map<string, Incident>();
  const threads = new Map<string, Thread>();
  const shows = new Map<string, Notification>();
  return {
    take(result: IncidentResult) {
      for (const incident of result.incidents) incidents.set(incident.id, incident);
      for (const thread of result.threads) threads.set(thread.id, thread);
      for (const show of result.notifications) shows.set(deliveryKey(show.thread, show.place), show);
    },
    all: () => ({
      incidents: [...incidents.values()],
      threads: [...threads.values()],
      shows: [...shows.values()],
    }),
  };
}

/** Finds the decisions that outcomes and answers among the entries are about: `foldEntry` adds to closed ones too. */
export function decisionsAskedFor(entries: readonly Entry[]): string[] {
  const about = ({ body }: Entry) =>
    body.kind === 'outcome' ? [leaseIdOf(body.decision)] : body.kind === 'answer' ? [body.decision] : [];
  return [...new Set(entries.flatMap(about))];
}
