/**
 * The leases that the pool wants: taken when a node has applied one, renewed while the finding fires, ended when it is
 * over. A director that missed the job reads them in `weir:{pool}:leases` and takes or ends them there.
 */

import { type ActionJob, type DesiredLease, ENDED_KEPT_MS, REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { isEnd, type Outcome } from '../../model/decisions/outcome.ts';
import { compareEntryIds, endJobId, entryOf, findingKey } from '../../model/ids.ts';
import { type Draft, freshNodes, saveDecision } from '../state/draft.ts';
import { JOB_EXPIRES_MS, type PoolLease, toNodeOutcome } from '../state/state.ts';
import { bury, forgetTombstones } from './tombstones.ts';

/** Whether a lease was decided on before something else, by the entries that both came with. */
export function isBefore(lease: string, decision: string): boolean {
  return compareEntryIds(entryOf(lease), entryOf(decision)) < 0;
}

/** Writes the lease for the directors to read. This entry is the fence of whoever takes it up. */
export function desire(
  draft: Draft,
  lease: PoolLease,
  more: Pick<DesiredLease, 'jobExpiresAt' | 'endedAt'> = {},
): void {
  const { id, pool, member, weight, until, owner, reason, rule } = lease;
  const entryId = draft.entry.id;
  // An earlier version did not say it: then a rule's lease counts as one for a member that cannot be written.
  const unwritable = lease.unwritable ?? rule !== undefined;
  if (draft.leases[id] !== undefined) draft.leases[id] = { ...lease, entryId };
  draft.desired.set(id, { id, pool, member, weight, until, owner, reason, entryId, unwritable, ...more });
}

function leaseOf(draft: Draft, decision: Decision, leaseMs: number): PoolLease {
  return {
    id: decision.id,
    pool: decision.pool,
    member: decision.target,
    weight: decision.weight ?? 0,
    until: decision.at + leaseMs,
    owner: decision.by,
    reason: decision.reason,
    unwritable: draft.open[decision.id]?.unwritable === true,
    leaseMs,
    ...(decision.rule !== 'request' && { rule: decision.rule }),
  };
}

/** A node holds the decision's lease: every director is to hold it. While the decision is open, only as long as its job. */
export function wantLease(draft: Draft, decision: Decision): void {
  if (draft.leases[decision.id] !== undefined || decision.leaseMs === undefined) return;
  const lease = leaseOf(draft, decision, decision.leaseMs);
  draft.leases[lease.id] = lease;
  desire(draft, lease, { jobExpiresAt: decision.at + JOB_EXPIRES_MS });
}

/** The decision stands: every director, also one that missed the job, is to hold its lease as long as it lives. */
export function desireLease(draft: Draft, id: string): void {
  const lease = draft.leases[id];
  if (lease !== undefined) desire(draft, lease);
}

/**
 * The decision has failed: its lease is over for the pool, whether or not a node has said by now that it took it. A lease
 * that is remembered as ended is neither adopted from a node nor handed to one.
 */
export function denyLease(draft: Draft, decision: Decision): void {
  if (draft.leases[decision.id] !== undefined) endLease(draft, decision.id);
  else if (decision.leaseMs !== undefined && REDUCING_KINDS.has(decision.action)) {
    forgetLease(draft, leaseOf(draft, decision, decision.leaseMs));
  }
}

/** A node has taken a lease that is over for the pool by now: it is to end it. */
export function endLate(draft: Draft, decision: Decision, node: string): void {
  if (draft.ended[decision.id] === undefined) return;
  draft.jobs.push(endJob(draft, { id: decision.id, pool: decision.pool, member: decision.target }, node));
}

/** A lease is over for the pool. Nodes that are heard get a job; the others read its end when they are back. */
export function endLease(draft: Draft, id: string): void {
  const lease = draft.leases[id];
  if (lease === undefined) return;
  forgetLease(draft, lease);
  for (const node of freshNodes(draft)) draft.jobs.push(endJob(draft, lease, node));
}

/** One node is to end the lease that it shows. @param again it was asked before; each job needs an id of its own. */
export function askToEnd(
  draft: Draft,
  lease: { id: string; pool: string; member: string },
  node: string,
  again: boolean,
) {
  const job = endJob(draft, lease, node);
  draft.jobs.push(again ? { ...job, decision: endJobId(lease.id, draft.now) } : job);
}

function endJob(draft: Draft, lease: { id: string; pool: string; member: string }, node: string): ActionJob {
  return {
    decision: endJobId(lease.id),
    pool: lease.pool,
    node,
    action: 'restore',
    member: lease.member,
    entryId: draft.entry.id,
    expiresAt: draft.now + JOB_EXPIRES_MS,
    leaseIds: [lease.id],
  };
}

/** The VIP may come back to the node: the handover has not worked, or no node was seen to take the VIP. */
export function endHandover(draft: Draft, { id, pool, target }: Decision): void {
  draft.jobs.push(endJob(draft, { id, pool, member: target }, target));
}

/** The lease is over for the pool. Its end is remembered, and written for the directors to read. */
export function forgetLease(draft: Draft, lease: PoolLease): void {
  delete draft.leases[lease.id];
  bury(draft, lease);
  desire(draft, lease, { endedAt: draft.now });
}

/**
 * A node reports on a lease: that goes on the decision's record. Where the node speaks for the pool, an end that it decided
 * is an end for the pool; else the lease is over on that node alone.
 */
export function foldLeaseOutcome(draft: Draft, id: string, outcome: Outcome, recorded: Decision | undefined): void {
  const open = draft.open[id];
  const before = open?.decision ?? recorded;
  // A node that is asked again to end what it keeps answers as before: that is nothing new. And it ends a lease once: when the
  // pool ends it everywhere, who has said so already has a job as well, and answers it.
  const isOld = before?.history.some(
    ({ node, result, at }) =>
      node === outcome.node &&
      ((result === outcome.result && at === outcome.at) || (isEnd({ result }) && isEnd(outcome))),
  );
  if (isOld !== true) {
    const decision = before && { ...before, history: [...before.history, toNodeOutcome(outcome)] };
    if (decision !== undefined) saveDecision(draft, decision);
    if (open !== undefined && decision !== undefined) draft.open[id] = { ...open, decision };
    draft.events.push({ type: 'lease', outcome, ...(decision && { decision }) });
  }
  const lease = draft.leases[id];
  if (lease === undefined || !isEndForAll(draft, lease, outcome)) return;
  endLease(draft, id);
  // Somebody else has taken over, or nobody would have served: not again in this episode.
  if (lease.rule === undefined) return;
  const key = findingKey(lease.rule, lease.member);
  const finding = draft.findings[key];
  if (finding === undefined) return;
  const { nextStep: _, ...rest } = finding;
  draft.findings[key] = rest;
}

/**
 * Whether an end on one node is an end for the pool. The MASTER's is, because producers come through its table. Another node
 * looked at its own table or its own time, and may not have heard that the pool has renewed a rule's lease. Nobody renews a
 * person's lease: it ends by its time, or by a person's word on that node. A node repeats an end until it counts, so one
 * that becomes MASTER says it again.
 */
function isEndForAll({ facts, now }: Draft, lease: PoolLease, outcome: Outcome): boolean {
  if (!isEnd(outcome)) return false;
  if (facts.masters.includes(outcome.node)) return true;
  return outcome.result === 'ended' && (lease.rule === undefined || lease.until <= now);
}

/** Renews leases whose finding still fires, and ends those whose finding is over. */
export function keepLeases(draft: Draft): void {
  for (const lease of Object.values(draft.leases)) {
    if (lease.rule === undefined) {
      // The node ends it when its time is over, and its outcome ends it here. This is for a node that never reports again.
      if (draft.now > lease.until + ENDED_KEPT_MS) forgetLease(draft, lease);
      continue;
    }
    if (draft.open[lease.id] !== undefined) continue;
    const firing = draft.findings[findingKey(lease.rule, lease.member)]?.phase === 'firing';
    if (firing && lease.until - draft.now < (lease.leaseMs * 2) / 3) {
      desire(draft, { ...lease, until: draft.now + lease.leaseMs });
    }
    // While the pool settles, findings have not had the time to fire again.
    if (!firing && draft.now >= draft.state.settlesAt) endLease(draft, lease.id);
  }
  forgetTombstones(draft);
}
