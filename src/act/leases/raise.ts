/**
 * Giving weight back in steps. A member that was away is cold, and what made it fail may still be there: it has a tenth of
 * its weight first, and more only while this node sees it writable. A step is a lease of the node's own, so that whatever
 * holds for leases holds for it: it is on disk first, survives a crash, is put back when keepalived undoes it, and is
 * given up when somebody else sets a weight. The pool knows nothing of it. Runs under the pool's lock.
 */

import type { RaiseConfig } from '../../model/configuration/config.ts';
import type { Table } from '../../model/readings/reading.ts';
import type { NodePool } from '../node-pool.ts';
import { leaseSetOf, noteLeaseSet } from './lease-sets.ts';
import { intendedWeight, isRaise, type Lease, type LeaseSet, liveLeases, patch, raiseId } from './leases.ts';
import { settleEnded } from './settle-ended.ts';
import { setIntended } from './write-weight.ts';

/** The next step above a weight; undefined where only the whole is left. Pure. */
export function nextRaise(full: number, weightNow: number, steps: readonly number[]): number | undefined {
  const weights = steps.map((percent) => Math.max(1, Math.ceil((full * percent) / 100)));
  return weights.find((weight) => weight > weightNow && weight < full);
}

/** The lease set with its first or next step instead of the one before, which leaves the table when the weight is set. Pure. */
export function withRaise(
  leaseSet: LeaseSet,
  weightNow: number,
  { steps, everyMs }: RaiseConfig,
  now: number,
): LeaseSet {
  const others = leaseSet.leases.map((lease): Lease => (isRaise(lease) ? { ...lease, phase: 'ending' } : lease));
  const full = intendedWeight({ ...leaseSet, leases: others });
  const weight = nextRaise(full, weightNow, steps);
  if (weight === undefined) return { ...leaseSet, leases: others };
  const id = raiseId(weight);
  const step: Lease = {
    id,
    weight,
    until: now + everyMs,
    owner: 'weir',
    reason: 'given back in steps',
    phase: 'held',
  };
  return { ...leaseSet, leases: [...others.filter((lease) => lease.id !== id), step] };
}

/** The step of a member that keepalived has just listed begins now, and lasts like every other step. Pure. */
export function sinceListed(leaseSet: LeaseSet, { everyMs }: RaiseConfig, now: number): LeaseSet {
  const step = liveLeases(leaseSet).find(isRaise);
  return step === undefined ? leaseSet : patch(leaseSet, step.id, { until: now + everyMs });
}

/** The weight at which a step holds the member; undefined where no step does. Pure. */
export function raisingTo(leaseSet: LeaseSet): number | undefined {
  const step = liveLeases(leaseSet).find(isRaise);
  return step !== undefined && intendedWeight(leaseSet) === step.weight ? step.weight : undefined;
}

/**
 * Goes on to the next step when it is time and the member was seen writable for as long; at once where nobody else serves.
 * One that keepalived has not listed yet takes nothing: it is at its first step when it comes.
 */
export async function raise(nodePool: NodePool, member: string, table: Table): Promise<void> {
  const leaseSet = leaseSetOf(nodePool, member);
  const step = liveLeases(leaseSet).find(isRaise);
  if (leaseSet === undefined || step === undefined || raisingTo(leaseSet) === undefined) return;
  if (table[member]?.listed !== true) return;
  const now = nodePool.now();
  const writable = nodePool.readings.writable(now);
  if (!writable.has(member)) return;
  const since = nodePool.readings.writableSince(member, now) ?? now;
  const isDue = nodePool.isTimeKnown() && now >= step.until && now - since >= nodePool.raise.everyMs;
  const others = Object.entries(table).filter(([name, row]) => name !== member && row.listed && row.weight > 0);
  const isAlone = !others.some(([name]) => writable.has(name));
  // keepalived has the last word where Weir has stopped to put it back: there is nothing to go on with.
  if (!isDue && !isAlone && !leaseSet.contested) return;
  const atOnce = { steps: [100], everyMs: 0 };
  const next = withRaise(leaseSet, step.weight, isAlone || leaseSet.contested ? atOnce : nodePool.raise, now);
  await noteLeaseSet(nodePool, member, next);
  const change = await setIntended(nodePool, member, next);
  await settleEnded(nodePool, member, change);
}
