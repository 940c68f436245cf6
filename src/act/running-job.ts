/** A job that this node is running: what every action asks before it touches anything, and writes down that it began. */

import type { ActionJob } from '../model/decisions/action.ts';
import { compareEntryIds } from '../model/ids.ts';
import { type Claim, type CutOff, cutOff, overtaken, refusal } from './admission.ts';
import { beginOf } from './audit/audit-bodies.ts';
import type { Done } from './done.ts';
import { cutOffNow } from './in-time.ts';
import { liveIds } from './leases/end-leases.ts';
import { recordOf } from './leases/lease-sets.ts';
import type { PoolRecord } from './ledger/pool-record.ts';
import type { NodePool } from './node-pool.ts';
import { withTaking } from './takings.ts';

/** Decisions that are remembered so that none is acted on twice. */
export const ACTED_KEPT = 50;

export interface RunningJob {
  readonly nodePool: NodePool;
  readonly job: ActionJob;
  readonly signal: AbortSignal;
  /** What the admission of the job is asked about. */
  readonly claim: Claim;
  /** It was written down that the job began; from then on something may have been touched. */
  hasBegun: boolean;
}

export function runningJob(nodePool: NodePool, job: ActionJob, signal: AbortSignal): RunningJob {
  const claim: Claim = {
    bringer: 'job',
    id: job.decision,
    entryId: job.entryId,
    expiresAt: job.expiresAt,
    force: job.force === true,
  };
  return { nodePool, job, signal, claim, hasBegun: false };
}

/** What an action answers, now. */
export function doneNow({ nodePool }: Pick<RunningJob, 'nodePool'>, done: Omit<Done, 'at'>): Done {
  return { ...done, at: nodePool.now() };
}

export function refused(running: RunningJob, detail: string): Done {
  return doneNow(running, { result: 'refused', detail });
}

/** Why the job must not go on, asked from the broker right before something is touched. */
export function cutOffBefore({ nodePool, claim, signal }: RunningJob): Promise<CutOff | undefined> {
  return cutOffNow(nodePool, claim, signal);
}

/** Why the job may not take anything; undefined where it may. Runs under the pool's lock. */
export async function refusalToTake(running: RunningJob): Promise<Done | undefined> {
  return cutShort(running) ?? refusal(running.nodePool, running.claim, running.signal);
}

/** Why the job may not give anything back; undefined where it may. The hold file does not count for that. */
export function refusalToGiveBack(running: RunningJob): Done | undefined {
  const { nodePool, claim, signal, job } = running;
  const cut = cutOff(nodePool, claim, signal);
  if (cut !== undefined) return doneNow(running, cut);
  return isFenced(job) ? (cutShort(running) ?? overtaken(nodePool, claim)) : undefined;
}

/** The job was begun by a process that died. It is not done again, and its lease says what became of it. */
function cutShort(running: RunningJob): Done | undefined {
  const { nodePool, job } = running;
  if (!recordOf(nodePool).acted.some((acted) => acted.decision === job.decision)) return undefined;
  const isHeld = liveIds(nodePool, job.member).includes(job.decision);
  return isHeld
    ? doneNow(running, { result: 'applied', detail: 'The action was cut short, and its lease is held.' })
    : doneNow(running, { result: 'failed', detail: 'The action was cut short, and Weir does not repeat it.' });
}

/**
 * Writes into the audit that the job begins; throws when that cannot be written.
 *
 * @returns what goes into the lease file in the same write as the change.
 */
export async function begin(running: RunningJob): Promise<(record: PoolRecord) => PoolRecord> {
  const { nodePool, job } = running;
  await nodePool.audit.write(nodePool.now(), beginOf(job));
  running.hasBegun = true;
  return (record) => withTaking(nodePool, withBegun(job)(record));
}

/** As `begin`, for giving weight back: that does not wait for a disk that refuses to write. */
export async function beginGivingBack(running: RunningJob): Promise<void> {
  const { nodePool, job } = running;
  await nodePool.audit.note(nodePool.now(), beginOf(job));
  running.hasBegun = true;
  if (isFenced(job)) await nodePool.ledger.note(nodePool.pool.name, withBegun(job));
}

/**
 * Whether the job passes the fence, once and in order. Ending leases by name does not: it can be done late, twice and in
 * any order with the same result, and holding it back would keep a member out of service.
 */
export function isFenced(job: ActionJob): boolean {
  return job.action !== 'restore' || job.leaseIds === undefined;
}

function withBegun(job: ActionJob): (record: PoolRecord) => PoolRecord {
  return (record) => {
    const { fence = job.entryId } = record;
    const others = record.acted.filter((acted) => acted.decision !== job.decision);
    return {
      ...record,
      fence: compareEntryIds(job.entryId, fence) > 0 ? job.entryId : fence,
      acted: [...others, { decision: job.decision }].slice(-ACTED_KEPT),
    };
  };
}
