/** Takes a lease on a member. Everything here runs under the pool's lock. */

import type { ActionKind, LeaseTerms } from '../../model/decisions/action.ts';
import { formatDuration } from '../../model/duration.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { TableRow } from '../../model/readings/reading.ts';
import type { CutOff } from '../admission.ts';
import type { Done } from '../done.ts';
import type { PoolRecord } from '../ledger/pool-record.ts';
import type { NodePool } from '../node-pool.ts';
import { correct } from './correct.ts';
import { leaseSetOf, noteLeaseSet, rowOf, withLeaseSet } from './lease-sets.ts';
import { confirm, intendedWeight, type LeaseSet, take } from './leases.ts';
import { weightsOf } from './settle-ended.ts';
import { type Change, configuredWeight, keepAsListed, setIntended } from './write-weight.ts';

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
  /** Called right before anything is touched. What it returns goes into the same write as the lease. Throws where it must not be done. */
  readonly begin: () => Promise<(record: PoolRecord) => PoolRecord>;
}

/** Look, ask the pre-flight, write the lease down, set the weight, look again. */
export async function takeLease(nodePool: NodePool, taking: Taking): Promise<Done> {
  const { member, id, cutOff } = taking;
  const { ledger, pool, readings } = nodePool;
  // First settles what somebody else did to the member: else that weight would be taken for the base.
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

/** Sets the weight of a lease that is written down. Where the table did not take it, the lease is forgotten and `failure` says why. */
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
    // lease stays as it is, and the next poll finds out. A member that keepalived took out meanwhile is held in advance.
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
