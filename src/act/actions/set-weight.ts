import type { PoolConfig } from '../../model/configuration/config.ts';
import { refused } from '../running-job.ts';
import type { Action } from './action.ts';
import { leaseByJob } from './lease-by-job.ts';

/** Schedulers for which every weight above 0 is the same (docs/hazards.md#t16; ip_vs_rr.c, ip_vs_lc.c, ip_vs_dh.c). */
const UNWEIGHTED = new Set(['rr', 'lc', 'dh']);

/** Why a lease cannot set this weight; asked once the base is known. */
export function unfitWeight(weight: number, base: number, member: string, { lvs }: PoolConfig): string | undefined {
  if (weight > base) {
    return `A lease only lowers a weight, and ${member} has ${base}: a higher one belongs in keepalived.conf.`;
  }
  if (!UNWEIGHTED.has(lvs.scheduler) || weight === 0 || weight === base) return undefined;
  return `The scheduler ${lvs.scheduler} treats every weight above 0 alike: only 0 and ${base} mean something to it.`;
}

/** Changes a member's share of new connections. Connected producers stay. */
export const setWeight: Action = {
  kind: 'set_weight',
  async run(running) {
    const { job, nodePool } = running;
    const { lease } = job;
    if (lease === undefined) return refused(running, 'The job says no weight.');
    return leaseByJob(running, {
      terms: lease,
      moving: false,
      unfit: (base) => unfitWeight(lease.weight, base, job.member, nodePool.pool),
    });
  },
};
