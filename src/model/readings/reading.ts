/**
 * Readings: what an observer saw, as typed signals.
 *
 * - *signal*: one typed field of a reading. A signal that nobody could read is an absent field: never NaN, null or
 *   Infinity, so that "unknown" has one form only.
 * - *reading*: the signals of one target as one observer saw them in one poll.
 * - *sweep*: all readings of one observer in one poll; one stream entry.
 */

import type { Edition } from '../configuration/edition.ts';
import type { PastAction } from '../decisions/action.ts';
import type { KnownHeads } from '../decisions/audit.ts';
import type { Hold } from '../people/hold.ts';
import type { ConsumerSignals, DirectorSignals, MemberSignals } from './signals.ts';

/** One member's row in one director's LVS table. A member that is not in the table has listed=false and weight=0. */
export interface TableRow {
  readonly listed: boolean;
  readonly weight: number;
  /** ESTABLISHED connection entries, as the director counts them. */
  readonly activeConnections: number;
  readonly inactiveConnections: number;
}

/** The row of a member that keepalived has taken out of the table. */
export const NOT_LISTED: TableRow = { listed: false, weight: 0, activeConnections: 0, inactiveConnections: 0 };

/** A member's name to its row. */
export type Table = Readonly<Record<string, TableRow>>;

/** Workers come and go under new names: an observer that is no node is forgotten after this silence, in ms. */
export const OBSERVER_KEPT_MS = 600_000;

export interface Sweep {
  readonly kind: 'sweep';
  /** The version of the observer that wrote it (model/entries/version.ts). */
  readonly version?: number;
  readonly pool: string;
  /** The node's name, or `worker-<host>` for a worker that is no node. */
  readonly observer: string;
  /** Broker time at the start of the poll, in ms. */
  readonly at: number;
  /** Member name to this observer's own reading of it. A name that is absent was not looked at. */
  readonly members: Readonly<Record<string, MemberSignals>>;
  /** Consumer name (host:port) to its reading. */
  readonly consumers: Readonly<Record<string, ConsumerSignals>>;
  /** The node's own VRRP and LVS side. Absent for a worker, and where it could not be read. */
  readonly director?: DirectorSignals;
  /** The node's own LVS table for this pool. Absent for a worker, and where it could not be read. */
  readonly table?: Table;
  /** Live leases on this node. */
  readonly leases: readonly LeaseView[];
  /** Members whose weight this node gives back in steps, and the weight that they are at. */
  readonly raising?: Readonly<Record<string, number>>;
  /** What rules had this node do in the last hours, from its own audit: a broker that comes back empty learns it here. */
  readonly acted?: readonly PastAction[];
  /** What people hold, as this node was told of it last: a broker that comes back empty learns it here. */
  readonly holds?: readonly Hold[];
  /**
   * Where the audit's chains have come to: this node's own in its files, the others as it saw them in the broker. Absent in
   * sweeps of workers, and of a version that did not say.
   */
  readonly auditHeads?: KnownHeads;
  /** Why people forbid this node to act: the first line of `hold` in its state_dir; absent when there is no such file. */
  readonly hold?: string;
  /** The edition of the node's own weir.yaml; absent in sweeps of workers, and of a version that did not say. */
  readonly edition?: Edition;
  /** By how much the clock of the observer's machine is ahead of broker time, in ms. */
  readonly calendarMs?: number;
  /** Sentences for people about what this observer cannot do ("ipvsadm is not installed: ..."). */
  readonly troubles: readonly string[];
}

/** What a sweep says of a lease that the node holds. */
export interface LeaseView {
  readonly id: string;
  readonly member: string;
  readonly weight: number;
  readonly base: number;
  readonly owner: string;
  /** Broker time in ms. */
  readonly until: number;
  /** It is over, and stays until the node sees the member writable: it knows, and need not be asked again. */
  readonly kept?: true;
  /** As the decision said it (see LeaseTerms); absent where the node was not told. */
  readonly unwritable?: boolean;
  /** Set when somebody keeps undoing the lease and the node has stopped to put it back. */
  readonly contested: boolean;
}
