import { messageOf } from '../../model/error.ts';
import type { Done } from '../done.ts';
import { moveProducers } from '../producers/producers.ts';
import type { RunningJob } from '../running-job.ts';

/**
 * Moves producers off the job's member if this node is MASTER. A failure becomes a sentence and fails nothing.
 *
 * @param drained the job has taken a lease at weight 0: it is marked as done once they are moved.
 */
export async function moveByJob(
  { nodePool, job, signal, claim }: RunningJob,
  { drained }: { readonly drained: boolean },
): Promise<Pick<Done, 'detail' | 'moved' | 'stuck'>> {
  try {
    const lease = drained ? job.decision : undefined;
    const moved = await moveProducers(nodePool, { member: job.member, lease, signal, force: claim.force });
    return 'later' in moved ? { detail: moved.detail } : moved;
  } catch (error) {
    return { detail: `Its producers were not moved: ${messageOf(error)}` };
  }
}
