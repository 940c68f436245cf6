/** Tells people what was committed: at least once, each channel by itself. */

import type { Job } from 'bullmq';
import { DelayedError } from 'bullmq';
import type { Message } from '../../src/model/people/message.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import type { Teller } from '../../src/tell/notify/teller.ts';
import { failureOf, tellAll } from '../../src/tell/notify/tellers.ts';

/** The news, and which channels have it from an earlier try. */
export interface TellJob {
  readonly news: Message;
  readonly told?: readonly string[];
}

export interface TellDependencies {
  readonly tellers: readonly Teller[];
  readonly metrics: Pick<Metrics, 'told' | 'tellFailed'>;
}

/**
 * One try. A channel that asks to be left alone for a while gets its job delayed by that, which costs no attempt and
 * holds no lock; any other failure is thrown and comes back with BullMQ's backoff, for the channels that failed only.
 */
export async function tellJob(job: Job<TellJob>, token: string | undefined, deps: TellDependencies): Promise<void> {
  const before = job.data.told ?? [];
  const result = await tellAll(deps.tellers, job.data.news, {
    told: before,
    onFailure: (error) => deps.metrics.tellFailed(error.teller),
  });
  for (const channel of result.told) if (!before.includes(channel)) deps.metrics.told(channel);
  const failure = failureOf(result);
  if (failure === undefined) return;
  await job.updateData({ ...job.data, told: result.told });
  if (failure.retryAfterMs === undefined) throw failure;
  await job.moveToDelayed(Date.now() + failure.retryAfterMs, token);
  throw new DelayedError();
}
