/** The member at the weight that its leases intend: in the lease file, for keepalived, and in the table. */

import { setTimeout as sleep } from 'node:timers/promises';
import { ENDED_KEPT_MS } from '../../model/decisions/action.ts';
import type { Outcome } from '../../model/decisions/outcome.ts';
import { formatDuration } from '../../model/duration.ts';
import { WeirError } from '../../model/error.ts';
import { NOT_LISTED, type Table, type TableRow } from '../../model/readings/reading.ts';
import { realServerOf } from '../lvs/ipvsadm.ts';
import type { NodePool } from '../node-pool.ts';
import { drop, intendedWeight, isRaise, type LeaseSet, liveLeases } from './leases.ts';
import { heldNames } from './pool-as.ts';
import type { PoolRecord } from './pool-record.ts';

/** keepalived follows its track file in 0.05 s; where it does not, ipvsadm does it. */
const FOLLOWED_WITHIN_MS = 500;
const FOLLOWED_LOOK_MS = 20;

/** What was seen so long before it is told may not be so any more, in ms: an ipvsadm failed in between. */
const TOLD_LATE_MS = 2_000;

/** What the file has of the pool's members; what it has of others is the business of gone.ts. */
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

export interface Change {
  readonly before: TableRow;
  readonly after: TableRow;
}

/**
 * The one operation that changes a weight: sets keepalived's own and the table to the member's intended weight and reads
 * the table back. What that shows counts, not the exit code. A member that is not listed is left alone: keepalived lists
 * it. Throws a WeirError when the table could not be read or shows something else, and what `mayStill` throws.
 */
export async function setIntended(
  nodePool: NodePool,
  member: string,
  leaseSet: LeaseSet,
  mayStill: () => Promise<void> = async () => {},
): Promise<Change> {
  const { lvs, pool } = nodePool;
  const before = rowOf(await lvs.read(pool), member);
  const weight = intendedWeight(leaseSet);
  await mayStill();
  const isFollowed = await ownWeight(nodePool, member, weight);
  if (!before.listed || before.weight === weight) return { before, after: before };
  if (isFollowed && (await untilShown(nodePool, member, weight))) {
    return { before, after: rowOf(await lvs.read(pool), member) };
  }
  let failure: unknown;
  try {
    await lvs.setWeight(realServerOf(pool, member), weight, mayStill);
  } catch (error) {
    failure = error;
  }
  const after = rowOf(await lvs.read(pool), member);
  if (after.listed && after.weight === weight) return { before, after };
  if (failure !== undefined) throw failure;
  const shown = after.listed ? `weight ${after.weight}` : 'no such member';
  throw new WeirError('unverified', `${member} was set to weight ${weight}, and the table then showed ${shown}.`);
}

/** Where the file cannot be written ipvsadm does it, and a member that is added again is corrected then. */
async function ownWeight({ pool, setOwnWeight }: NodePool, member: string, weight: number): Promise<boolean> {
  return setOwnWeight(pool, member, weight).catch(() => false);
}

/**
 * Somebody else's weight stays, or a lease has come to nothing: keepalived's own is to be what the table shows; of a member
 * that is not in it, what is still held of it wants, so that it does not come back at a weight that nobody holds it at.
 */
export async function keepAsListed(nodePool: NodePool, member: string, row: TableRow): Promise<void> {
  const leaseSet = leaseSetOf(nodePool, member);
  const wanted = leaseSet === undefined ? configuredWeight(nodePool, member, 0) : intendedWeight(leaseSet);
  await ownWeight(nodePool, member, row.listed ? row.weight : wanted);
}

/** keepalived's own weight of a member that it lists again; a file that says something else by now is written anew. */
export async function keepInAdvance(nodePool: NodePool, member: string, leaseSet: LeaseSet): Promise<void> {
  if (!leaseSet.contested) await ownWeight(nodePool, member, intendedWeight(leaseSet));
}

/** What keepalived gives the member when it lists it; `otherwise` where this node's weir.yaml has no such member. */
export function configuredWeight({ pool }: NodePool, member: string, otherwise: number): number {
  return pool.members[member]?.weight ?? otherwise;
}

async function untilShown({ lvs, pool }: NodePool, member: string, weight: number): Promise<boolean> {
  const giveUpAt = performance.now() + FOLLOWED_WITHIN_MS;
  do {
    await sleep(FOLLOWED_LOOK_MS);
    if (rowOf(await lvs.read(pool), member).weight === weight) return true;
  } while (performance.now() < giveUpAt);
  return false;
}

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
