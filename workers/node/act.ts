/** Runs a node's own jobs: the actuator takes them one by one, and the outcome goes back to the pool's stream. */

import type { Job } from 'bullmq';
import { jobFault } from '../../src/broker/entries/written.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';

/** Half of the lock: nothing is begun later (docs/hazards.md#h3). In ms. */
const DEADLINE_MS = 30_000;

export interface ActDependencies {
  runJob(job: ActionJob, signal: AbortSignal): Promise<Outcome>;
  report(outcome: Outcome): void;
  /** Why the seal of a job is not taken, in a part of a sentence; left out: none is asked for. */
  sealFault?(job: ActionJob): string | undefined;
  /** Broker time in ms. */
  now(): number;
}

/** `signal` aborts when the lock of the job is lost. The actuator looks at it right before each side effect. */
export async function actJob(
  job: Job<ActionJob>,
  signal: AbortSignal | undefined,
  deps: ActDependencies,
): Promise<string> {
  const startedAt = deps.now();
  const unread = jobFault(job.data);
  const unsealed = unread === undefined ? deps.sealFault?.(job.data) : undefined;
  const fault = unread ?? unsealed;
  if (fault !== undefined) {
    const why =
      unsealed === undefined
        ? `This node cannot read the job (${fault}): it was written by another version.`
        : `This node does not take the job: ${fault}.`;
    const refused = refusalOf(job.data, why, startedAt);
    if (refused !== undefined) deps.report({ ...refused, startedAt });
    return `set aside: ${fault}`;
  }
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const outcome = await deps.runJob(job.data, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  deps.report({ ...outcome, startedAt });
  return `${outcome.result}: ${outcome.detail}`;
}

/** Makes the answer to a job that is not done; undefined where the job does not even say whose it is. */
function refusalOf(data: unknown, why: string, at: number): Outcome | undefined {
  const { pool, decision, node, member = '' } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (![pool, decision, node].every((field) => typeof field === 'string' && field !== '')) return undefined;
  const detail = `${why} Nothing was touched.`;
  const named = { pool: String(pool), decision: String(decision), node: String(node), member: String(member) };
  return { kind: 'outcome', ...named, at, result: 'refused', detail };
}
