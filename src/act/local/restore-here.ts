/** `weir restore --local`: a person ends what this node holds, without broker and workers. */

import { setFenceBack } from '../fence-ahead.ts';
import { endLeases, liveIds } from '../leases/end-leases.ts';
import { weightsOf } from '../leases/settle-ended.ts';
import type { NodePool } from '../node-pool.ts';
import { endHandover } from '../vip/handover.ts';

/** Ends every lease on a member, and what keeps the VIP off this node. Returns a sentence, or throws a WeirError. */
export async function restoreHere(nodePool: NodePool, member: string, by: string): Promise<string> {
  return nodePool.lock(async () => {
    await nodePool.ledger.ready();
    const ids = liveIds(nodePool, member);
    const how = { result: 'ended', detail: `${by} ended it on ${nodePool.node} itself.` } as const;
    const change = await endLeases(nodePool, { member, ids, how, atOnce: true });
    const vip = member === nodePool.node && (await endHandover(nodePool)) ? ' The VIP may come here again.' : '';
    const fence = (await setFenceBack(nodePool)) ? ' Its fence was ahead of the clock, and is set back to now.' : '';
    const what = ids.length === 0 ? 'No lease was held' : `${ids.length} lease${ids.length > 1 ? 's' : ''} ended`;
    return `${what} on ${nodePool.pool.name}/${member} at ${nodePool.node}: ${weightsOf(member, change)}${vip}${fence}`;
  });
}
