import { messageOf } from '../../model/error.ts';
import { noteLeaseSet, recordOf } from '../leases/lease-sets.ts';
import { liveLeases, movingAgain } from '../leases/leases.ts';
import { outcomeOf } from '../leases/settle-ended.ts';
import type { NodePool } from '../node-pool.ts';
import { moveProducers } from './producers.ts';

/**
 * The VIP has come here: what is drained may have producers that come through this node now, so they are moved from here.
 * Runs under the pool's lock.
 */
export async function moveAgain(nodePool: NodePool): Promise<void> {
  for (const [member, leaseSet] of Object.entries(recordOf(nodePool).holds)) {
    const moving = movingAgain(leaseSet);
    if (moving !== leaseSet) await noteLeaseSet(nodePool, member, moving);
  }
}

/**
 * Goes on with drains whose producers were being moved when a process died, or could not be while nobody knew who is
 * MASTER. What it does goes into `background`; what came of it is said there.
 */
export function resumeMoving(nodePool: NodePool, background: Set<Promise<void>>, signal: AbortSignal): void {
  for (const [member, leaseSet] of Object.entries(recordOf(nodePool).holds)) {
    for (const { id, phase, moving } of liveLeases(leaseSet)) {
      if (moving !== true || phase !== 'held' || nodePool.moving.has(id)) continue;
      nodePool.moving.add(id);
      const work = moveProducers(nodePool, { member, lease: id, signal })
        .then((moved) => {
          if ('later' in moved) return;
          const detail = `Moving the producers went on. ${moved.detail}`;
          nodePool.say({ ...outcomeOf(nodePool, id, member, 'applied', detail), ...moved, detail });
        })
        .catch((error: unknown) => {
          const detail = `Its producers were not moved: ${messageOf(error)}`;
          nodePool.say(outcomeOf(nodePool, id, member, 'applied', detail));
        })
        .finally(() => background.delete(work));
      background.add(work);
    }
  }
}
