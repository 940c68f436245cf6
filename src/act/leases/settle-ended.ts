/** Leases whose weight is out of the table are forgotten, and people are told. */

import type { Outcome } from '../../model/decisions/outcome.ts';
import { formatDuration } from '../../model/duration.ts';
import type { NodePool } from '../node-pool.ts';
import { leaseSetOf, rememberEnded, withLeaseSet } from './lease-sets.ts';
import { drop, intendedWeight, isRaise, type LeaseSet, liveLeases } from './leases.ts';
import type { Change } from './write-weight.ts';

/** A reason that was seen this long before the lease ended is told with its age, in ms: ipvsadm failed in between. */
const TOLD_LATE_MS = 2_000;

/** Forgets the leases on a member that are over, once their weight is out of the table, and tells people of each. */
export async function settleEnded(nodePool: NodePool, member: string, change: Change, quiet: readonly string[] = []) {
  const over = leaseSetOf(nodePool, member)?.leases.filter((lease) => lease.phase === 'ending') ?? [];
  if (over.length === 0) return;
  const now = nodePool.now();
  const ended = Object.fromEntries(
    over.flatMap((lease) =>
      lease.end === undefined || isRaise(lease)
        ? []
        : [[lease.id, { ...lease.end, member, at: now, until: lease.until }]],
    ),
  );
  await nodePool.ledger.note(nodePool.pool.name, (record) => {
    const leaseSet = record.holds[member];
    const ids = over.map((lease) => lease.id);
    return withLeaseSet(rememberEnded(record, ended, now), member, leaseSet && drop(leaseSet, ids));
  });
  for (const lease of over) {
    if (lease.end === undefined || isRaise(lease) || quiet.includes(lease.id)) continue;
    const { result, detail, at = now } = lease.end;
    const weights = weightsOf(member, change, leaseSetOf(nodePool, member));
    const was = now - at < TOLD_LATE_MS ? '' : ` That was ${formatDuration(now - at)} before the table could be set.`;
    nodePool.say(outcomeOf(nodePool, lease.id, member, result, `${detail}${was} ${weights}`, change));
  }
}

/** "b went from weight 0 to 100."; with a lease set that is given back in steps, which step this is. */
export function weightsOf(member: string, { before, after }: Change, leaseSet?: LeaseSet): string {
  const steps =
    leaseSet !== undefined && liveLeases(leaseSet).some(isRaise) ? ` It rises to ${leaseSet.base} in steps.` : '';
  if (!after.listed) {
    const back =
      leaseSet === undefined || liveLeases(leaseSet).length === 0
        ? 'keepalived gives it its weight when it lists it'
        : `it comes back at ${intendedWeight(leaseSet)}`;
    return `${member} is not in this node's table now; ${back}.${steps}`;
  }
  if (before.weight === after.weight) return `${member} has weight ${after.weight}.${steps}`;
  return `${member} went from weight ${before.weight} to ${after.weight}.${steps}`;
}

export function outcomeOf(
  nodePool: NodePool,
  decision: string,
  member: string,
  result: Outcome['result'],
  detail: string,
  change?: Change,
): Outcome {
  return {
    kind: 'outcome',
    pool: nodePool.pool.name,
    decision,
    node: nodePool.node,
    member,
    at: nodePool.now(),
    result,
    detail,
    ...(change && { weightBefore: change.before.weight, weightAfter: change.after.weight }),
  };
}
