/**
 * Writes a member's weight, for keepalived and into the table, and reads it back. A member that Weir itself took out of the
 * table is put back with its weight where that is known: correct.ts, producers/move-producers.ts.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../../model/error.ts';
import type { TableRow } from '../../model/readings/reading.ts';
import { realServerOf } from '../lvs/ipvsadm-arguments.ts';
import type { NodePool } from '../node-pool.ts';
import { leaseSetOf, rowOf } from './lease-sets.ts';
import { intendedWeight, type LeaseSet } from './leases.ts';

/** keepalived follows its track file in 0.05 s; where it does not, ipvsadm does it. */
const FOLLOWED_WITHIN_MS = 500;
const FOLLOWED_LOOK_MS = 20;

export interface Change {
  readonly before: TableRow;
  readonly after: TableRow;
}

/**
 * Sets keepalived's own weight and the table to the member's intended weight and reads
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

/** Where the track file cannot be written, ipvsadm alone sets the weight, and a member that is added again is corrected then. */
async function ownWeight({ pool, setOwnWeight }: NodePool, member: string, weight: number): Promise<boolean> {
  return setOwnWeight(pool, member, weight).catch(() => false);
}

/**
 * Somebody else's weight stays, or a lease has come to nothing. keepalived's own weight becomes what the table shows. For a member
 * that is not in the table, it becomes the intended weight, so that the member does not come back at another one.
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
