/** The audit: an append-only record of every decision and every action, one hash chain per writer and pool. */

import type { EntryId } from '../ids.ts';
import type { ActionKind, DecisionRecord } from './action.ts';
import type { Decision } from './decision.ts';
import type { Outcome } from './outcome.ts';

/** The writer of decisions; a node's is `node:<name>~<when its chain began>`. */
export const EVALUATION = 'evaluation';

interface OfAction {
  readonly decision: string;
  readonly member: string;
}

/** What came of it on the node: the actuator's answer in `detail`. */
type Answer = OfAction & Pick<Outcome, 'result' | 'detail' | 'weightBefore' | 'weightAfter'>;

export type AuditBody =
  /** By the evaluation: a decision, whatever its verdict. */
  | { readonly kind: 'decision'; readonly decision: Decision }
  /** By the evaluation: what became of it, as fresh sweeps show it. */
  | {
      readonly kind: 'closed';
      readonly decision: string;
      readonly state: Decision['state'];
      readonly closing: string;
      readonly outcomes: Decision['outcomes'];
    }
  /** By the evaluation: people held, resumed, acknowledged. */
  | { readonly kind: 'people'; readonly by: string; readonly what: string }
  /** By a node, before anything is touched. */
  | (OfAction & {
      readonly kind: 'begin';
      readonly action: ActionKind;
      readonly entryId?: EntryId;
      readonly by: string;
      readonly rule?: string;
      readonly strikes?: number;
      readonly weight?: number;
      readonly record?: DecisionRecord;
    })
  /** By a node: the other end of a `begin`. */
  | (Answer & { readonly kind: 'end' })
  /** By a node: nothing was touched. */
  | (Answer & { readonly kind: 'refused' })
  /** By a node: a later outcome of a lease that it holds, or held. */
  | (Answer & { readonly kind: 'lease' })
  /** By a node whose file could not be gone on with: why. */
  | { readonly kind: 'anew'; readonly reason: string };

export interface AuditRecord {
  /** `evaluation`, or `node:<name>`. */
  readonly writer: string;
  readonly pool: string;
  /** From 1, without a gap. */
  readonly seq: number;
  /** Broker time in ms. */
  readonly at: number;
  /** Hash of the record before; empty for the first. */
  readonly prev: string;
  readonly hash: string;
  readonly body: AuditBody & Untimed;
}

/** Set by a node that had not heard the broker yet: then `at` is the latest time that it knew. */
interface Untimed {
  /** What its machine's clock said, in ms. */
  readonly machineAt?: number;
}

/** Where a chain has come to: what the next record is linked to. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** A head that somebody remembers. */
export interface KnownHead extends AuditHead {
  /** Broker time of its record, in ms. */
  readonly at: number;
}

/** Heads of one pool, by writer. */
export type KnownHeads = Readonly<Record<string, KnownHead>>;

/** What was found of one chain of the audit; 0 and 0 where nothing of it is left. */
export interface VerifiedChain {
  readonly pool: string;
  readonly writer: string;
  readonly first: number;
  readonly last: number;
  /** Sentences, each with the number of the record that it is about. */
  readonly faults: readonly string[];
}
