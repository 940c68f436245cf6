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
  const verdict = reconcile(leaseSet, row, { member, now: nodePool.now(), configuredWeight: ownWeight });
  if (verdict.do === 'adopt') {
    // Somebody else has set a weight meanwhile, and it stays.
    await noteLeaseSet(nodePool, member, verdict.leaseSet);
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
  // The leases that are left may want less weight than keepalived has given the member meanwhile. The next poll puts that back, and asks first.
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

/** Whether ending these leases would give the member weight. Where Weir has given way, the table has that weight already. */
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
  const reading = nodePool.readings.seen(member, nodePool.now());
  const isUnknown = reading?.answering === true && reading.writable === undefined;
  return isUnknown
    ? `the Redis of ${member} does not let this node see whether it takes writes`
    : `this node does not see the Redis of ${member} writable`;
}

/** Remembers ends of leases that never came here: a job or a desired lease that arrives later must not take them up. */
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
