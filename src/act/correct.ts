/** Brings one member's row back to what its leases want, or gives way. Runs under the pool's lock. */

import type { Outcome } from '../model/entry.ts';
import type { Table } from '../model/reading.ts';
import { placeOf } from './ipvsadm.ts';
import { confirm, drop, type Hold, intendedWeight, takenLeases } from './leases.ts';
import {
  type Change,
  holdOf,
  keepShown,
  news,
  noteHold,
  type PoolContext,
  recordOf,
  rowOf,
  setIntended,
  settleEnded,
  weightsOf,
} from './pool-context.ts';
import { reconcile, takenAfterAll } from './reconcile.ts';

/** Holds the member's row against its leases and does what `reconcile` says. Throws when the table could not be changed. */
export async function correct(context: PoolContext, member: string, table: Table): Promise<void> {
  const row = rowOf(table, member);
  await resolveTaking(context, member, table);
  const hold = holdOf(context, member);
  if (hold === undefined) return;

  const configuredWeight = context.pool.members[member]?.weight ?? hold.base;
  const found = reconcile(hold, row, { member, now: context.now(), configuredWeight });
  const unchanged: Change = { before: row, after: row };
  switch (found.do) {
    case 'nothing':
      await noteIfChanged(context, member, hold, found.hold);
      await settleEnded(context, member, unchanged);
      return;
    case 'set':
      await noteIfChanged(context, member, hold, found.hold);
      await settleEnded(context, member, await setIntended(context, member, found.hold));
      return;
    case 'adopt':
      await noteHold(context, member, found.hold);
      await keepShown(context, member, row);
      await settleEnded(context, member, unchanged);
      return;
    case 'stop':
      await noteHold(context, member, found.hold);
      tell(context, member, found.hold, 'contested', found.detail, unchanged);
      return;
    case 'reassert': {
      const writable = context.readings.writable(context.now());
      const verdict = context.rails.preflight({ action: 'drain', member, weight: found.weight, table, writable });
      // Putting it back would leave nobody who serves: the release rule has the word.
      if (!verdict.pass) return;
      // keepalived's weight is gone from the table in a moment: what the base is must be on disk by then.
      if (found.hold.base !== hold.base) await noteHold(context, member, { ...hold, base: found.hold.base });
      const change = await setIntended(context, member, found.hold);
      // Counted once it is done: an ipvsadm that fails is not somebody who fights.
      await noteHold(context, member, found.hold);
      tell(context, member, found.hold, 'reasserted', found.detail, change);
    }
  }
}

async function noteIfChanged(context: PoolContext, member: string, before: Hold, after: Hold): Promise<void> {
  if (before.wasUnlisted !== after.wasUnlisted || before.base !== after.base) await noteHold(context, member, after);
}

function tell(
  context: PoolContext,
  member: string,
  hold: Hold,
  result: Outcome['result'],
  detail: string,
  change: Change,
): void {
  for (const lease of takenLeases(hold)) context.say(news(context, lease.id, member, result, detail, change));
}

/**
 * A lease that is still being taken when nobody is taking it: the process died in between, or the table could not be read
 * back. With its weight in place it is held, else it is dropped; either way people are told.
 */
async function resolveTaking(context: PoolContext, member: string, table: Table): Promise<void> {
  const hold = holdOf(context, member);
  const taking = hold?.leases.filter((lease) => lease.phase === 'taking') ?? [];
  if (hold === undefined || taking.length === 0) return;
  const row = rowOf(table, member);
  const held = takenAfterAll(hold, row);
  const ids = taking.map((lease) => lease.id);
  await noteHold(context, member, held ? confirm(hold) : drop(hold, ids));
  if (!held) await keepShown(context, member, row);
  const why = 'The action was cut short';
  const detail = held
    ? `${why} and the weight is in place: the lease is held.`
    : `${why} before the weight was set: the lease was dropped and ${member} was left at weight ${row.weight}.`;
  const change: Change = { before: row, after: row };
  for (const id of ids) context.say(news(context, id, member, held ? 'applied' : 'failed', detail, change));
}

/**
 * Adds members that Weir itself took out of the table and could not put back (a crash between `-d` and `-a`). Throws when
 * that does not succeed: the next poll tries again.
 */
export async function putBack(context: PoolContext): Promise<void> {
  for (const [member, thresholds] of Object.entries(recordOf(context).removed)) {
    const table = await context.lvs.read(context.pool);
    if (!rowOf(table, member).listed) {
      const hold = holdOf(context, member);
      const weight = hold === undefined ? (context.pool.members[member]?.weight ?? 0) : intendedWeight(hold);
      await context.lvs.add(placeOf(context.pool, member), weight, thresholds);
      const after = rowOf(await context.lvs.read(context.pool), member);
      const change = { before: rowOf(table, member), after };
      const detail = `${member} was out of the table since Weir moved its producers and is back in it: ${weightsOf(member, change)}`;
      if (hold !== undefined) tell(context, member, hold, 'reasserted', detail, change);
    }
    await forgetRemoved(context, member);
  }
}

export function forgetRemoved(context: PoolContext, member: string): Promise<void> {
  return context.ledger.note(context.pool.name, (record) => {
    const { [member]: _, ...removed } = record.removed;
    return { ...record, removed };
  });
}
