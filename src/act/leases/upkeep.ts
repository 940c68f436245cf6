/** What the actuator does by itself at every poll, broker or not. Runs under the pool's lock. */

import { formatDuration } from '../../model/duration.ts';
import { ownerText } from '../../model/owner.ts';
import type { NodePool } from '../node-pool.ts';
import { WRITABLE_FOR_MS } from '../readings.ts';

import { correct, putBack } from './correct.ts';
import { endLeases, keepLeases, wouldRaise } from './end-leases.ts';
import { leaseSetOf, recordOf } from './lease-sets.ts';
import { takenLeases } from './leases.ts';
import { raise } from './raise.ts';
import { release } from './release-rule.ts';
import { outcomeOf } from './settle-ended.ts';

/** One look at everything that this node holds of the pool. Throws when something could not be done; the next poll tries again. */
export async function watch(nodePool: NodePool): Promise<void> {
  // Writes what the disk refused last time.
  await nodePool.ledger.note(nodePool.pool.name, (record) => record);
  await putBack(nodePool);
  const members = Object.keys(recordOf(nodePool).holds);
  if (members.length === 0) return;
  const table = await nodePool.lvs.read(nodePool.pool);
  // This look waited for the lock and for the table. Other polls may have come meanwhile, or none, where the process stood still.
  const view = nodePool.readings.latest(nodePool.now());
  if (view !== undefined) await release(nodePool, members, view, table);
  const failures: unknown[] = [];
  for (const member of members) {
    try {
      await correct(nodePool, member, await nodePool.lvs.read(nodePool.pool));
      await endByTime(nodePool, member);
      await raise(nodePool, member, await nodePool.lvs.read(nodePool.pool));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function endByTime(nodePool: NodePool, member: string): Promise<void> {
  // Nothing ends by the machine's clock, which may be a day ahead.
  if (!nodePool.isTimeKnown()) return;
  const now = nodePool.now();
  for (const lease of takenLeases(leaseSetOf(nodePool, member))) {
    if (lease.until > now || lease.phase !== 'held') continue;
    const since = nodePool.readings.writableSince(member, now);
    const owner = ownerText(lease.owner);
    if (!wouldRaise(nodePool, member, [lease.id])) {
      await over(lease.id, `The lease of ${owner} is over by its time.`);
    } else if (since !== undefined && now - since >= WRITABLE_FOR_MS) {
      const seen = `the Redis of ${member} has been writable for ${formatDuration(now - since)}`;
      await over(lease.id, `The lease of ${owner} is over by its time, and ${seen}.`);
    } else if (lease.keptAt === undefined) {
      const { detail } = await keepLeases(nodePool, member, [lease.id], `The lease of ${owner} is over by its time`);
      nodePool.say(outcomeOf(nodePool, lease.id, member, 'kept', detail));
    }
  }

  async function over(id: string, detail: string): Promise<void> {
    await endLeases(nodePool, { member, ids: [id], how: { result: 'ended', detail } });
  }
}
