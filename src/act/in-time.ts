import { formatDuration } from '../model/duration.ts';
import { messageOf } from '../model/error.ts';
import { type Claim, type CutOff, cutOff } from './admission.ts';
import type { NodePool } from './node-pool.ts';

/**
 * Why something must not be done any more, asked right before the kernel is touched. The time is the broker's. The clocks of
 * this machine stood still if the hypervisor had stopped it, and what it saw before would look fresh.
 */
export async function cutOffNow(nodePool: NodePool, claim: Claim, signal: AbortSignal): Promise<CutOff | undefined> {
  let said: number;
  try {
    said = await nodePool.askNow();
  } catch (error) {
    const why = messageOf(error).replace(/\.$/, '');
    return refused(`The broker does not tell the time (${why}): the reason for this action may be over.`);
  }
  const now = nodePool.now();
  const latest = Math.max(said, now);
  const cut = cutOff(nodePool, claim, signal, latest);
  if (cut !== undefined) return cut;
  // Asked again, because the node had not heard the time when the job came.
  const fence = claim.entryId && nodePool.rails.fence({ entryId: claim.entryId, now: latest });
  if (fence && !fence.pass) return { result: 'refused', detail: `${fence.rail}: ${fence.sentence}` };
  const apartMs = Math.abs(said - now);
  if (apartMs <= nodePool.staleAfterMs) return undefined;
  return refused(
    `The broker's clock is ${formatDuration(apartMs)} ${said > now ? 'ahead of' : 'behind'} this node's time: ` +
      "this machine was paused, or the broker's clock has stepped. What was seen before may be over.",
  );
}

function refused(sentence: string): CutOff {
  return { result: 'refused', detail: `pre-flight: ${sentence}` };
}
