/** The lease sets of a node's members, as its lease file has them. */

import { ENDED_KEPT_MS } from '../../model/decisions/action.ts';
import { NOT_LISTED, type Table, type TableRow } from '../../model/readings/reading.ts';
import { heldNames } from '../ledger/pool-as.ts';
import type { PoolRecord } from '../ledger/pool-record.ts';
import type { NodePool } from '../node-pool.ts';
import type { LeaseSet } from './leases.ts';

/** The pool's record without members that weir.yaml no longer has: gone.ts sees to those. */
export function recordOf({ ledger, pool }: NodePool): PoolRecord {
  const record = ledger.pool(pool.name);
  const isGone = heldNames(record).some((name) => pool.members[name] === undefined);
  if (!isGone) return record;
  const ofMembers = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => pool.members[name] !== undefined));
  return { ...record, holds: ofMembers(record.holds), removed: ofMembers(record.removed) };
}

export function leaseSetOf(nodePool: NodePool, member: string): LeaseSet | undefined {
  return recordOf(nodePool).holds[member];
}

/** The record with the member's lease set replaced, or without it. */
export function withLeaseSet(record: PoolRecord, member: string, leaseSet: LeaseSet | undefined): PoolRecord {
  if (leaseSet === record.holds[member]) return record;
  const { [member]: _, ...others } = record.holds;
  return { ...record, holds: leaseSet === undefined ? others : { ...others, [member]: leaseSet } };
}

export function noteLeaseSet(nodePool: NodePool, member: string, leaseSet: LeaseSet | undefined): Promise<void> {
  return nodePool.ledger.note(nodePool.pool.name, (record) => withLeaseSet(record, member, leaseSet));
}

export function rowOf(table: Table, member: string): TableRow {
  return table[member] ?? NOT_LISTED;
}

export function rememberEnded(record: PoolRecord, ended: PoolRecord['ended'], now: number): PoolRecord {
  const recent = Object.entries(record.ended).filter(
    ([, { at, until = at }]) => now - Math.max(at, until) < ENDED_KEPT_MS,
  );
  return { ...record, ended: { ...Object.fromEntries(recent), ...ended } };
}
