/** What this node holds of pools and members that are no longer in its weir.yaml. Runs under a lock of its own. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import { ownerText } from '../../model/owner.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { goneConfig, heldNames } from '../ledger/pool-as.ts';
import type { NodePool } from '../node-pool.ts';
import { letGo } from '../vip/handover.ts';
import { forgetRemoved } from './correct.ts';
import { endLeases, liveIds } from './end-leases.ts';
import { recordOf, rowOf, withLeaseSet } from './lease-sets.ts';
import { intendedWeight, liveLeases } from './leases.ts';

/** Pools that weir.yaml no longer has and of which this node holds something, each with those members whose address is known. */
export function goneOf(ledger: Ledger, pools: Readonly<Record<string, PoolConfig>>): PoolConfig[] {
  return Object.entries(ledger.all()).flatMap(([name, record]) => {
    const like = pools[name];
    const gone = heldNames(record).filter((member) => like?.members[member] === undefined);
    const isKept = like === undefined && record.handover !== undefined;
    return gone.length === 0 && !isKept ? [] : [goneConfig(name, record, gone, like)];
  });
}

/** Members of this pool that the lease file has and weir.yaml has not, also those whose place nobody wrote down. */
export function goneNames(ledger: Ledger, pools: Readonly<Record<string, PoolConfig>>, pool: string): string[] {
  return heldNames(ledger.pool(pool)).filter((member) => pools[pool]?.members[member] === undefined);
}

/**
 * Ends what can be ended without harm: a member that is not in the table takes nothing, one at the weight that it had before
 * gets nothing back, and a pool that is gone keeps this node off no VIP. One that stands in the table at less stays there, for
 * nobody polls it any more and it may be dead: people are told of it and give it back by `weir restore --local`.
 */
export async function endGone(nodePool: NodePool, isPoolGone: boolean): Promise<void> {
  const { pool, lvs } = nodePool;
  if (isPoolGone) await letGo(nodePool);
  for (const member of Object.keys(recordOf(nodePool).removed)) await forgetRemoved(nodePool, member);
  for (const [member, leaseSet] of Object.entries(recordOf(nodePool).holds)) {
    const row = rowOf(await lvs.read(pool), member);
    if (row.listed && row.weight < leaseSet.base) continue;
    const what = row.listed ? `it has weight ${row.weight} in this node's table` : "it is not in this node's table";
    const detail = `weir.yaml has no ${pool.name}/${member} any more, and ${what}.`;
    const how = { result: 'ended', detail } as const;
    await endLeases(nodePool, { member, ids: liveIds(nodePool, member), how, atOnce: true });
  }
}

/** A sentence for each that is still held. */
export function goneTroubles(ledger: Ledger, pools: Readonly<Record<string, PoolConfig>>, now: number): string[] {
  return Object.keys(ledger.all()).flatMap((pool) =>
    goneNames(ledger, pools, pool).map((member) => {
      const leaseSet = ledger.pool(pool).holds[member];
      const live = liveLeases(leaseSet);
      const last = Math.max(...live.map(({ until }) => until));
      const left = last > now ? `until ${new Date(last).toISOString()}` : 'and its time is over';
      const holders = live.map(({ owner }) => ownerText(owner)).join(' and ');
      const held = live.length === 0 || leaseSet === undefined ? 'something' : `weight ${intendedWeight(leaseSet)}`;
      const whose = holders === '' ? '' : ` for ${holders} ${left}`;
      const missing = pools[pool] === undefined ? `pool ${pool}` : `member ${member}`;
      return `This node holds ${pool}/${member} at ${held}${whose}, and its weir.yaml has no ${missing}: take it out of keepalived (weir render --apply), or give its weight back with \`weir restore ${pool}/${member} --local\` here.`;
    }),
  );
}

/** Forgets what is held of a member whose place nobody wrote down. People must look at its weight in the table. */
export async function forgetGone(nodePool: Pick<NodePool, 'ledger' | 'node'>, pool: string, member: string) {
  await nodePool.ledger.write(pool, (record) => {
    const { [member]: _, ...removed } = record.removed;
    return withLeaseSet({ ...record, removed }, member, undefined);
  });
  return `${nodePool.node} has forgotten what it held of ${pool}/${member}. Nobody wrote down where the member stands in the table: look with \`ipvsadm -Ln\`, and set its weight yourself.`;
}
