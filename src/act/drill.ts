import { type ActionJob, NODE_KINDS } from '../model/decisions/action.ts';
import type { Outcome } from '../model/decisions/outcome.ts';
import { formatDuration } from '../model/duration.ts';
import { messageOf } from '../model/error.ts';
import { unfitWeight } from './actions/set-weight.ts';
import { forbidden } from './admission.ts';
import { recordOf, rowOf } from './leases/lease-sets.ts';
import { outcomeOf } from './leases/settle-ended.ts';
import { heardNow, type NodePool } from './node-pool.ts';
import { overBudget } from './takings.ts';

/**
 * A job as a drill: everything that it meets on its way to the kernel, and no further. The fence and the pre-flight answer
 * as they would in earnest; nothing is written down, no lease is taken, no table and no file is touched.
 */
export async function runDrill(nodePool: NodePool, job: ActionJob, until: number): Promise<Outcome> {
  const { decision, member } = job;
  const refused = (detail: string) => outcomeOf(nodePool, decision, member, 'refused', `Drill: ${detail}`);
  try {
    const now = nodePool.now();
    if (now > until) {
      return outcomeOf(
        nodePool,
        decision,
        member,
        'expired',
        `Drill: it came ${formatDuration(now - until)} too late.`,
      );
    }
    const held = await forbidden(nodePool, job.force === true);
    if (held !== undefined) return refused(held.detail);
    await nodePool.ledger.ready();
    const { entryId } = job;
    const fence = nodePool.rails.fence({ entryId, highest: recordOf(nodePool).fence, now: heardNow(nodePool) });
    if (!fence.pass) return refused(`${fence.rail}: ${fence.sentence}`);
    const over = job.action === 'restore' ? undefined : overBudget(nodePool);
    if (over !== undefined) return refused(over.detail);
    if (job.action === 'failover' && job.handover === undefined) return refused('the VIP cannot be handed over now.');
    const writable = nodePool.readings.writable(now);
    if (NODE_KINDS.has(job.action)) {
      const facts = { director: nodePool.readings.director(now), handover: job.handover, writable };
      const verdict = nodePool.rails.preflightVip(facts);
      if (!verdict.pass) return refused(`${verdict.rail}: ${verdict.sentence}`);
      return outcomeOf(nodePool, decision, member, 'applied', `Drill: ${verdict.sentence} Nothing was changed.`);
    }
    const table = await nodePool.lvs.read(nodePool.pool);
    const before = rowOf(table, member).weight;
    const weight = job.lease?.weight ?? before;
    const verdict = nodePool.rails.preflight({ action: job.action, member, weight, table, writable });
    if (!verdict.pass) return refused(`${verdict.rail}: ${verdict.sentence}`);
    const unfit =
      job.action === 'set_weight' && job.lease && unfitWeight(job.lease.weight, before, member, nodePool.pool);
    if (unfit) return refused(unfit);
    const what =
      job.lease === undefined
        ? `${job.action} would be done.`
        : `${member} would go from weight ${before} to ${weight}.`;
    return outcomeOf(nodePool, decision, member, 'applied', `Drill: ${what} Nothing was changed.`);
  } catch (error) {
    return outcomeOf(nodePool, decision, member, 'failed', `Drill: ${messageOf(error)}`);
  }
}
