/**
 * The draft: one entry's worth of change to a pool's state, before it becomes the next state. The parts of `foldEntry` work
 * on it one after the other. Nothing outside sees it, so `foldEntry` stays pure.
 */

import type { ActionJob, DesiredLease, PastAction } from '../../model/decisions/action.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import type { Outcome } from '../../model/decisions/outcome.ts';
import type { MemberLoad } from '../../model/decisions/rail.ts';
import type { Rule } from '../../model/decisions/rule.ts';
import type { Entry } from '../../model/entries/entry.ts';
import { FORMAT_VERSION } from '../../model/entries/version.ts';
import { type EntryId, entryTime } from '../../model/ids.ts';
import type { Hold } from '../../model/people/hold.ts';
import { OBSERVER_KEPT_MS, type Sweep } from '../../model/readings/reading.ts';
import type { Change } from '../findings/finding.ts';
import { type EditionView, NO_EDITIONS } from './editions.ts';
import { type KnownFacts, NO_FACTS } from './facts.ts';
import type { KnownAlerts, Tombstone, UnreadableWriters } from './remembered.ts';
import { type KnownSeals, withSeal } from './seals.ts';
import type { Series } from './series.ts';
import {
  type Attempts,
  type FoldContext,
  freshSweeps,
  type OpenDecision,
  type PoolLease,
  type PoolState,
  type WaitingDecision,
} from './state.ts';

/** What happened: people are told of it, and the audit records a part. */
export type FoldEvent =
  | {
      readonly type: 'finding';
      readonly change: Change;
      readonly finding: Finding;
      readonly rule: Rule;
      /** Why it is over, where no reading shows that: a sentence. */
      readonly why?: string;
    }
  | { readonly type: 'decision'; readonly decision: Decision }
  | { readonly type: 'closed'; readonly decision: Decision }
  /** A node reports on a lease, or an outcome leaves producers stuck. */
  | { readonly type: 'lease'; readonly outcome: Outcome; readonly decision?: Decision }
  | { readonly type: 'hold'; readonly change: 'begun' | 'ended'; readonly hold: Hold; readonly by: string }
  | { readonly type: 'people'; readonly change: 'trusted'; readonly by: string }
  | { readonly type: 'unreadable'; readonly entryId: EntryId; readonly writer: string; readonly why: string }
  | { readonly type: 'settling'; readonly reason: string; readonly at: number };

export interface Draft {
  readonly context: FoldContext;
  readonly entry: Entry;
  /** Those that were in force at the entry before, by name. */
  readonly knownRules: PoolState['ruleHashes'];
  readonly now: number;
  /** Since the entry before, in ms. */
  readonly elapsedMs: number;
  state: PoolState;
  sweeps: Record<string, Sweep>;
  findings: Record<string, Finding>;
  /** There is no finding. */
  isQuiet: boolean;
  open: Record<string, OpenDecision>;
  leases: Record<string, PoolLease>;
  ended: Record<string, number>;
  tombstones: Record<string, Tombstone>;
  attempts: Record<string, Attempts>;
  waiting: Record<string, WaitingDecision>;
  holds: Readonly<Record<string, Hold>>;
  endedHolds: Readonly<Record<string, number>>;
  acts: readonly PastAction[];
  strikes: { readonly count: number; readonly at: number };
  ackedAt: number;
  loads: Readonly<Record<string, MemberLoad>>;
  alerts: KnownAlerts | undefined;
  unreadable: UnreadableWriters | undefined;
  seals: KnownSeals | undefined;
  /** See PoolState. 0 where it is absent there. */
  calendarMs: number;
  series: Series;
  facts: KnownFacts;
  editions: EditionView;
  readonly events: FoldEvent[];
  readonly jobs: ActionJob[];
  readonly records: Map<string, Decision>;
  readonly desired: Map<string, DesiredLease>;
}

/** @param knownRules the rules of the entry before, by name. */
export function beginDraft(
  context: FoldContext,
  state: PoolState,
  entry: Entry,
  knownRules: PoolState['ruleHashes'] = state.ruleHashes,
): Draft {
  const now = entryTime(entry.id);
  return {
    context,
    entry,
    knownRules,
    now,
    elapsedMs: Math.max(0, now - entryTime(state.cursor)),
    state,
    sweeps: { ...state.sweeps },
    findings: { ...state.findings },
    isQuiet: Object.keys(state.findings).length === 0,
    open: { ...state.open },
    leases: { ...state.leases },
    ended: { ...state.ended },
    tombstones: { ...state.tombstones },
    attempts: { ...state.attempts },
    waiting: { ...state.waiting },
    holds: state.holds,
    endedHolds: state.endedHolds,
    acts: state.acts,
    strikes: state.strikes,
    ackedAt: state.ackedAt,
    loads: state.loads,
    alerts: state.alerts,
    unreadable: state.unreadable,
    seals: withSeal(state.seals, entry, now),
    calendarMs: state.calendarMs ?? 0,
    series: state.series,
    facts: NO_FACTS,
    editions: NO_EDITIONS,
    events: [],
    jobs: [],
    records: new Map(),
    desired: new Map(),
  };
}

/** Sweeps in the draft that are fresh now. */
export function freshOf(draft: Draft): Sweep[] {
  return freshSweeps({ ...draft.state, sweeps: draft.sweeps }, draft.now, draft.context.poll.staleAfterMs);
}

/** Nodes that can be given a job: those heard within stale_after. */
export function freshNodes(draft: Draft): string[] {
  const { members } = draft.context.pool;
  return freshOf(draft)
    .map((sweep) => sweep.observer)
    .filter((name) => members[name] !== undefined)
    .sort();
}

export function saveDecision(draft: Draft, decision: Decision): void {
  draft.records.set(decision.id, decision);
}

export function finishDraft(draft: Draft): PoolState {
  for (const [name, sweep] of Object.entries(draft.sweeps)) {
    const node = draft.context.pool.members[name] !== undefined;
    if (!node && draft.now - sweep.at > OBSERVER_KEPT_MS) delete draft.sweeps[name];
  }
  const { alerts, unreadable, seals, calendarMs } = draft;
  const { calendarMs: _, ...before } = draft.state;
  return {
    ...before,
    version: FORMAT_VERSION,
    cursor: draft.entry.id,
    sweeps: draft.sweeps,
    findings: draft.findings,
    open: draft.open,
    leases: draft.leases,
    ended: draft.ended,
    tombstones: draft.tombstones,
    attempts: draft.attempts,
    waiting: draft.waiting,
    series: draft.series,
    holds: draft.holds,
    endedHolds: draft.endedHolds,
    acts: draft.acts,
    strikes: draft.strikes,
    ackedAt: draft.ackedAt,
    loads: draft.loads,
    ...(alerts !== undefined && { alerts }),
    ...(unreadable !== undefined && { unreadable }),
    ...(seals !== undefined && { seals }),
    ...(calendarMs !== 0 && { calendarMs }),
  };
}
