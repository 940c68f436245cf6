import type { Action } from './action.ts';

/** The VIP leaves this node for the one that the decision names. */
export const failover: Action = {
  kind: 'failover',
  async run(job, _pool, tools) {
    if (job.handover === undefined) return { result: 'refused', detail: 'The job has no handover.', at: tools.now() };
    return tools.handOver(job.handover);
  },
};
