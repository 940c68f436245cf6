/**
 * A fence that is ahead of the clock: a version that took entries from the future acted on one, or the lease file is of
 * another time. Until the clock has reached it, every honest job is refused.
 */

import { ENTRY_AHEAD_MS } from '../model/decisions/node-rails.ts';
import { formatDuration } from '../model/duration.ts';
import { entryTime } from '../model/ids.ts';
import { liveIds } from './leases/end-leases.ts';
import { recordOf } from './leases/lease-sets.ts';
import { heardNow, type NodePool } from './node-pool.ts';

/** By how much the fence is ahead of `now`, in ms; undefined where it is not. */
function aheadOf(nodePool: NodePool, now: number): number | undefined {
  const { fence } = recordOf(nodePool);
  const aheadMs = fence === undefined ? 0 : entryTime(fence) - now;
  return aheadMs > ENTRY_AHEAD_MS ? aheadMs : undefined;
}

/** A sentence with the command that mends it. The command is for a member of which nothing is held, so it changes no weight. */
export function fenceTrouble(nodePool: NodePool): string | undefined {
  const { node, pool } = nodePool;
  const now = heardNow(nodePool);
  const aheadMs = now === undefined ? undefined : aheadOf(nodePool, now);
  if (aheadMs === undefined) return undefined;
  const member = Object.keys(pool.members).find((name) => liveIds(nodePool, name).length === 0) ?? node;
  const { fence } = recordOf(nodePool);
  return (
    `The fence of pool ${pool.name} is at entry ${fence}, ${formatDuration(aheadMs)} ahead of the clock: nothing is taken ` +
    `here until then. Find out who wrote that entry, then set it back: \`weir restore ${pool.name}/${member} --local\` on ${node}.`
  );
}

/**
 * Sets a fence that is ahead of the clock back to now, at a person's word. Where the broker was not heard, "now" is by the machine's
 * clock. @returns whether it was ahead.
 */
export async function setFenceBack(nodePool: NodePool): Promise<boolean> {
  const now = heardNow(nodePool) ?? Date.now();
  if (aheadOf(nodePool, now) === undefined) return false;
  await nodePool.ledger.write(nodePool.pool.name, (record) => ({ ...record, fence: `${Math.floor(now)}-0` }));
  return true;
}
