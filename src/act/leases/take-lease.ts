/** Taking and ending leases on one pool. Everything here runs under the pool's lock. */

import type { ActionKind, LeaseTerms } from '../../model/decisions/action.ts';
import { formatDuration } from '../../model/duration.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { TableRow } from '../../model/readings/reading.ts';
import type { CutOff } from '../admission.ts';
import type { Done } from '../done.ts';
import type { NodePool } from '../node-pool.ts';
import { correct } from './correct.ts';
import {
  type Change,
  configuredWeight,
  keepAsListed,
  leaseSetOf,
  noteLeaseSet,
  recordOf,
  rememberEnded,
  rowOf,
  setIntended,
  settleEnded,
  weightsOf,
  withLeaseSet,
} from './intended-weight.ts';
import { confirm, end, intendedWeight, type LeaseEnd, type LeaseSet, liveLeases, patch, take } from './leases.ts';
import type { PoolRecord } from './pool-record.ts';
import { withRaise } from './raise.ts';
import { reconcile } from './reconcile.ts';

export interface Taking {
  readonly id: string;
  readonly member: string;
  readonly action: ActionKind;
  readonly terms: LeaseTerms;
  readonly moving: boolean;
  /**
   * Why it must not be done any more, asked right before each side effect: a process that was held up (stopped, blocked, a
   * disk that hangs) goes on where it was, and may be the first to know it (docs/hazards.md#h2, #h3).
   */
  readonly cutOff: () => Promise<CutOff | undefined>;
  readonly wasUnwritable?: boolean | undefined;
  readonly unfit?: ((base: number) => string | undefined) | undefined;
  /** Right before anything is touched: what it returns goes into the same write as the lease. Throws where it must not be. */
  readonly begin: () => Promise<(record: PoolRecord) => PoolRecord>;
}

/** Look, ask the pre-flight, write the lease down, set the weight, look again. */
export async function takeLease(nodePool: NodePool, taking: Taking): Promise<Done> {
  const { member, id, cutOff } = taking;
  const { ledger, pool, readings } = nodePool;
  // What somebody else did to the member meanwhile is settled first, or it would be taken for the base.
  if (leaseSetOf(nodePool, member) !== undefined) await correct(nodePool, member, await nodePool.lvs.read(pool));
  const table = await nodePool.lvs.read(pool);
  const row = rowOf(table, member);
  const held = leaseSetOf(nodePool, member);
  const terms: LeaseTerms = taking.terms;
  const weightNow = row.listed ? row.weight : configuredWeight(nodePool, member, 0);
  const next = take(held, { ...terms, id, ...(taking.moving && { moving: true }) }, weightNow);

  const unfit = taking.unfit?.(next.base);
  if (unfit !== undefined) return done('refused', unfit, { before: row, after: row });
  const writable = readings.writable(nodePool.now());
  const verdict = nodePool.rails.preflight({
    action: taking.action,
    member,
    weight: intendedWeight(next),
    table,
    writable,
    wasUnwritable: taking.wasUnwritable,
  });
  if (!verdict.pass) return done('refused', `${verdict.rail}: ${verdict.sentence}`, { before: row, after: row });

  const late = await cutOff();
  if (late !== undefined) return done(late.result, late.detail, { before: row, after: row });
  const begun = await taking.begin();
  await ledger.write(pool.name, (record) => withLeaseSet(begun(record), member, next));

  const { change, failure } = await setTaken(nodePool, taking, { row, held, next });
  if (failure !== undefined) return done(failure.result, failure.detail, change);
  // Whatever it comes back with is keepalived's weight.
  const leaseSet = change.after.listed ? confirm(next) : { ...confirm(next), wasUnlisted: true };
  await noteLeaseSet(nodePool, member, leaseSet);
  const until = formatDuration(terms.until - nodePool.now());
  const weights = weightsOf(member, change, change.after.listed ? undefined : leaseSet);
  return done('applied', `${weights} Held for ${until}, base ${next.base}.`, change);

  function done(result: Done['result'], detail: string, { before, after }: Change): Done {
    return { result, detail, weightBefore: before.weight, weightAfter: after.weight, at: nodePool.now() };
  }
}

/** Sets the weight of a lease that is written down. Where the table has not got it the lease is forgotten: `failure`. */
async function setTaken(
  nodePool: NodePool,
  { member, cutOff }: Taking,
  { row, held, next }: { readonly row: TableRow; readonly held: LeaseSet | undefined; readonly next: LeaseSet },
): Promise<{ readonly change: Change; readonly failure?: CutOff }> {
  let cut: CutOff | undefined;
  try {
    const change = await setIntended(nodePool, member, next, async () => {
      cut = await cutOff();
      if (cut !== undefined) throw new WeirError('refused', cut.detail);
    });
    return { change };
  } catch (error) {
    // A lease may only be forgotten when the table is known not to have its weight. If it cannot be read now either, the
    // lease stays as it is, and the next poll finds out. One that keepalived took out meanwhile is held in advance.
    const after = rowOf(await nodePool.lvs.read(nodePool.pool), member);
    const change = { before: row, after };
    cut ??= await cutOff();
    const isForgotten = after.listed ? after.weight !== intendedWeight(next) : cut !== undefined;
    if (!isForgotten) return { change };
    await noteLeaseSet(nodePool, member, held);
    await keepAsListed(nodePool, member, after);
    return { change, failure: cut ?? { result: 'failed', detail: messageOf(error) } };
  }
}

/**
 * Ends leases for good and gives the member the weight that is left, in steps unless `atOnce` or nobody serves. Throws when the
 * table could not be changed: the next poll tries again.
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
  const change = await setIntended(nodePool, member, over);
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
