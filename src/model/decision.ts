/** Findings, decisions and what becomes of them. */

import type { ActionKind } from './action.ts';
import type { EntryId, OutcomeResult } from './entry.ts';
import type { Handover } from './handover.ts';
import type { Signals, SignalValue, TargetKind } from './reading.ts';

export type Severity = 'page' | 'warn' | 'info';

/** How far Weir may go by itself. The lowest of policy, pool and rule counts. */
export type Mode = 'off' | 'shadow' | 'approve' | 'auto';

export const MODES: readonly Mode[] = ['off', 'shadow', 'approve', 'auto'];

/** The evaluation of an expression: true, false, or nobody can know now. */
export type Truth = boolean | undefined;

export type FindingPhase = 'inactive' | 'pending' | 'firing';

/** A rule's state for one target. Times are broker times in ms. */
export interface Finding {
  readonly rule: string;
  readonly targetKind: TargetKind;
  readonly target: string;
  readonly phase: FindingPhase;
  /** Since when the phase holds. */
  readonly since: number;
  /** Id of the entry that made it fire, while it is firing: names the episode. */
  readonly episode?: EntryId;
  /** When `when` (or, while firing, not `clear_when`) last held. */
  readonly lastTrueAt?: number;
  /** Since when the value is unknown; absent while it is known. */
  readonly unknownSince?: number;
  /** Set once people were told that the value is unknown (`when_unknown`). */
  readonly unknownTold?: boolean;
  /** The signals that `when` names, as they were at the last evaluation that knew them. */
  readonly values: Signals;
  /** The last told title. */
  readonly title: string;
  readonly severity: Severity;
  /** Named by a firing rule's `mutes`: not told. */
  readonly muted: boolean;
  /** Which step of the ladder comes next; absent when there is nothing (more) to do in this episode. */
  readonly nextStep?: number;
  /** The decision whose end this finding waits for. */
  readonly openDecision?: string;
  /** What the rails answered last: a new decision is only recorded when it changes. */
  readonly lastAnswer?: string;
}

/** What a rail says. */
export interface RailVerdict {
  readonly rail: string;
  readonly pass: boolean;
  /** One sentence with the figures that were used. */
  readonly sentence: string;
  readonly figures: Readonly<Record<string, SignalValue>>;
}

export type Verdict = 'act' | 'refuse' | 'ask' | 'shadow';

export interface NodeOutcome {
  readonly node: string;
  readonly at: number;
  readonly result: OutcomeResult;
  readonly detail: string;
}

/**
 * open: waits for outcomes or for the sweep that shows it. waiting: for a person's yes, and then approved, denied, expired
 * (nobody answered: that is a no) or void (what it was for is over).
 */
export type DecisionState =
  | 'open'
  | 'verified'
  | 'unverified'
  | 'failed'
  | 'expired'
  | 'closed'
  | 'waiting'
  | 'approved'
  | 'denied'
  | 'void';

/** What a person said to a decision that waits for a yes, and what became of it. */
export interface AnswerRecord {
  /** The entry that it came with. */
  readonly id: EntryId;
  readonly by: string;
  readonly at: number;
  readonly answer: 'approve' | 'deny';
  readonly accepted: boolean;
  /** One sentence. */
  readonly detail: string;
}

export interface Decision {
  /** `<entry id>.<rule or "request">.<target>` */
  readonly id: string;
  readonly pool: string;
  /** Broker time in ms. */
  readonly at: number;
  /** The rule's name, or `request`. */
  readonly rule: string;
  /** The rule's text as it stood, or the request in words. */
  readonly ruleText: string;
  readonly ruleSetHash: string;
  /** sha256 of everything that the rule and the rails were handed: the same inputs give the same answer. */
  readonly inputsHash?: string;
  readonly target: string;
  readonly action: ActionKind;
  readonly weight?: number;
  readonly leaseMs?: number;
  /** For failover, where it was decided to act. */
  readonly handover?: Handover;
  readonly by: string;
  readonly reason: string;
  /** A person tries out the rule: it goes all the way to the nodes, and nothing is changed. What the rails said. */
  readonly drill?: { readonly verdict: Verdict };
  /** Who said yes. */
  readonly approvedBy?: readonly string[];
  /** Of a decision that waits, or waited, for a yes. */
  readonly approval?: {
    readonly needed: number;
    /** Broker time in ms: without a yes by then it is a no. */
    readonly until: number;
    readonly answers: readonly AnswerRecord[];
  };
  readonly verdict: Verdict;
  /** Every rail that was asked, in order; the last one refused if the verdict is refuse. */
  readonly rails: readonly RailVerdict[];
  /** The signals that the rule names, as they were. */
  readonly values: Signals;
  readonly state: DecisionState;
  /** The sentence that closed it. */
  readonly closing?: string;
  readonly closedAt?: number;
  /** Nodes that were given a job. */
  readonly nodes: readonly string[];
  readonly outcomes: readonly NodeOutcome[];
  /** What happened to its lease afterwards. */
  readonly history: readonly NodeOutcome[];
}
