/** What a node must remember of its pools, as the lease file holds it. */

import type { MemberConfig, PoolConfig } from '../../model/configuration/config.ts';
import type { Outcome } from '../../model/decisions/outcome.ts';
import type { EntryId } from '../../model/ids.ts';
import type { LeaseEnd, LeaseSet } from '../leases/leases.ts';
import type { Thresholds } from '../lvs/ipvsadm-arguments.ts';

/** A job that this node has begun; without an outcome it was cut short. */
export interface ActedJob {
  readonly decision: string;
  readonly outcome?: Outcome;
}

/** Remembered so that a director that is told of the lease again does not take it up again. */
export interface EndedLease extends LeaseEnd {
  readonly member: string;
  /** Broker time in ms. */
  readonly at: number;
  /** Broker time in ms at which it would have ended by time; absent where that was not known. */
  readonly until?: number;
}

/** The VIP is being handed over, or kept away from this node. */
export interface HandoverRecord {
  /** The decision that did it. */
  readonly id: string;
  /** What was written into the track file. */
  readonly value: number;
  /** Broker time in ms at which it is let go. */
  readonly until: number;
  readonly owner: string;
  readonly reason: string;
  /** The VIP has moved, and the node is kept off it. */
  readonly hold: boolean;
  /** Broker time in ms at which people were told that it stays though it is over. */
  readonly keptAt?: number;
}

export interface PoolRecord {
  /** Member to what is held of it. */
  readonly holds: Readonly<Record<string, LeaseSet>>;
  /** Members that Weir took out of the table and has not put back yet, with the thresholds they had. */
  readonly removed: Readonly<Record<string, Thresholds>>;
  /** Lease id to its end. */
  readonly ended: Readonly<Record<string, EndedLease>>;
  readonly handover?: HandoverRecord;
  /** The highest entry that was acted on. */
  readonly fence?: EntryId;
  /** Broker times in ms at which something was taken, as far back as the node's budget looks; absent: never. */
  readonly takings?: readonly number[];
  /** As weir.yaml had the pool; absent in the file of a version that did not write it down. */
  readonly as?: PoolAs;
  /** The latest jobs, oldest first. */
  readonly acted: readonly ActedJob[];
}

export type LeaseFile = Readonly<Record<string, PoolRecord>>;

export const EMPTY_POOL: PoolRecord = { holds: {}, removed: {}, ended: {}, acted: [] };

/** A pool as weir.yaml had it when its record was last written. */
export interface PoolAs {
  readonly vip: PoolConfig['vip'];
  readonly lvs: PoolConfig['lvs'];
  readonly virtualRouterId: number;
  readonly members: Readonly<Record<string, Pick<MemberConfig, 'address' | 'weight' | 'priority'>>>;
}
