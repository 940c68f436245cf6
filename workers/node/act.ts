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
  const fault = jobFault(job.data);
  if (fault !== undefined) {
    const refused = refusalOf(job.data, fault, startedAt);
    if (refused !== undefined) deps.report({ ...refused, startedAt });
    return `set aside: ${fault}`;
  }
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const outcome = await deps.runJob(job.data, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  deps.report({ ...outcome, startedAt });
  return `${outcome.result}: ${outcome.detail}`;
}

/** Makes the answer to a job that this version cannot read; undefined where the job does not even say whose it is. */
function refusalOf(data: unknown, fault: string, at: number): Outcome | undefined {
  const { pool, decision, node, member = '' } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (![pool, decision, node].every((one) => typeof one === 'string' && one !== '')) return undefined;
  const detail = `This node cannot read the job (${fault}): it was written by another version. Nothing was touched.`;
  const named = { pool: String(pool), decision: String(decision), node: String(node), member: String(member) };
  return { kind: 'outcome', ...named, at, result: 'refused', detail };
}
