import { formatDuration } from '../model/duration.ts';
import { messageOf } from '../model/error.ts';
import { type Claim, type CutOff, cutOff } from './admission.ts';
import type { NodePool } from './node-pool.ts';

/**
 * Why something must not be done any more, asked right before the kernel is touched. The broker says the time, and no clock of
 * this machine: where the hypervisor had stopped it those stood still, and what it saw before looks fresh.
 */
export async function cutOffNow(nodePool: NodePool, claim: Claim, signal: AbortSignal): Promise<CutOff | undefined> {
  let said: number;
  try {
    said = await nodePool.askNow();
  } catch (error) {
    const why = messageOf(error).replace(/\.$/, '');
    return refused(`The broker does not say what time it is (${why}): what this was decided for may be over.`);
  }
  const now = nodePool.now();
  const latest = Math.max(said, now);
  const cut = cutOff(nodePool, claim, signal, latest);
  if (cut !== undefined) return cut;
  // Asked again where the node had not heard the time when the job came.
  const fence = claim.entryId && nodePool.rails.fence({ entryId: claim.entryId, now: latest });
  if (fence && !fence.pass) return { result: 'refused', detail: `${fence.rail}: ${fence.sentence}` };
  const apartMs = Math.abs(said - now);
  if (apartMs <= nodePool.staleAfterMs) return undefined;
  return refused(
    `The broker says that it is ${formatDuration(apartMs)} ${said > now ? 'later' : 'earlier'} than this node goes by: ` +
      "this machine was paused, or the broker's clock has stepped. What was seen before may be over.",
  );
}

function refused(sentence: string): CutOff {
  return { result: 'refused', detail: `pre-flight: ${sentence}` };
}
