/**
 * A pool's state: everything the evaluation carries from one entry to the next. It is plain JSON and is committed with the
 * cursor. Nothing else is remembered anywhere, so a worker that dies loses nothing.
 */

import type { PolicyConfig, PollConfig, PoolConfig } from '../../model/configuration/config.ts';
import type { Edition, KnownEdition } from '../../model/configuration/edition.ts';
import type { DesiredLease, PastAction } from '../../model/decisions/action.ts';
import type { AuditHead } from '../../model/decisions/audit.ts';
import type { Decision, Finding, NodeOutcome } from '../../model/decisions/decision.ts';
import type { Judge, MemberLoad } from '../../model/decisions/rail.ts';
import type { Rule, RuleSet } from '../../model/decisions/rule.ts';
import type { Request } from '../../model/entries/requests.ts';
import { FORMAT_VERSION } from '../../model/entries/version.ts';
import { type EntryId, entryTime } from '../../model/ids.ts';
import type { Hold } from '../../model/people/hold.ts';
import type { Sweep } from '../../model/readings/reading.ts';
import {
  type Forgotten,
  type KnownAlerts,
  type Tombstone,
  type UnreadableWriters,
  withForgotten,
} from './remembered.ts';
import type { KnownSeals } from './seals.ts';
import type { Series } from './series.ts';

/** A lease that the pool wants, and what is needed to renew and end it. */
export interface PoolLease extends DesiredLease {
  /** How long it is renewed for, in ms. */
  readonly leaseMs: number;
  /** The rule that took it; absent when a person did. */
  readonly rule?: string;
}

/** A decision whose end is awaited. */
export interface OpenDecision {
  readonly decision: Decision;
  /** The finding that it belongs to; absent for a person's request. */
  readonly finding?: string;
  /** The episode of that, and which step of the ladder it is; absent too where an earlier version decided it. */
  readonly episode?: EntryId;
  readonly step?: number;
  /** Broker time in ms by which nodes must have answered. */
  readonly answerBy: number;
  /** A rule decided it while the member could not be written. */
  readonly unwritable?: true;
  /** Nobody evaluated for a while: until this broker time in ms sweeps may still show what was done meanwhile. */
  readonly lookUntil?: number;
}

/** A decision that waits for people's yes. */
export interface WaitingDecision {
  readonly decision: Decision;
  /** The finding that it belongs to, and its episode; a request has none. */
  readonly finding?: string;
  readonly episode?: EntryId;
  /** The request that it came from. */
  readonly request?: Request;
}

/** Attempts at a finding's step that failed in this episode. */
export interface Attempts {
  /** Nodes tried and failed so often. */
  readonly count: number;
  /** Nodes touched nothing so often. */
  readonly refused?: number;
  /** Broker time in ms before which the step is not tried again. */
  readonly notBefore: number;
  /** The member was not in the MASTER's table: the step is tried again as soon as it is. */
  readonly unlisted?: true;
}

export interface PoolState {
  /** The format of the worker that wrote it (model/version.ts). */
  readonly version: number;
  /** Id of the last entry folded. */
  readonly cursor: EntryId;
  /** The latest sweep of every observer. */
  readonly sweeps: Readonly<Record<string, Sweep>>;
  readonly findings: Readonly<Record<string, Finding>>;
  readonly open: Readonly<Record<string, OpenDecision>>;
  readonly leases: Readonly<Record<string, PoolLease>>;
  /** Ended leases to when they ended, broker time in ms; `tombstones` says how long that is remembered. */
  readonly ended: Readonly<Record<string, number>>;
  readonly tombstones: Readonly<Record<string, Tombstone>>;
  /** Times of which nothing is known: before the state began, lost by the broker, or not folded. */
  readonly forgotten: readonly Forgotten[];
  /** By finding. */
  readonly attempts: Readonly<Record<string, Attempts>>;
  readonly waiting: Readonly<Record<string, WaitingDecision>>;
  /** By scope. */
  readonly holds: Readonly<Record<string, Hold>>;
  /** Ids of holds that people removed, to the time by which they would have ended: no node may bring them back. */
  readonly endedHolds: Readonly<Record<string, number>>;
  /** Actions of rules in the last day, oldest first. */
  readonly acts: readonly PastAction[];
  /** Failures in a row (see RailFacts). */
  readonly strikes: { readonly count: number; readonly at: number };
  readonly ackedAt: number;
  readonly loads: Readonly<Record<string, MemberLoad>>;
  /** Firing alerts of Alertmanagers; absent until one has sent something. */
  readonly alerts?: KnownAlerts;
  /** Who has written an entry that could not be read; absent until somebody has. */
  readonly unreadable?: UnreadableWriters;
  /** What was taken of those who seal; absent where nothing is sealed or asked. */
  readonly seals?: KnownSeals;
  /** Measures of the signals that rule files declare. */
  readonly series: Series;
  /** Workers, by name and file, to their last known edition of weir.yaml. */
  readonly editions: Readonly<Record<string, KnownEdition>>;
  /** Hash of the edition that the entry before was folded with; absent until an entry was. */
  readonly edition?: string;
  readonly settlesAt: number;
  readonly settleReason: string;
  readonly ruleSetHash: string;
  /** Hashes of the rules by their names: they say which rules of an edited file have changed. */
  readonly ruleHashes: Readonly<Record<string, string>>;
  /** By how much the calendar is ahead of broker time, in ms (calendar.ts); absent where it is not. */
  readonly calendarMs?: number;
  /** The last record of the evaluation's audit; absent before the first. */
  readonly audit?: AuditHead;
  /** The broker process that this state was made on. */
  readonly brokerRunId: string;
}

