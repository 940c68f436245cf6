/** Brings one member's row back to what its leases want, or gives way. Runs under the pool's lock. */

import type { Outcome } from '../../model/decisions/outcome.ts';
import type { Table } from '../../model/readings/reading.ts';
import { forbidden } from '../admission.ts';
import { realServerOf } from '../lvs/ipvsadm-arguments.ts';
import type { NodePool } from '../node-pool.ts';
import { leaseSetOf, noteLeaseSet, recordOf, rowOf } from './lease-sets.ts';
import { confirm, drop, intendedWeight, type LeaseSet, movingAgain, takenLeases } from './leases.ts';
import { sinceListed } from './raise.ts';
import { reconcile, takenAfterAll } from './reconcile.ts';
import { outcomeOf, settleEnded, weightsOf } from './settle-ended.ts';
import { type Change, configuredWeight, keepAsListed, keepInAdvance, setIntended } from './write-weight.ts';

/** Holds the member's row against its leases and does what `reconcile` says. Throws when the table could not be changed. */
export async function correct(nodePool: NodePool, member: string, table: Table): Promise<void> {
  const row = rowOf(table, member);
  await resolveTaking(nodePool, member, table);
  const leaseSet = leaseSetOf(nodePool, member);
  if (leaseSet === undefined) return;

  const ownWeight = configuredWeight(nodePool, member, leaseSet.base);
  const now = nodePool.now();
  const current = leaseSet.wasUnlisted && row.listed ? sinceListed(leaseSet, nodePool.raise, now) : leaseSet;
  const plan = reconcile(current, row, { member, now, configuredWeight: ownWeight });
  const unchanged: Change = { before: row, after: row };
  switch (plan.do) {
    case 'nothing':
      if (!row.listed) await keepInAdvance(nodePool, member, plan.leaseSet);
      await noteIfChanged(nodePool, member, leaseSet, plan.leaseSet);
      await settleEnded(nodePool, member, unchanged);
      return;
    case 'set':
      await noteIfChanged(nodePool, member, leaseSet, plan.leaseSet);
      await settleEnded(nodePool, member, await setIntended(nodePool, member, plan.leaseSet));
      return;
    case 'adopt':
      await noteLeaseSet(nodePool, member, plan.leaseSet);
      await keepAsListed(nodePool, member, row);
      await settleEnded(nodePool, member, unchanged);
      return;
    case 'stop':
      await noteLeaseSet(nodePool, member, plan.leaseSet);
      tell(nodePool, member, plan.leaseSet, 'contested', plan.detail, unchanged);
      return;
    case 'reassert': {
      // Putting it back takes the weight away once more, so it waits where people forbid this node to act.
      if ((await forbidden(nodePool, false)) !== undefined) return;
      const writable = nodePool.readings.writable(nodePool.now());
      const verdict = nodePool.rails.preflight({ action: 'drain', member, weight: plan.weight, table, writable });
      // Putting it back would leave nobody who serves: the release rule decides.
      if (!verdict.pass) return;
      // keepalived's weight is gone from the table in a moment: what the base is must be on disk by then.
      if (plan.leaseSet.base !== leaseSet.base)
        await noteLeaseSet(nodePool, member, { ...leaseSet, base: plan.leaseSet.base });
      const change = await setIntended(nodePool, member, plan.leaseSet);
      // Counted only when it is done: an ipvsadm that fails is nobody who fights. Producers may have come meanwhile, except to
      // a BACKUP. When that becomes MASTER, they are moved then.
      const isBackup = nodePool.readings.director(nodePool.now())?.state === 'BACKUP';
      await noteLeaseSet(nodePool, member, isBackup ? plan.leaseSet : movingAgain(plan.leaseSet));
      tell(nodePool, member, plan.leaseSet, 'reasserted', plan.detail, change);
    }
  }
}

async function noteIfChanged(nodePool: NodePool, member: string, before: LeaseSet, after: LeaseSet): Promise<void> {
  if (before.wasUnlisted !== after.wasUnlisted || before.base !== after.base)
    await noteLeaseSet(nodePool, member, after);
}

function tell(
  nodePool: NodePool,
  member: string,
  leaseSet: LeaseSet,
  result: Outcome['result'],
  detail: string,
  change: Change,
): void {
  for (const lease of takenLeases(leaseSet))
    nodePool.say(outcomeOf(nodePool, lease.id, member, result, detail, change));
}

/**
 * A lease that is still being taken when nobody is taking it: the process died in between, or the table could not be read
 * back. With its weight in place it is held, else it is dropped; either way people are told.
 */
async function resolveTaking(nodePool: NodePool, member: string, table: Table): Promise<void> {
  const leaseSet = leaseSetOf(nodePool, member);
  const taking = leaseSet?.leases.filter((lease) => lease.phase === 'taking') ?? [];
  if (leaseSet === undefined || taking.length === 0) return;
  const row = rowOf(table, member);
  const held = takenAfterAll(leaseSet, row);
  const ids = taking.map((lease) => lease.id);
  await noteLeaseSet(nodePool, member, held ? confirm(leaseSet) : drop(leaseSet, ids));
  if (!held) await keepAsListed(nodePool, member, row);
  const why = 'The action was cut short';
  const detail = held
    ? `${why} and ${row.listed ? 'the weight is in place' : `${member} is not in the table`}: the lease is held.`
    : `${why} before the weight was set: the lease was dropped and ${member} was left at weight ${row.weight}.`;
  const change: Change = { before: row, after: row };
  for (const id of ids) nodePool.say(outcomeOf(nodePool, id, member, held ? 'applied' : 'failed', detail, change));
}

/**
 * Adds members that Weir itself took out of the table and could not put back (a crash between `-d` and `-a`). Throws when
 * that does not succeed: the next poll tries again.
 */
export async function putBack(nodePool: NodePool): Promise<void> {
  for (const [member, thresholds] of Object.entries(recordOf(nodePool).removed)) {
    const table = await nodePool.lvs.read(nodePool.pool);
    if (!rowOf(table, member).listed) {
      const leaseSet = leaseSetOf(nodePool, member);
      const weight = leaseSet === undefined ? (nodePool.pool.members[member]?.weight ?? 0) : intendedWeight(leaseSet);
      await nodePool.lvs.add(realServerOf(nodePool.pool, member), weight, thresholds);
      const after = rowOf(await nodePool.lvs.read(nodePool.pool), member);
      const change = { before: rowOf(table, member), after };
      const detail = `${member} was out of the table since Weir moved its producers and is back in it: ${weightsOf(member, change)}`;
      if (leaseSet !== undefined) tell(nodePool, member, leaseSet, 'reasserted', detail, change);
    }
    await forgetRemoved(nodePool, member);
  }
}

export function forgetRemoved(nodePool: NodePool, member: string): Promise<void> {
  return nodePool.ledger.note(nodePool.pool.name, (record) => {
    const { [member]: _, ...removed } = record.removed;
    return { ...record, removed };
  });
}
