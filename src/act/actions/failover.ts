import { begin, cutOffBefore, refusalToTake, refused } from '../running-job.ts';
import { handOver } from '../vip/handover.ts';
import type { Action } from './action.ts';

/** The VIP leaves this node for the one that the decision names. */
export const failover: Action = {
  kind: 'failover',
  async run(running) {
    const { nodePool, job, signal } = running;
    if (job.handover === undefined) return refused(running, 'The job has no handover.');
    return handOver(nodePool, {
      id: job.decision,
      terms: job.handover,
      signal,
      refusal: () => refusalToTake(running),
      cutOff: () => cutOffBefore(running),
      begin: () => begin(running),
    });
  },
};