/** What `foldEntry` is handed besides the state and the entry. */
export interface FoldContext {
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly ruleSet: RuleSet;
  readonly judge: Judge;
  /** The worker that folds, and its edition of weir.yaml; absent where editions do not count (a replay, a test of rules). */
  readonly edition?: Edition & { readonly worker: string };
  /** Why the broker must not be relied on now; absent when it may. */
  readonly brokerTrouble?: string;
  /** Everything that is wrong with the broker, in sentences. */
  readonly brokerTroubles?: readonly string[];
}

/** How long a node may take to answer a decision, in ms: its job may begin 10 s late, and move producers for 20 s. */
export const ANSWER_WITHIN_MS = 45_000;

/** A job that a node has not started by then is dropped and reported, in ms. */
export const JOB_EXPIRES_MS = 10_000;

/** Fields with which a new state begins, and which the state of an earlier version may not have. */
export const NOTHING_REMEMBERED = {
  waiting: {},
  holds: {},
  endedHolds: {},
  acts: [],
  strikes: { count: 0, at: 0 },
  ackedAt: 0,
  loads: {},
  series: {},
  editions: {},
  tombstones: {},
  forgotten: [],
} satisfies Partial<PoolState>;

/** The state of a new pool, or of one whose state the broker has lost. `cursor` is where reading starts. */
export function initialState(input: {
  cursor: EntryId;
  now: number;
  settleMs: number;
  reason: string;
  ruleSet: Pick<RuleSet, 'hash' | 'rules'>;
  brokerRunId: string;
}): PoolState {
  return {
    version: FORMAT_VERSION,
    cursor: input.cursor,
    sweeps: {},
    findings: {},
    open: {},
    leases: {},
    ended: {},
    attempts: {},
    ...NOTHING_REMEMBERED,
    forgotten: [{ from: 0, to: input.now }],
    settlesAt: input.now + input.settleMs,
    settleReason: input.reason,
    ruleSetHash: input.ruleSet.hash,
    ruleHashes: hashesOf(input.ruleSet.rules),
    brokerRunId: input.brokerRunId,
  };
}

/** Hashes of rules by their names. */
export function hashesOf(rules: readonly Rule[]): Record<string, string> {
  return Object.fromEntries(rules.map(({ name, hash }) => [name, hash]));
}

/**
 * Starts the settle time and pending timers anew: after another broker, or a gap in the evaluation. Firing findings, open
 * decisions and leases stay.
 */
export function resettle(state: PoolState, now: number, settleMs: number, reason: string): PoolState {
  const findings = Object.fromEntries(Object.entries(state.findings).filter(([, { phase }]) => phase === 'firing'));
  const forgotten = withForgotten(state.forgotten, entryTime(state.cursor), now);
  return { ...state, findings, forgotten, settlesAt: now + settleMs, settleReason: reason };
}

/** How long after a gap sweeps may take to show what was done in it, in ms. */
const LOOK_AGAIN_MS = 10_000;

/** After a gap: open decisions get more time, because nobody could see their effect meanwhile. */
export function lookAgain(state: PoolState, now: number): PoolState {
  const lookUntil = now + LOOK_AGAIN_MS;
  const open = Object.entries(state.open).map(([id, decision]) => [id, { ...decision, lookUntil }]);
  return { ...state, open: Object.fromEntries(open) };
}

/** Sweeps that are not older than `staleAfterMs`. */
export function freshSweeps(state: PoolState, now: number, staleAfterMs: number): Sweep[] {
  return Object.values(state.sweeps).filter((sweep) => sweep.at + staleAfterMs >= now);
}

export function toNodeOutcome(outcome: {
  node: string;
  at: number;
  result: NodeOutcome['result'];
  detail: string;
}): NodeOutcome {
  return { node: outcome.node, at: outcome.at, result: outcome.result, detail: outcome.detail };
}
