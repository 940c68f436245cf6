import { doneNow, refused } from '../running-job.ts';
import type { Action } from './action.ts';
import { leaseByJob } from './lease-by-job.ts';
import { moveByJob } from './move-by-job.ts';

/**
 * Weight 0, and then the producers that are connected are moved: weight 0 alone never moves a producer that stays
 * connected (docs/hazards.md#t22). Nobody is moved before the weight is read back, or they would return.
 */
export const drain: Action = {
  kind: 'drain',
  async run(running) {
    const { lease } = running.job;
    if (lease === undefined) return refused(running, 'The job has no lease.');
    const held = await leaseByJob(running, { terms: { ...lease, weight: 0 }, moving: true });
    if (held.result !== 'applied') return held;
    const moving = await moveByJob(running, { drained: true });
    return doneNow(running, { ...held, ...moving, detail: `${held.detail} ${moving.detail}` });
  },
};
