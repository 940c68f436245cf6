/** Actions, the jobs that carry them to a node, and the leases that they take. */

import type { DecisionRecord } from './audit.ts';
import type { EntryId } from './entry.ts';
import type { Handover } from './handover.ts';

export type ActionKind = 'set_weight' | 'drain' | 'restore' | 'shed_clients' | 'failover' | 'remove_orphan_vip';

export const ACTION_KINDS: readonly ActionKind[] = [
  'set_weight',
  'drain',
  'restore',
  'shed_clients',
  'failover',
  'remove_orphan_vip',
];

/** Kinds that take capacity away: the rails about what serves apply to these. */
export const REDUCING_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['set_weight', 'drain']);

/** Kinds that producers feel: what has a common cause, or what only one observer sees, is no reason for these. */
export const DISRUPTIVE_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['set_weight', 'drain', 'failover']);

/** Kinds about a node's VRRP side. They are done on that node alone; the others on every director. */
export const NODE_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['failover', 'remove_orphan_vip']);

/** What a lease is to be, as the decision says it; the node adds the rest when it takes it. */
export interface LeaseTerms {
  readonly weight: number;
  /** Broker time in ms at which it ends by time. */
  readonly until: number;
  /** `rule:<name>` or `person:<who>`. */
  readonly owner: string;
  readonly reason: string;
}

/** A failover as the decision says it (model/handover.ts makes the plan). */
export interface HandoverTerms extends Handover {
  /** `rule:<name>` or `person:<who>`. */
  readonly owner: string;
  readonly reason: string;
}

/** One node's part of a decision, in its queue `act-<node>`. */
export interface ActionJob {
  /** The decision's id: `<entry id>.<rule or "request">.<target>`. It is also the id of the lease that it takes. */
  readonly decision: string;
  readonly pool: string;
  readonly node: string;
  readonly action: ActionKind;
  readonly member: string;
  /** The fence: the entry that the decision was made on. */
  readonly entryId: EntryId;
  /** Who is behind it: `rule:<name>` or `person:<who>`. Absent in jobs of a version that did not say. */
  readonly by?: string;
  /** The rule's name; absent for a person's request. */
  readonly rule?: string;
  /** What it was decided on, for the node's own audit. */
  readonly record?: DecisionRecord;
  /** Actions of rules in this pool whose effect nobody saw, in a row, when this one was decided: what the breaker counts. */
  readonly strikes?: number;
  /** Broker time in ms after which the job is dropped and reported. */
  readonly expiresAt: number;
  /** For set_weight and drain. */
  readonly lease?: LeaseTerms;
  /** For failover. */
  readonly handover?: HandoverTerms;
  /** For restore: the leases to end; left out: every lease on the member. */
  readonly leaseIds?: readonly string[];
  /** For restore: a person asked, so the node does not look first whether the member is writable. */
  readonly unconditional?: boolean;
  /** A person passed the rails that may be passed. */
  readonly force?: boolean;
  /**
   * Nothing is changed: the node says what it would do. `expiresAt` is 0 then, so that a node of a version that knows no
   * drills finds it too late and touches nothing; `until` is the end of the drill.
   */
  readonly drill?: { readonly until: number };
  /** A rule decided it while the member could not be written: the hand looks whether that is so still. */
  readonly unwritable?: true;
}

/** What a person is told of a lease, and what a director that missed the job takes it up from. */
export interface OwedLease extends LeaseTerms {
  readonly id: string;
  readonly pool: string;
  readonly member: string;
  /** Broker ms. Its decision is open: it is taken up like its job, until that has expired, and only where that did not come. */
  readonly jobExpiresAt?: number;
  /** Broker time in ms since when it is over; such an entry is kept for a day so that a node that was away ends it. */
  readonly endedAt?: number;
}

/**
 * An action of a rule that was begun, as the pool's state and the audit of the node that did it have it: what budgets,
 * blocks and the breaker count.
 */
export interface Act {
  readonly decision: string;
  readonly rule: string;
  readonly target: string;
  readonly action: ActionKind;
  /** Broker time in ms of the decision. */
  readonly at: number;
  /** As the job said it (see `ActionJob.strikes`). */
  readonly strikes: number;
}
