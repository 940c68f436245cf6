/** What the hand does by itself at every poll, broker or not. Runs under the pool's lock. */

import { formatDuration } from '../model/duration.ts';
import type { Table } from '../model/reading.ts';
import { correct, putBack } from './correct.ts';
import { ownerName, takenLeases } from './leases.ts';
import { holdOf, news, type PoolContext, recordOf } from './pool-context.ts';
import { raise } from './raise.ts';
import type { PollView } from './readings.ts';
import { endLeases, keepLeases, liveIds, wouldRaise } from './taking.ts';

/** A lease that ends by its time alone raises only a member that was seen writable for so long, in ms. */
const WRITABLE_FOR_MS = 10_000;

/** One look at everything that this node holds of the pool. Throws when something could not be done; the next poll tries again. */
export async function watch(context: PoolContext, view: PollView): Promise<void> {
  // Writes what the disk refused last time.
  await context.ledger.note(context.pool.name, (record) => record);
  await putBack(context);
  const members = Object.keys(recordOf(context).holds);
  if (members.length === 0) return;
  await release(context, members, view, await context.lvs.read(context.pool));
  const failures: unknown[] = [];
  for (const member of members) {
    try {
      await correct(context, member, await context.lvs.read(context.pool));
      await endByTime(context, member);
      await raise(context, member, await context.lvs.read(context.pool));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * The release rule: when nobody serves in this table any more and a member that Weir holds could, its leases are over at
 * once. Passes no rail. A weighted member that was not looked at may serve: unknown releases nothing. Nor does a table
 * that has not the member: no weight can be given there. On a BACKUP whose notify program has taken the table away that
 * would end what the new MASTER must go on to hold.
 */
async function release(context: PoolContext, members: readonly string[], view: PollView, table: Table): Promise<void> {
  const weighted = Object.entries(table).filter(([, row]) => row.listed && row.weight > 0);
  if (weighted.some(([name]) => view.members[name]?.writable !== false)) return;
  const why =
    weighted.length === 0
      ? 'no member has a weight'
      : `${weighted.map(([name]) => name).join(', ')} cannot be written to`;
  for (const member of members) {
    const ids = liveIds(context, member);
    if (ids.length === 0 || table[member]?.listed !== true || view.members[member]?.writable !== true) continue;
    const detail = `Nobody serves in this node's table (${why}) and ${member} is writable: Weir lets go of it.`;
    await endLeases(context, { member, ids, how: { result: 'released', detail } });
  }
}

async function endByTime(context: PoolContext, member: string): Promise<void> {
  const now = context.now();
  for (const lease of takenLeases(holdOf(context, member))) {
    if (lease.until > now || lease.phase !== 'held') continue;
    const since = context.readings.writableSince(member, now);
    const owner = ownerName(lease.owner);
    if (!wouldRaise(context, member, [lease.id])) {
      await over(lease.id, `The lease of ${owner} is over by its time.`);
    } else if (since !== undefined && now - since >= WRITABLE_FOR_MS) {
      const seen = `the Redis of ${member} has been writable for ${formatDuration(now - since)}`;
      await over(lease.id, `The lease of ${owner} is over by its time, and ${seen}.`);
    } else if (lease.keptAt === undefined) {
      const { detail } = await keepLeases(context, member, [lease.id], `The lease of ${owner} is over by its time`);
      context.say(news(context, lease.id, member, 'kept', detail));
    }
  }

  async function over(id: string, detail: string): Promise<void> {
    await endLeases(context, { member, ids: [id], how: { result: 'ended', detail } });
  }
}
