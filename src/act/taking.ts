/** Taking and ending leases on one pool. Everything here runs under the pool's lock. */

import type { ActionKind, LeaseTerms } from '../model/action.ts';
import { formatDuration } from '../model/duration.ts';
import { messageOf, WeirError } from '../model/error.ts';
import type { Done } from './actions/action.ts';
import { correct } from './correct.ts';
import type { PoolRecord } from './lease-file.ts';
import { confirm, end, intendedWeight, type LeaseEnd, liveLeases, patch, take } from './leases.ts';
import {
  type Change,
  holdOf,
  keepShown,
  noteHold,
  type PoolContext,
  recordOf,
  rememberEnded,
  rowOf,
  setIntended,
  settleEnded,
  weightsOf,
  withHold,
} from './pool-context.ts';
import { withStep } from './raise.ts';
import { reconcile } from './reconcile.ts';

export type CutOff = Pick<Done, 'result' | 'detail'>;

export interface Taking {
  readonly id: string;
  readonly member: string;
  readonly action: ActionKind;
  readonly terms: LeaseTerms;
  readonly moving: boolean;
  /**
   * Why it must not be done any more, asked right before each side effect: a process that was held up (stopped, blocked, a
   * disk that hangs) goes on where it was, and may be the first to know it (stack.md H2, H3).
   */
  readonly cutOff: () => CutOff | undefined;
  readonly wasUnwritable?: boolean | undefined;
  readonly unfit?: ((base: number) => string | undefined) | undefined;
  /** Right before anything is touched: what it returns goes into the same write as the lease. Throws where it must not be. */
  readonly begin: () => Promise<(record: PoolRecord) => PoolRecord>;
}

/** Look, ask the pre-flight, write the lease down, set the weight, look again. */
export async function takeLease(context: PoolContext, taking: Taking): Promise<Done> {
  const { member, id, cutOff } = taking;
  const { ledger, pool, readings } = context;
  // What somebody else did to the member meanwhile is settled first, or it would be taken for the base.
  if (holdOf(context, member) !== undefined) await correct(context, member, await context.lvs.read(pool));
  const table = await context.lvs.read(pool);
  const row = rowOf(table, member);
  const held = holdOf(context, member);
  const terms: LeaseTerms = taking.terms;
  const next = take(held, { ...terms, id, ...(taking.moving && { moving: true }) }, row.weight);

  const unfit = taking.unfit?.(next.base);
  if (unfit !== undefined) return done('refused', unfit, { before: row, after: row });
  const writable = readings.writable(context.now());
  const verdict = context.rails.preflight({
    action: taking.action,
    member,
    weight: intendedWeight(next),
    table,
    writable,
    wasUnwritable: taking.wasUnwritable,
  });
  if (!verdict.pass) return done('refused', `${verdict.rail}: ${verdict.sentence}`, { before: row, after: row });

  const late = cutOff();
  if (late !== undefined) return done(late.result, late.detail, { before: row, after: row });
  const begun = await taking.begin();
  await ledger.write(pool.name, (record) => withHold(begun(record), member, next));

  let change: Change;
  try {
    change = await setIntended(context, member, next, () => {
      const later = cutOff();
      if (later !== undefined) throw new WeirError('refused', later.detail);
    });
  } catch (error) {
    // A lease may only be forgotten when the table is known not to have its weight. If it cannot be read now either, the
    // lease stays as it is, and the next poll finds out.
    const after = rowOf(await context.lvs.read(pool), member);
    change = { before: row, after };
    if (!after.listed || after.weight !== intendedWeight(next)) {
      await noteHold(context, member, held);
      await keepShown(context, member, after);
      const { result, detail } = cutOff() ?? { result: 'failed', detail: messageOf(error) };
      return done(result, detail, change);
    }
  }
  await noteHold(context, member, confirm(next));
  const until = formatDuration(terms.until - context.now());
  return done('applied', `${weightsOf(member, change)} Held for ${until}, base ${next.base}.`, change);

  function done(result: Done['result'], detail: string, { before, after }: Change): Done {
    return { result, detail, weightBefore: before.weight, weightAfter: after.weight, at: context.now() };
  }
}

/**
 * Ends leases for good and gives the member the weight that is left, in steps unless `atOnce` or nobody serves. Throws when the
 * table could not be changed: the next poll tries again.
 */
export async function endLeases(
  context: PoolContext,
  input: { member: string; ids: readonly string[]; how: LeaseEnd; quiet?: readonly string[]; atOnce?: boolean },
): Promise<Change> {
  const { member, ids, how, quiet, atOnce = how.result === 'released' } = input;
  const { pool } = context;
  const hold = holdOf(context, member);
  const row = rowOf(await context.lvs.read(pool), member);
  if (hold === undefined) return { before: row, after: row };
  const configuredWeight = pool.members[member]?.weight ?? hold.base;
  const found = reconcile(hold, row, { member, now: context.now(), configuredWeight });
  if (found.do === 'adopt') {
    // Somebody else was faster: their weight stays.
    await noteHold(context, member, found.hold);
    await keepShown(context, member, row);
    await settleEnded(context, member, { before: row, after: row });
    return { before: row, after: row };
  }
  const ended = end(hold, ids, how);
  const isRaised = row.listed && intendedWeight(ended) > row.weight && !atOnce;
  const over = isRaised ? withStep(ended, row.weight, context.raise, context.now()) : ended;
  await noteHold(context, member, over);
  const change = await setIntended(context, member, over);
  await settleEnded(context, member, change, quiet);
  return change;
}

/** The ids of leases on a member that are live and, where ids are given, among them. */
export function liveIds(context: PoolContext, member: string, among?: readonly string[]): string[] {
  const ids = liveLeases(holdOf(context, member)).map((lease) => lease.id);
  return among === undefined ? ids : ids.filter((id) => among.includes(id));
}

/** Ending these would give the member weight; where Weir has given way the table has it already. */
export function wouldRaise(context: PoolContext, member: string, ids: readonly string[]): boolean {
  const hold = holdOf(context, member);
  if (hold === undefined || hold.contested) return false;
  const left = end(hold, ids, { result: 'ended', detail: '' });
  return intendedWeight(left) > intendedWeight(hold);
}

/**
 * Leases are over, but this node does not see the member writable: they stay, are looked at with every poll, and people
 * are told once. @returns when they were told first, and the sentence.
 */
export async function keepLeases(context: PoolContext, member: string, ids: readonly string[], why: string) {
  const now = context.now();
  let hold = holdOf(context, member);
  let at = now;
  for (const lease of liveLeases(hold)) {
    if (!ids.includes(lease.id) || hold === undefined) continue;
    at = lease.keptAt ?? now;
    hold = patch(hold, lease.id, { until: Math.min(lease.until, now), keptAt: at });
  }
  await noteHold(context, member, hold);
  const weight = hold === undefined ? 0 : intendedWeight(hold);
  return {
    at,
    detail: `${why}, but this node does not see the Redis of ${member} writable: it stays at weight ${weight}.`,
  };
}

/** Leases that never came here are over too: a job or a debt that arrives later must not take them up. */
export async function refuseLater(
  context: PoolContext,
  member: string,
  ids: readonly string[],
  detail: string,
): Promise<void> {
  const record = recordOf(context);
  const unknown = ids.filter((id) => record.ended[id] === undefined && !liveIds(context, member).includes(id));
  if (unknown.length === 0) return;
  const at = context.now();
  const ended = Object.fromEntries(unknown.map((id) => [id, { result: 'ended', detail, member, at } as const]));
  await context.ledger.note(context.pool.name, (before) => rememberEnded(before, ended, at));
}
