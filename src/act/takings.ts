/** Counts how often this node took weight or the VIP away, in all pools together. The count is in the lease file, so that it survives a restart. */

import type { Done } from './done.ts';
import type { PoolRecord } from './ledger/pool-record.ts';
import type { NodePool } from './node-pool.ts';

/** Why the node may take nothing more now; undefined where the budget has room. */
export function overBudget(nodePool: NodePool): Done | undefined {
  const { ledger, budget, rails } = nodePool;
  const now = nodePool.now();
  const takings = Object.values(ledger.all()).flatMap((record) => record.takings ?? []);
  const verdict = rails.nodeBudget({ takings, now, budget });
  return verdict.pass ? undefined : { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: now };
}

/** The record with one taking more: it goes to disk with the lease that it takes. */
export function withTaking(nodePool: NodePool, record: PoolRecord): PoolRecord {
  const now = nodePool.now();
  const recent = (record.takings ?? []).filter((at) => Math.abs(now - at) < nodePool.budget.perMs);
  return { ...record, takings: [...recent, now] };
}
