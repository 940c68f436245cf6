/**
 * A pool's state: everything the evaluation carries from one entry to the next. It is plain JSON, is committed with the
 * cursor, and nothing else is remembered anywhere: a worker that dies loses nothing.
 */

import type { Act, OwedLease } from '../model/action.ts';
import type { AuditHead } from '../model/audit.ts';
import type { PolicyConfig, PollConfig, PoolConfig } from '../model/config.ts';
import type { Decision, Finding, NodeOutcome } from '../model/decision.ts';
import type { EntryId, Request } from '../model/entry.ts';
import type { Hold } from '../model/hold.ts';
import type { Judge, MemberLoad } from '../model/rail.ts';
import type { Sweep } from '../model/reading.ts';
import type { Rule, RuleSet } from '../model/rule.ts';
import type { KnownAlerts } from './alerts.ts';
import type { Series } from './series.ts';

/** A lease that the pool wants to be held, and what is needed to renew and end it. */
export interface WantedLease extends OwedLease {
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
  /** Broker time in ms by which nodes must have answered. */
  readonly answerBy: number;
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

export interface PoolState {
  readonly version: 1;
  /** Id of the last entry folded. */
  readonly cursor: EntryId;
  /** The latest sweep of every observer. */
  readonly sweeps: Readonly<Record<string, Sweep>>;
  readonly findings: Readonly<Record<string, Finding>>;
  readonly open: Readonly<Record<string, OpenDecision>>;
  readonly leases: Readonly<Record<string, WantedLease>>;
  /** Ended leases to when they ended, kept for a day: a node that was away must not bring them back. */
  readonly ended: Readonly<Record<string, number>>;
  /** Attempts per finding and step in this episode, and when the next one may be made. */
  readonly attempts: Readonly<Record<string, { readonly count: number; readonly notBefore: number }>>;
  readonly waiting: Readonly<Record<string, WaitingDecision>>;
  /** By scope. */
  readonly holds: Readonly<Record<string, Hold>>;
  /** Ids of holds that people took away, to the time that they would have ended by: nobody brings them back. */
  readonly endedHolds: Readonly<Record<string, number>>;
  /** What rules had done in the last day, oldest first. */
  readonly acts: readonly Act[];
  /** See RailFacts. */
  readonly strikes: { readonly count: number; readonly at: number };
  readonly ackedAt: number;
  readonly loads: Readonly<Record<string, MemberLoad>>;
  /** Firing alerts of Alertmanagers; absent until one has sent something. */
  readonly alerts?: KnownAlerts;
  /** Of the signals that rule files declare. */
  readonly series: Series;
  readonly settlesAt: number;
  readonly settleReason: string;
  readonly ruleSetHash: string;
  /** Hashes of the rules by their names: what of an edited file is new. */
  readonly ruleHashes: Readonly<Record<string, string>>;
  /** Where the evaluation's audit has come to; absent before its first record. */
  readonly audit?: AuditHead;
  /** The broker process that this state was made on. */
  readonly brokerRunId: string;
}

/** What `step` is handed besides the state and the entry. */
export interface StepContext {
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly ruleSet: RuleSet;
  readonly judge: Judge;
  /** Why the broker must not be relied on now; absent when it may. */
  readonly brokerTrouble?: string;
  /** Everything that is wrong with the broker, in sentences. */
  readonly brokerTroubles?: readonly string[];
}

/** How long a node may take for its part of a decision, in ms: its job may begin 10 s late, and move producers for 20 s. */
export const ANSWER_WITHIN_MS = 45_000;

/** A job that a node has not started by then is dropped and reported, in ms. */
export const JOB_EXPIRES_MS = 10_000;

/** How long an ended lease is remembered, in ms. */
export const ENDED_KEPT_MS = 86_400_000;

export function findingKey(rule: string, target: string): string {
  return `${rule}/${target}`;
}

/** What a state of an earlier version has not, and a new one begins with. */
export const NOTHING_REMEMBERED = {
  ...{
    waiting: {},
    holds: {},
    endedHolds: {},
    acts: [],
    strikes: { count: 0, at: 0 },
    ackedAt: 0,
    loads: {},
    series: {},
  },
} satisfies Partial<PoolState>;

/** A new pool, or one whose state the broker has lost. `cursor` is where reading starts. */
export function initialState(input: {
  cursor: EntryId;
  now: number;
  settleMs: number;
  reason: string;
  ruleSet: Pick<RuleSet, 'hash' | 'rules'>;
  brokerRunId: string;
}): PoolState {
  return {
    version: 1,
    cursor: input.cursor,
    sweeps: {},
    findings: {},
    open: {},
    leases: {},
    ended: {},
    attempts: {},
    ...NOTHING_REMEMBERED,
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
 * The settle time starts anew and pending timers with it; what fires, what is open and what is held stays. After another
 * broker or a gap in the evaluation.
 */
export function resettle(state: PoolState, now: number, settleMs: number, reason: string): PoolState {
  const findings = Object.fromEntries(Object.entries(state.findings).filter(([, one]) => one.phase === 'firing'));
  return { ...state, findings, settlesAt: now + settleMs, settleReason: reason };
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
