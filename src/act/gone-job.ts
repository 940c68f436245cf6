/** A job of the pool about a member that this node's weir.yaml has not, and another host's has: it may only give back. */

import type { ActionJob } from '../model/decisions/action.ts';
import type { Outcome } from '../model/decisions/outcome.ts';
import { runJob } from './job.ts';
import { forgetGone, goneNames } from './leases/gone.ts';
import { type NodePools, nodePoolOf } from './node-pools.ts';

/**
 * Gives back what the lease file has of the member. Where the file has nothing, that is no failure: the
 * decision is about what others hold.
 * @throws WeirError where the job is to do anything else.
 */
export async function runGone(pools: NodePools, job: ActionJob, signal: AbortSignal): Promise<Outcome> {
  const { deps, ledger, gone } = pools;
  const { pool, member, decision, action, leaseIds, unconditional = false } = job;
  if (action !== 'restore' || job.drill !== undefined) return runJob(nodePoolOf(pools, pool, member), job, signal);
  await ledger.ready();
  const isHeld = goneNames(ledger, deps.pools, pool).includes(member);
  const nodePool = gone.get(pool);
  if (isHeld && nodePool?.pool.members[member] !== undefined) return runJob(nodePool, job, signal);
  // Only a person may have it forgotten: nobody knows where the member stands in the table.
  if (isHeld && !unconditional) return runJob(nodePoolOf(pools, pool, member), job, signal);
  const detail = isHeld
    ? await forgetGone({ ledger, node: deps.node }, pool, member)
    : `${deps.node} holds nothing of ${pool}/${member}, and its weir.yaml has no such member.`;
  const result = leaseIds === undefined ? 'applied' : 'ended';
  return { kind: 'outcome', pool, decision, node: deps.node, member, at: deps.brokerNow(), result, detail };
}
