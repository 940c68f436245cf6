import type { Done } from '../done.ts';
import { endLeases, keepLeases, liveIds, refuseLater, wouldRaise } from '../leases/end-leases.ts';
import { leaseSetOf } from '../leases/lease-sets.ts';
import { weightsOf } from '../leases/settle-ended.ts';
import { beginGivingBack, doneNow, type RunningJob, refusalToGiveBack } from '../running-job.ts';
import { endHandover } from '../vip/handover.ts';
import type { Action } from './action.ts';

/** Ends leases: the member gets the smallest of what is left, and its base when nothing is. */
export const restore: Action = {
  kind: 'restore',
  run: (running) => running.nodePool.lock(() => endByJob(running)),
};

async function endByJob(running: RunningJob): Promise<Done> {
  const { nodePool, job } = running;
  const { member, leaseIds, unconditional = false } = job;
  const refusal = refusalToGiveBack(running);
  if (refusal !== undefined) return refusal;
  const ids = liveIds(nodePool, member, leaseIds);
  await refuseLater(nodePool, member, leaseIds ?? [], 'The lease was ended before its job came here.');
  const by = unconditional ? 'A person asked for it' : 'Its reason is over';
  if (!unconditional && mustStay(running, ids)) {
    return { result: 'kept', ...(await keepLeases(nodePool, member, ids, by)) };
  }
  await beginGivingBack(running);
  const isHandoverEnded = member === nodePool.node && (await endHandover(nodePool, leaseIds));
  const change = await endLeases(nodePool, {
    member,
    ids,
    how: { result: 'ended', detail: `${by}.` },
    quiet: leaseIds ?? [],
    ...(unconditional && { atOnce: true }),
  });
  const what = ids.length === 0 ? `Weir holds no lease on ${member}` : by;
  const vip = isHandoverEnded ? ' The VIP may come here again.' : '';
  return doneNow(running, {
    result: leaseIds === undefined ? 'applied' : 'ended',
    detail: `${what}: ${weightsOf(member, change, leaseSetOf(nodePool, member))}${vip}`,
    weightBefore: change.before.weight,
    weightAfter: change.after.weight,
  });
}

/** Whether giving weight back would send producers to a member that this node does not see writable. */
function mustStay({ nodePool, job }: RunningJob, ids: readonly string[]): boolean {
  const reading = nodePool.readings.seen(job.member, nodePool.now());
  return reading?.writable !== true && wouldRaise(nodePool, job.member, ids);
}
