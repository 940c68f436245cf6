/** Actions, the jobs that carry them to a node, and the leases that they take. */

import type { EntryId } from '../ids.ts';
import type { Handover } from './handover.ts';
import type { RailVerdict } from './verdict.ts';

export const ACTION_KINDS = [
  'set_weight',
  'drain',
  'restore',
  'shed_clients',
  'failover',
  'remove_orphan_vip',
] as const;

export type ActionKind = (typeof ACTION_KINDS)[number];

/** Kinds that take capacity away: the rails about what serves apply to these. */
export const REDUCING_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['set_weight', 'drain']);

/** Kinds that producers feel: what has a common cause, or what only one observer sees, is no reason for these. */
export const DISRUPTIVE_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['set_weight', 'drain', 'failover']);

/** Kinds about a node's VRRP side. They are done on that node alone; the others on every director. */
export const NODE_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['failover', 'remove_orphan_vip']);

/** The largest weight of a member: keepalived takes no more in its configuration (keepalived/check/check_data.c). */
export const MAX_WEIGHT = 65_535;

/** No lease lives longer, because a pool knows for so long which time it has forgotten. In ms. */
export const LONGEST_LEASE_MS = 30 * 86_400_000;

/** Pool and nodes remember an ended lease for so long after the end that it would have had, in ms. */
export const ENDED_KEPT_MS = 86_400_000;

/** What a lease is to be, as the decision says it; the node adds the rest when it takes it. */
export interface LeaseTerms {
  readonly weight: number;
  /** Broker time in ms at which it ends by time. */
  readonly until: number;
  /** `rule:<name>` or `person:<who>`. */
  readonly owner: string;
  readonly reason: string;
  /**
   * It was decided because, or while, the member could not be written: it is not taken of one that can. Absent where a
   * version wrote it that did not say.
   */
  readonly unwritable?: boolean;
}

/** A failover as the decision says it (model/decisions/handover.ts makes the plan). */
export interface HandoverTerms extends Handover {
  /** `rule:<name>` or `person:<who>`. */
  readonly owner: string;
  readonly reason: string;
}

/** One node's part of a decision, in its queue `act-<node>`. */
export interface ActionJob {
  /** The version of the worker that wrote it (model/entries/version.ts). */
  readonly version?: number;
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
  /** A rule decided it while the member could not be written: the node looks whether that is still so. */
  readonly unwritable?: true;
}

/** A lease as the pool desires it: what people are shown, and what a director that missed the job takes up. */
export interface DesiredLease extends LeaseTerms {
  /** The version of the worker that wrote it (model/entries/version.ts). */
  readonly version?: number;
  readonly id: string;
  readonly pool: string;
  readonly member: string;
  /**
   * Its fence: the entry on which the pool desired it last. Absent where an older version wrote it: such a lease is not
   * taken, and ends like any other.
   */
  readonly entryId?: EntryId;
  /** Broker ms. Its decision is open: it is taken up like its job, until that has expired, and only where that did not come. */
  readonly jobExpiresAt?: number;
  /** Broker time in ms since when it is over; such an entry is kept for a day so that a node that was away ends it. */
  readonly endedAt?: number;
}

/**
 * An action of a rule that was begun, as the pool's state and the audit of the node that did it have it: what budgets,
 * blocks and the breaker count.
 */
export interface PastAction {
  readonly decision: string;
  readonly rule: string;
  readonly target: string;
  readonly action: ActionKind;
  /** Broker time in ms of the decision. */
  readonly at: number;
  /** As the job said it (see `ActionJob.strikes`). */
  readonly strikes: number;
  /** Every node that answered refused, or had the job too late: it costs nothing. */
  readonly untouched?: true;
}

/** What a node had to go by when it began: goes with the job, so that it survives the broker. */
export interface DecisionRecord {
  /** sha256 of everything that the rule and the rails were handed. */
  readonly inputsHash: string;
  readonly ruleSetHash: string;
  readonly rails: readonly RailVerdict[];
  readonly reason: string;
}
