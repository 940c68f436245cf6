/** A node's own jobs: handed to its hand one by one, the outcome put back on the pool's stream. */

import type { Job } from 'bullmq';
import type { ActionJob } from '../src/model/action.ts';
import type { Outcome } from '../src/model/entry.ts';

/** Half of the lock: whatever is not done by then is not begun any more (stack.md H3). In ms. */
const DEADLINE_MS = 30_000;

export interface ActDependencies {
  runJob(job: ActionJob, signal: AbortSignal): Promise<Outcome>;
  report(outcome: Outcome): void;
  /** Broker time in ms. */
  now(): number;
}

/** `signal` aborts when the job's lock is lost; the hand looks at it right before each side effect. */
export async function actJob(
  job: Job<ActionJob>,
  signal: AbortSignal | undefined,
  deps: ActDependencies,
): Promise<string> {
  const startedAt = deps.now();
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const outcome = await deps.runJob(job.data, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  deps.report({ ...outcome, startedAt });
  return `${outcome.result}: ${outcome.detail}`;
}
