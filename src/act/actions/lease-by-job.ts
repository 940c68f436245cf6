import type { LeaseTerms } from '../../model/decisions/action.ts';
import type { Done } from '../done.ts';
import { takeLease } from '../leases/take-lease.ts';
import { begin, cutOffBefore, type RunningJob, refusalToTake } from '../running-job.ts';

interface Wanted {
  readonly terms: LeaseTerms;
  /** Marks the lease until its producers are moved, so that a crash does not leave them behind. */
  readonly moving: boolean;
  /** May refuse once the base is known. */
  readonly unfit?: (base: number) => string | undefined;
}

/** Puts a lease on the job's member and sets the intended weight. */
export function leaseByJob(running: RunningJob, { terms, moving, unfit }: Wanted): Promise<Done> {
  const { nodePool, job } = running;
  return nodePool.lock(async () => {
    const refusal = await refusalToTake(running);
    if (refusal !== undefined) return refusal;
    if (moving) nodePool.moving.add(job.decision);
    const wasUnwritable = job.unwritable;
    const done = await takeLease(nodePool, {
      id: job.decision,
      member: job.member,
      action: job.action,
      terms: { ...terms, unwritable: wasUnwritable === true },
      moving,
      cutOff: () => cutOffBefore(running),
      wasUnwritable,
      unfit,
      begin: () => begin(running),
    });
    if (done.result !== 'applied') nodePool.moving.delete(job.decision);
    return done;
  });
}
