import { begin, cutOffBefore, doneNow, refusalToTake, refused } from '../running-job.ts';
import type { Action } from './action.ts';

/** Takes off a VIP that a dead keepalived left behind: without that, two hosts answer for it. */
export const removeOrphanVip: Action = {
  kind: 'remove_orphan_vip',
  run(running) {
    const { nodePool } = running;
    const { pool, rails, readings } = nodePool;
    return nodePool.lock(async () => {
      const refusal = await refusalToTake(running);
      if (refusal !== undefined) return refusal;
      const director = readings.director(nodePool.now());
      const verdict = rails.preflightVip({ director, writable: readings.writable(nodePool.now()) });
      if (!verdict.pass) return refused(running, `${verdict.rail}: ${verdict.sentence}`);
      await nodePool.ledger.write(pool.name, await begin(running));
      const cut = await cutOffBefore(running);
      if (cut !== undefined) return doneNow(running, cut);
      await nodePool.removeOrphan();
      const detail = `${pool.vip.address} was taken off the interface, and this node directs no more.`;
      return doneNow(running, { result: 'applied', detail });
    });
  },
};
