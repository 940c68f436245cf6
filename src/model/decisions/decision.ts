/** Findings, decisions and what becomes of them. */

import type { EntryId } from '../ids.ts';
import type { Signals, TargetKind } from '../readings/signals.ts';
import type { Severity } from '../severity.ts';
import type { ActionKind } from './action.ts';
import type { Handover } from './handover.ts';
import type { Outcome } from './outcome.ts';
import type { RailVerdict, Verdict } from './verdict.ts';

export type FindingPhase = 'inactive' | 'pending' | 'firing';

/** A person has a member out. */
export interface OutOfService {
  readonly by: string;
  /** Broker time in ms. */
  readonly until: number;
}

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
  /** Start of the poll that saw it first, while it is pending; absent in one of a version before. */
  readonly firstReadAt?: number;
  /** When `when` (or, while firing, not `clear_when`) last held. */
  readonly lastTrueAt?: number;
  /** Since when the value is unknown; absent while it is known. */
  readonly unknownSince?: number;
  /** Unknown since the rule was first looked at for this target. */
  readonly neverKnown?: true;
  /** Set once people were told that the value is unknown (`when_unknown`). */
  readonly unknownTold?: boolean;
  /** The signals that `when` names, as they were at the last evaluation that knew them. */
  readonly values: Signals;
  /** The last told title. */
  readonly title: string;
  readonly severity: Severity;
  /** Named by a firing rule's `mutes`, or a person has done what it asks for (`outBy`): not told. */
  readonly muted: boolean;
  readonly outBy?: OutOfService;
  /** Which step of the ladder comes next; absent when there is nothing (more) to do in this episode. */
  readonly nextStep?: number;
  /** The decision whose end this finding waits for. */
  readonly openDecision?: string;
  /** What the rails answered last: a new decision is only recorded when it changes. */
  readonly lastAnswer?: string;
}

export type NodeOutcome = Pick<Outcome, 'node' | 'at' | 'result' | 'detail'>;

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
  /** Set for a decision that waits, or waited, for a yes. */
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
