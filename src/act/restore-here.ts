/** `weir restore --local`: a person ends what this node holds, without broker and workers. */

import { endHandover } from './handover.ts';
import { weightsOf } from './pool-context.ts';
import type { PoolDesk } from './producers.ts';
import { endLeases, liveIds } from './taking.ts';

/** Ends every lease on a member, and what keeps the VIP off this node. Returns a sentence, or throws a WeirError. */
export async function restoreHere(desk: PoolDesk, member: string, by: string): Promise<string> {
  return desk.lock(async () => {
    await desk.ledger.ready();
    const ids = liveIds(desk, member);
    const how = { result: 'ended', detail: `${by} ended it on ${desk.node} itself.` } as const;
    const change = await endLeases(desk, { member, ids, how, atOnce: true });
    const vip = member === desk.node && (await endHandover(desk)) ? ' The VIP may come here again.' : '';
    const what = ids.length === 0 ? 'No lease was held' : `${ids.length} lease${ids.length > 1 ? 's' : ''} ended`;
    return `${what} on ${desk.pool.name}/${member} at ${desk.node}: ${weightsOf(member, change)}${vip}`;
  });
}
