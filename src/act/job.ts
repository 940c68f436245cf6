/** One job from its arrival to its outcome: what was done before, the action, the record of it. */

import type { ActionJob } from '../model/decisions/action.ts';
import type { Outcome } from '../model/decisions/outcome.ts';
import { FORMAT_VERSION, versionOf } from '../model/entries/version.ts';
import { messageOf } from '../model/error.ts';
import { ACTIONS } from './actions/index.ts';
import { auditBodyOf } from './audit/audit-bodies.ts';
import type { Done } from './done.ts';
import { recordOf } from './leases/lease-sets.ts';
import { outcomeOf } from './leases/settle-ended.ts';
import type { PoolRecord } from './ledger/pool-record.ts';
import type { NodePool } from './node-pool.ts';
import { ACTED_KEPT, doneNow, isFenced, type RunningJob, refused, runningJob } from './running-job.ts';

export async function runJob(nodePool: NodePool, job: ActionJob, signal: AbortSignal): Promise<Outcome> {
  const cameAt = nodePool.now();
  remember(nodePool.arrived, job.decision);
  try {
    await nodePool.ledger.ready();
  } catch (error) {
    return outcomeOf(nodePool, job.decision, job.member, 'refused', messageOf(error));
  }
  const running = runningJob(nodePool, job, signal);
  const answered = outcomeBefore(running);
  if (answered !== undefined) return answered;
  const done = await runAction(running);
  const outcome: Outcome = { ...outcomeOf(nodePool, job.decision, job.member, done.result, done.detail), ...done };
  if (isFenced(job)) await nodePool.ledger.note(nodePool.pool.name, (record) => withOutcome(record, outcome));
  // Asked again to end a lease that it keeps, the node answers as before: that answer is on record already.
  const isOld = outcome.result === 'kept' && outcome.at < cameAt;
  if (!isOld) await nodePool.audit.note(nodePool.now(), auditBodyOf(outcome, running.hasBegun ? 'end' : 'refused'));
  return outcome;
}

/** The node's earlier answer to the same job. */
function outcomeBefore({ nodePool, job }: RunningJob): Outcome | undefined {
  return recordOf(nodePool).acted.find(({ decision }) => decision === job.decision)?.outcome;
}

async function runAction(running: RunningJob): Promise<Done> {
  const { action } = running.job;
  try {
    if (!Object.hasOwn(ACTIONS, action)) return refused(running, unknownAction(running.job));
    return await ACTIONS[action].run(running);
  } catch (error) {
    return doneNow(running, { result: 'failed', detail: messageOf(error) });
  }
}

/** The answer to an action that this node's version does not know. */
function unknownAction({ action, version, node }: ActionJob): string {
  return `This node knows no action ${action}: the job is of version ${versionOf(version)}, and Weir on ${node} knows ${FORMAT_VERSION} at most. Nothing was touched; update it.`;
}

/** Remembers the newest decisions; older ones are over. */
function remember(decisions: Set<string>, decision: string): void {
  decisions.add(decision);
  for (const oldest of decisions) {
    if (decisions.size <= ACTED_KEPT) return;
    decisions.delete(oldest);
  }
}

/** Only what was begun is remembered: a refusal touched nothing, and its job may come again. */
function withOutcome(record: PoolRecord, outcome: Outcome): PoolRecord {
  if (!record.acted.some((acted) => acted.decision === outcome.decision)) return record;
  const acted = record.acted.map((job) => (job.decision === outcome.decision ? { ...job, outcome } : job));
  return { ...record, acted };
}
