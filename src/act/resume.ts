import { messageOf } from '../model/error.ts';
import { intendedWeight, liveLeases, patch } from './leases.ts';
import { news, noteHold, recordOf } from './pool-context.ts';
import { moveProducers, type PoolDesk } from './producers.ts';

/**
 * The VIP has come here: what is drained may have producers that come through this node now, so they are moved from here.
 * Runs under the pool's lock.
 */
export async function moveAgain(desk: PoolDesk): Promise<void> {
  for (const [member, hold] of Object.entries(recordOf(desk).holds)) {
    const [lease] = liveLeases(hold).filter(({ phase, weight }) => phase === 'held' && weight === 0);
    if (lease !== undefined && intendedWeight(hold) === 0) {
      await noteHold(desk, member, patch(hold, lease.id, { moving: true }));
    }
  }
}

/**
 * Goes on with drains whose producers were being moved when a process died, or could not be while nobody knew who is
 * MASTER. What it does goes into `background`; what came of it is said there.
 */
export function resumeMoving(desk: PoolDesk, background: Set<Promise<void>>, signal: AbortSignal): void {
  for (const [member, hold] of Object.entries(recordOf(desk).holds)) {
    for (const { id, phase, moving } of liveLeases(hold)) {
      if (moving !== true || phase !== 'held' || desk.moving.has(id)) continue;
      desk.moving.add(id);
      const work = moveProducers(desk, { member, lease: id, signal })
        .then((moved) => {
          if ('later' in moved) return;
          const detail = `Moving the producers went on. ${moved.detail}`;
          desk.say({ ...news(desk, id, member, 'applied', detail), ...moved, detail });
        })
        .catch((error: unknown) => {
          const detail = `Its producers were not moved: ${messageOf(error)}`;
          desk.say(news(desk, id, member, 'applied', detail));
        })
        .finally(() => background.delete(work));
      background.add(work);
    }
  }
}
