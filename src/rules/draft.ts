/**
 * The draft: one entry's worth of change to a pool's state, before it becomes the next state. The parts of `step` work on
 * it one after the other; nothing outside `step` sees it, so `step` stays pure.
 */

import type { Act, ActionJob, OwedLease } from '../model/action.ts';
import type { Decision, Finding } from '../model/decision.ts';
import type { Entry, Outcome } from '../model/entry.ts';
import { entryTime } from '../model/entry.ts';
import type { Hold } from '../model/hold.ts';
import type { MemberLoad } from '../model/rail.ts';
import type { Sweep } from '../model/reading.ts';
import type { Rule } from '../model/rule.ts';
import type { KnownAlerts } from './alerts.ts';
import { type KnownFacts, NO_FACTS } from './facts.ts';
import type { Change } from './finding.ts';
import type { Series } from './series.ts';
import {
  freshSweeps,
  type OpenDecision,
  type PoolState,
  type StepContext,
  type WaitingDecision,
  type WantedLease,
} from './state.ts';

/** What happened, for those who tell people. */
export type StepEvent =
  | { readonly type: 'finding'; readonly change: Change; readonly finding: Finding; readonly rule: Rule }
  | { readonly type: 'decision'; readonly decision: Decision }
  | { readonly type: 'closed'; readonly decision: Decision }
  /** News of a lease, or an outcome that leaves producers stuck. */
  | { readonly type: 'lease'; readonly outcome: Outcome; readonly decision?: Decision }
  | { readonly type: 'hold'; readonly change: 'begun' | 'ended'; readonly hold: Hold; readonly by: string }
  | { readonly type: 'people'; readonly change: 'acked'; readonly by: string }
  | { readonly type: 'settling'; readonly reason: string; readonly at: number };

export interface Draft {
  readonly context: StepContext;
  readonly entry: Entry;
  readonly now: number;
  /** Since the entry before, in ms. */
  readonly elapsedMs: number;
  state: PoolState;
  sweeps: Record<string, Sweep>;
  findings: Record<string, Finding>;
  /** There is no finding. */
  isQuiet: boolean;
  open: Record<string, OpenDecision>;
  leases: Record<string, WantedLease>;
  ended: Record<string, number>;
  attempts: Record<string, { count: number; notBefore: number }>;
  waiting: Record<string, WaitingDecision>;
  holds: Readonly<Record<string, Hold>>;
  endedHolds: Readonly<Record<string, number>>;
  acts: readonly Act[];
  strikes: { readonly count: number; readonly at: number };
  ackedAt: number;
  loads: Readonly<Record<string, MemberLoad>>;
  alerts: KnownAlerts | undefined;
  series: Series;
  facts: KnownFacts;
  readonly events: StepEvent[];
  readonly jobs: ActionJob[];
  readonly records: Map<string, Decision>;
  readonly owed: Map<string, OwedLease>;
}

export function beginDraft(context: StepContext, state: PoolState, entry: Entry): Draft {
  const now = entryTime(entry.id);
  return {
    context,
    entry,
    now,
    elapsedMs: Math.max(0, now - entryTime(state.cursor)),
    state,
    sweeps: { ...state.sweeps },
    findings: { ...state.findings },
    isQuiet: Object.keys(state.findings).length === 0,
    open: { ...state.open },
    leases: { ...state.leases },
    ended: { ...state.ended },
    attempts: { ...state.attempts },
    waiting: { ...state.waiting },
    holds: state.holds,
    endedHolds: state.endedHolds,
    acts: state.acts,
    strikes: state.strikes,
    ackedAt: state.ackedAt,
    loads: state.loads,
    alerts: state.alerts,
    series: state.series,
    facts: NO_FACTS,
    events: [],
    jobs: [],
    records: new Map(),
    owed: new Map(),
  };
}

/** Sweeps in the draft that are fresh now. */
export function freshOf(draft: Draft): Sweep[] {
  return freshSweeps({ ...draft.state, sweeps: draft.sweeps }, draft.now, draft.context.poll.staleAfterMs);
}

/** Nodes that can be given a job: the ones that were heard within stale_after. */
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

/** An observer that is no node and was not heard for so long is forgotten: workers come and go under new names. In ms. */
const OBSERVER_KEPT_MS = 600_000;

export function finishDraft(draft: Draft): PoolState {
  for (const [name, sweep] of Object.entries(draft.sweeps)) {
    const node = draft.context.pool.members[name] !== undefined;
    if (!node && draft.now - sweep.at > OBSERVER_KEPT_MS) delete draft.sweeps[name];
  }
  const { sweeps, findings, open, leases, ended, attempts, waiting, series } = draft;
  const { holds, endedHolds, acts, strikes, ackedAt, loads, alerts } = draft;
  return {
    ...draft.state,
    cursor: draft.entry.id,
    ...{ sweeps, findings, open, leases, ended, attempts, waiting, series },
    ...{ holds, endedHolds, acts, strikes, ackedAt, loads },
    ...(alerts !== undefined && { alerts }),
  };
}
