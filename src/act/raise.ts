/**
 * Giving weight back in steps. A member that was away is cold, and what made it fail may still be there: it has a tenth of
 * its weight first, and more only while this node sees it writable. A step is a lease of the node's own, so that whatever
 * holds for leases holds for it: it is on disk first, survives a crash, is put back when keepalived undoes it, and is
 * given up when somebody else sets a weight. The pool knows nothing of it. Runs under the pool's lock.
 */

import type { RaiseConfig } from '../model/config.ts';
import type { Table } from '../model/reading.ts';
import { type Hold, intendedWeight, isRaise, type Lease, liveLeases, raiseId } from './leases.ts';
import { holdOf, noteHold, type PoolContext, setIntended, settleEnded } from './pool-context.ts';

/** The next step above a weight; undefined where only the whole is left. Pure. */
export function nextStep(full: number, weightNow: number, steps: readonly number[]): number | undefined {
  const weights = steps.map((percent) => Math.max(1, Math.ceil((full * percent) / 100)));
  return weights.find((weight) => weight > weightNow && weight < full);
}

/** The hold with its first or next step instead of the one before, which leaves the table when the weight is set. Pure. */
export function withStep(hold: Hold, weightNow: number, { steps, everyMs }: RaiseConfig, now: number): Hold {
  const others = hold.leases.map((lease): Lease => (isRaise(lease) ? { ...lease, phase: 'ending' } : lease));
  const full = intendedWeight({ ...hold, leases: others });
  const weight = nextStep(full, weightNow, steps);
  if (weight === undefined) return { ...hold, leases: others };
  const id = raiseId(weight);
  const step: Lease = {
    ...{ id, weight, until: now + everyMs, owner: 'weir', reason: 'given back in steps', phase: 'held' },
  };
  return { ...hold, leases: [...others.filter((lease) => lease.id !== id), step] };
}

/** The member at what weight, where a step holds it there; undefined where none does. Pure. */
export function raisingTo(hold: Hold): number | undefined {
  const step = liveLeases(hold).find(isRaise);
  return step !== undefined && intendedWeight(hold) === step.weight ? step.weight : undefined;
}

/** Goes on to the next step when it is time and the member was seen writable for as long; at once where nobody else serves. */
export async function raise(context: PoolContext, member: string, table: Table): Promise<void> {
  const hold = holdOf(context, member);
  const step = liveLeases(hold).find(isRaise);
  if (hold === undefined || step === undefined || raisingTo(hold) === undefined) return;
  const now = context.now();
  const writable = context.readings.writable(now);
  if (!writable.has(member)) return;
  const since = context.readings.writableSince(member, now) ?? now;
  const isDue = now >= step.until && now - since >= context.raise.everyMs;
  const others = Object.entries(table).filter(([name, row]) => name !== member && row.listed && row.weight > 0);
  const isAlone = !others.some(([name]) => writable.has(name));
  // keepalived has the last word where Weir has stopped to put it back: there is nothing to go on with.
  if (!isDue && !isAlone && !hold.contested) return;
  const atOnce = { steps: [100], everyMs: 0 };
  const next = withStep(hold, step.weight, isAlone || hold.contested ? atOnce : context.raise, now);
  await noteHold(context, member, next);
  const change = await setIntended(context, member, next);
  await settleEnded(context, member, change);
}
