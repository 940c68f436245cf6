/** Ends leases, and keeps those that are over while the member may not get its weight back. Runs under the pool's lock. */

import type { NodePool } from '../node-pool.ts';
import { leaseSetOf, noteLeaseSet, recordOf, rememberEnded, rowOf } from './lease-sets.ts';
import { end, intendedWeight, type LeaseEnd, liveLeases, patch } from './leases.ts';
import { withRaise } from './raise.ts';
import { reconcile } from './reconcile.ts';
import { settleEnded } from './settle-ended.ts';
import { type Change, configuredWeight, keepAsListed, setIntended } from './write-weight.ts';

/**
 * Ends leases for good and gives the member the weight that is left, in steps unless `atOnce` or nobody serves. Lowers nothing.
 * Throws when the table could not be changed: the next poll tries again.
 */
export async function endLeases(
  nodePool: NodePool,
  input: { member: string; ids: readonly string[]; how: LeaseEnd; quiet?: readonly string[]; atOnce?: boolean },
): Promise<Change> {
  const { member, ids, how, quiet, atOnce = how.result === 'released' } = input;
  const { pool } = nodePool;
  const leaseSet = leaseSetOf(nodePool, member);
  const row = rowOf(await nodePool.lvs.read(pool), member);
  if (leaseSet === undefined) return { before: row, after: row };
  const ownWeight = configuredWeight(nodePool, member, leaseSet.base);
  const found = reconcile(leaseSet, row, { member, now: nodePool.now(), configuredWeight: ownWeight });
  if (found.do === 'adopt') {
    // Somebody else was faster: their weight stays.
    await noteLeaseSet(nodePool, member, found.leaseSet);
    await keepAsListed(nodePool, member, row);
    await settleEnded(nodePool, member, { before: row, after: row });
    return { before: row, after: row };
  }
  const now = nodePool.now();
  const ended = end(leaseSet, ids, nodePool.isTimeKnown() ? { ...how, at: now } : how);
  // Also for a member that is not listed: keepalived would give it the whole weight at once.
  const weightNow = row.listed ? row.weight : 0;
  const isRaised = intendedWeight(ended) > weightNow && !atOnce;
  const over = isRaised ? withRaise(ended, weightNow, nodePool.raise, now) : ended;
  await noteLeaseSet(nodePool, member, over);
  // What is left may want less than keepalived has given it meanwhile: that is put back by the next poll, which asks first.
  const isLowered = row.listed && intendedWeight(over) < row.weight;
  const change = isLowered ? { before: row, after: row } : await setIntended(nodePool, member, over);
  await settleEnded(nodePool, member, change, quiet);
  return change;
}

/** The ids of leases on a member that are live and, where ids are given, among them. */
export function liveIds(nodePool: NodePool, member: string, among?: readonly string[]): string[] {
  const ids = liveLeases(leaseSetOf(nodePool, member)).map((lease) => lease.id);
  return among === undefined ? ids : ids.filter((id) => among.includes(id));
}

/** Ending these would give the member weight; where Weir has given way the table has it already. */
export function wouldRaise(nodePool: NodePool, member: string, ids: readonly string[]): boolean {
  const leaseSet = leaseSetOf(nodePool, member);
  if (leaseSet === undefined || leaseSet.contested) return false;
  const left = end(leaseSet, ids, { result: 'ended', detail: '' });
  return intendedWeight(left) > intendedWeight(leaseSet);
}

/**
 * Leases are over, but this node does not see the member writable: they stay, are looked at with every poll, and people
 * are told once. @returns when they were told first, and the sentence.
 */
export async function keepLeases(nodePool: NodePool, member: string, ids: readonly string[], why: string) {
  const now = nodePool.now();
  let leaseSet = leaseSetOf(nodePool, member);
  let at = now;
  for (const lease of liveLeases(leaseSet)) {
    if (!ids.includes(lease.id) || leaseSet === undefined) continue;
    at = lease.keptAt ?? now;
    leaseSet = patch(leaseSet, lease.id, { until: Math.min(lease.until, now), keptAt: at });
  }
  await noteLeaseSet(nodePool, member, leaseSet);
  const weight = leaseSet === undefined ? 0 : intendedWeight(leaseSet);
  return {
    at,
    detail: `${why}, but ${whyKept(nodePool, member)}: it stays at weight ${weight}.`,
  };
}

function whyKept(nodePool: NodePool, member: string): string {
  const seen = nodePool.readings.seen(member, nodePool.now());
  const isUnknown = seen?.answering === true && seen.writable === undefined;
  return isUnknown
    ? `the Redis of ${member} does not let this node see whether it takes writes`
    : `this node does not see the Redis of ${member} writable`;
}

/** Leases that never came here are over too: a job or a desired lease that arrives later must not take them up. */
export async function refuseLater(
  nodePool: NodePool,
  member: string,
  ids: readonly string[],
  detail: string,
): Promise<void> {
  const record = recordOf(nodePool);
  const unknown = ids.filter((id) => record.ended[id] === undefined && !liveIds(nodePool, member).includes(id));
  if (unknown.length === 0) return;
  const at = nodePool.now();
  const ended = Object.fromEntries(unknown.map((id) => [id, { result: 'ended', detail, member, at } as const]));
  await nodePool.ledger.note(nodePool.pool.name, (before) => rememberEnded(before, ended, at));
}
