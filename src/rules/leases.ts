/**
 * The leases that the pool wants: taken when a node has applied one, renewed while the finding fires, ended when it is
 * over. What stands here is what a director that missed the job is owed (`weir:{pool}:leases`).
 */

import { type ActionJob, type OwedLease, REDUCING_KINDS } from '../model/action.ts';
import type { Decision } from '../model/decision.ts';
import type { Outcome } from '../model/entry.ts';
import type { Sweep } from '../model/reading.ts';
import { type Draft, freshNodes, saveDecision } from './draft.ts';
import { ENDED_KEPT_MS, findingKey, JOB_EXPIRES_MS, toNodeOutcome, type WantedLease } from './state.ts';

/** A lease that a node still shows this long after its end is told to end again, in ms. */
const END_AGAIN_AFTER_MS = 5_000;

/**
 * The job that ends a lease is `<lease id>~end`, and what a node reports of it comes back under that name. `~` is in no
 * name of a pool, member or rule.
 */
export function leaseIdOf(decision: string): string {
  return decision.replace(/~.*$/, '');
}

function owed(lease: WantedLease, endedAt?: number): OwedLease {
  const { id, pool, member, weight, until, owner, reason } = lease;
  return { id, pool, member, weight, until, owner, reason, ...(endedAt !== undefined && { endedAt }) };
}

function leaseOf(decision: Decision, leaseMs: number): WantedLease {
  return {
    id: decision.id,
    pool: decision.pool,
    member: decision.target,
    weight: decision.weight ?? 0,
    until: decision.at + leaseMs,
    owner: decision.by,
    reason: decision.reason,
    leaseMs,
    ...(decision.rule !== 'request' && { rule: decision.rule }),
  };
}

/** The decision's lease is held somewhere: every director is owed it, while the decision is open only as its job says. */
export function wantLease(draft: Draft, decision: Decision): void {
  if (draft.leases[decision.id] !== undefined || decision.leaseMs === undefined) return;
  const lease = leaseOf(decision, decision.leaseMs);
  draft.leases[lease.id] = lease;
  draft.owed.set(lease.id, { ...owed(lease), jobExpiresAt: decision.at + JOB_EXPIRES_MS });
}

/** The decision stands: from now on every director is owed its lease as long as it lives, also one that missed the job. */
export function oweLease(draft: Draft, id: string): void {
  const lease = draft.leases[id];
  if (lease !== undefined) draft.owed.set(id, owed(lease));
}

/**
 * The decision has failed: its lease is over for the pool, whether or not a node has said by now that it took it. What is
 * remembered as ended is neither adopted from a node nor owed to one.
 */
export function denyLease(draft: Draft, decision: Decision): void {
  if (draft.leases[decision.id] !== undefined) endLease(draft, decision.id);
  else if (decision.leaseMs !== undefined && REDUCING_KINDS.has(decision.action)) {
    forgetLease(draft, leaseOf(decision, decision.leaseMs));
  }
}

/** A node has done what is over for the pool by now: it is to give it back. */
export function endLate(draft: Draft, decision: Decision, node: string): void {
  if (draft.ended[decision.id] === undefined) return;
  draft.jobs.push(endJob(draft, { id: decision.id, pool: decision.pool, member: decision.target }, node));
}

/** A lease is over for the pool: every node that is heard gets a job, the others read it where it is owed. */
export function endLease(draft: Draft, id: string): void {
  const lease = draft.leases[id];
  if (lease === undefined) return;
  forgetLease(draft, lease);
  for (const node of freshNodes(draft)) draft.jobs.push(endJob(draft, lease, node));
}

function endJob(draft: Draft, lease: { id: string; pool: string; member: string }, node: string): ActionJob {
  return {
    decision: `${lease.id}~end`,
    pool: lease.pool,
    node,
    action: 'restore',
    member: lease.member,
    entryId: draft.entry.id,
    expiresAt: draft.now + JOB_EXPIRES_MS,
    leaseIds: [lease.id],
  };
}

/** The VIP may come back: what kept it away has not worked, or nobody was seen to take it. */
export function endHandover(draft: Draft, { id, pool, target }: Decision): void {
  draft.jobs.push(endJob(draft, { id, pool, member: target }, target));
}

