import type { Action } from './action.ts';

/** Schedulers for which every weight above 0 is the same (T16; ip_vs_rr.c, ip_vs_lc.c, ip_vs_dh.c). */
const UNWEIGHTED = new Set(['rr', 'lc', 'dh']);

/** Gives new connections to a member in another proportion. Moves nobody who is connected. */
export const setWeight: Action = {
  kind: 'set_weight',
  async run(job, pool, tools) {
    const { lease } = job;
    if (lease === undefined) return { result: 'refused', detail: 'The job says no weight.', at: tools.now() };
    const { scheduler } = pool.lvs;
    return tools.takeLease({
      terms: lease,
      moving: false,
      unfit: (base) => {
        if (lease.weight > base) {
          return `A lease only lowers a weight, and ${job.member} has ${base}: a higher one belongs into keepalived.conf.`;
        }
        if (!UNWEIGHTED.has(scheduler) || lease.weight === 0 || lease.weight === base) return undefined;
        return `The scheduler ${scheduler} treats every weight above 0 alike: only 0 and ${base} mean something to it.`;
      },
    });
  },
};
