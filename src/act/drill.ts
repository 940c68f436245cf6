import { type ActionJob, NODE_KINDS } from '../model/action.ts';
import { formatDuration } from '../model/duration.ts';
import type { Outcome } from '../model/entry.ts';
import { messageOf } from '../model/error.ts';
import { unfitWeight } from './actions/set-weight.ts';
import { news, recordOf, rowOf } from './pool-context.ts';
import type { PoolDesk } from './producers.ts';

/**
 * A job as a drill: everything that it meets on its way to the kernel, and no further. The fence and the pre-flight answer
 * as they would in earnest; nothing is written down, no lease is taken, no table and no file is touched.
 */
export async function runDrill(desk: PoolDesk, job: ActionJob, until: number): Promise<Outcome> {
  const { decision, member } = job;
  const refused = (detail: string) => news(desk, decision, member, 'refused', `Drill: ${detail}`);
  try {
    const now = desk.now();
    if (now > until) {
      return news(desk, decision, member, 'expired', `Drill: it came ${formatDuration(now - until)} too late.`);
    }
    await desk.ledger.ready();
    const fence = desk.rails.fence({ entryId: job.entryId, highest: recordOf(desk).fence });
    if (!fence.pass) return refused(`${fence.rail}: ${fence.sentence}`);
    if (job.action === 'failover' && job.handover === undefined) return refused('the VIP cannot be handed over now.');
    const writable = desk.readings.writable(now);
    if (NODE_KINDS.has(job.action)) {
      const facts = { director: desk.readings.director(now), handover: job.handover, writable };
      const verdict = desk.rails.preflightVip(facts);
      if (!verdict.pass) return refused(`${verdict.rail}: ${verdict.sentence}`);
      return news(desk, decision, member, 'applied', `Drill: ${verdict.sentence} Nothing was changed.`);
    }
    const table = await desk.lvs.read(desk.pool);
    const before = rowOf(table, member).weight;
    const weight = job.lease?.weight ?? before;
    const verdict = desk.rails.preflight({ action: job.action, member, weight, table, writable });
    if (!verdict.pass) return refused(`${verdict.rail}: ${verdict.sentence}`);
    const unfit = job.action === 'set_weight' && job.lease && unfitWeight(job.lease.weight, before, member, desk.pool);
    if (unfit) return refused(unfit);
    const what =
      job.lease === undefined
        ? `${job.action} would be done.`
        : `${member} would go from weight ${before} to ${weight}.`;
    return news(desk, decision, member, 'applied', `Drill: ${what} Nothing was changed.`);
  } catch (error) {
    return news(desk, decision, member, 'failed', `Drill: ${messageOf(error)}`);
  }
}