function forgetLease(draft: Draft, lease: WantedLease): void {
  delete draft.leases[lease.id];
  draft.ended[lease.id] = draft.now;
  draft.owed.set(lease.id, owed(lease, draft.now));
}

/** News of a lease from a node: it goes on the decision's record; an end that the node decided is an end for the pool. */
export function leaseNews(draft: Draft, id: string, outcome: Outcome, recorded: Decision | undefined): void {
  const open = draft.open[id];
  const before = open?.decision ?? recorded;
  // Asked again to end what it keeps, a node answers as before: that is no news.
  const isOld = before?.history.some(
    (one) => one.node === outcome.node && one.result === outcome.result && one.at === outcome.at,
  );
  if (isOld === true) return;
  const decision = before && { ...before, history: [...before.history, toNodeOutcome(outcome)] };
  if (decision !== undefined) saveDecision(draft, decision);
  if (open !== undefined && decision !== undefined) draft.open[id] = { ...open, decision };
  draft.events.push({ type: 'lease', outcome, ...(decision && { decision }) });
  const lease = draft.leases[id];
  if (lease === undefined || !['ended', 'released', 'overridden'].includes(outcome.result)) return;
  endLease(draft, id);
  // Somebody else has taken over, or nobody would have served: not again in this episode.
  if (lease.rule === undefined) return;
  const key = findingKey(lease.rule, lease.member);
  const finding = draft.findings[key];
  if (finding === undefined) return;
  const { nextStep: _, ...rest } = finding;
  draft.findings[key] = rest;
}

/** A node's sweep shows leases: unknown ones are adopted (the broker lost its memory), ended ones are ended again. */
export function compareLeases(draft: Draft, sweep: Sweep): void {
  for (const seen of sweep.leases) {
    if (draft.leases[seen.id] !== undefined || draft.open[seen.id] !== undefined) continue;
    const endedAt = draft.ended[seen.id];
    if (endedAt === undefined) {
      const rule = seen.owner.startsWith('rule:') ? seen.owner.slice('rule:'.length) : undefined;
      const lease: WantedLease = {
        id: seen.id,
        pool: sweep.pool,
        member: seen.member,
        weight: seen.weight,
        until: seen.until,
        owner: seen.owner,
        reason: 'found on a node',
        leaseMs: Math.max(60_000, seen.until - draft.now),
        ...(rule !== undefined && { rule }),
      };
      draft.leases[lease.id] = lease;
      draft.owed.set(lease.id, owed(lease));
    } else if (sweep.at > endedAt + END_AGAIN_AFTER_MS) {
      const lease = { id: seen.id, pool: sweep.pool, member: seen.member };
      draft.ended[seen.id] = draft.now;
      draft.jobs.push({ ...endJob(draft, lease, sweep.observer), decision: `${seen.id}~end-${draft.now}` });
    }
  }
}

/** Renews what its finding still asks for, ends what it no longer does. */
export function keepLeases(draft: Draft): void {
  for (const lease of Object.values(draft.leases)) {
    if (lease.rule === undefined) {
      // The node looks before it ends a lease by time; its outcome ends it here. This is for a node that never speaks again.
      if (draft.now > lease.until + ENDED_KEPT_MS) forgetLease(draft, lease);
      continue;
    }
    if (draft.open[lease.id] !== undefined) continue;
    const firing = draft.findings[findingKey(lease.rule, lease.member)]?.phase === 'firing';
    if (firing && lease.until - draft.now < (lease.leaseMs * 2) / 3) {
      const renewed = { ...lease, until: draft.now + lease.leaseMs };
      draft.leases[lease.id] = renewed;
      draft.owed.set(lease.id, owed(renewed));
    }
    // Right after a start findings have not had the time to fire again.
    if (!firing && draft.now >= draft.state.settlesAt) endLease(draft, lease.id);
  }
  for (const [id, endedAt] of Object.entries(draft.ended)) {
    if (draft.now - endedAt > ENDED_KEPT_MS) delete draft.ended[id];
  }
}
