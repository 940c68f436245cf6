import type { Action } from './action.ts';

/**
 * Weight 0, and then the producers that are connected are moved: weight 0 alone never moves a producer that stays
 * connected (T22). Nobody is moved before the weight is read back, or they would return.
 */
export const drain: Action = {
  kind: 'drain',
  async run(job, _pool, tools) {
    if (job.lease === undefined) return { result: 'refused', detail: 'The job has no lease.', at: tools.now() };
    const held = await tools.takeLease({ terms: { ...job.lease, weight: 0 }, moving: true });
    if (held.result !== 'applied') return held;
    const moving = await tools.moveProducers({ drained: true });
    return { ...held, ...moving, detail: `${held.detail} ${moving.detail}`, at: tools.now() };
  },
};
