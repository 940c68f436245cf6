/** Targets that weir.yaml no longer has: their findings, leases and decisions end. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import type { TargetKind } from '../../model/readings/signals.ts';
import { endWaiting } from '../decisions/approvals.ts';
import { forgetLease } from '../decisions/leases.ts';
import { closeOpen } from '../decisions/open-decisions.ts';
import type { Draft } from '../state/draft.ts';

/** Whether weir.yaml has the target. A target that it has and nobody hears is unknown, which is something else. */
function hasTarget(pool: PoolConfig, kind: TargetKind, target: string): boolean {
  if (kind === 'pool') return target === pool.name;
  return (kind === 'consumer' ? pool.consumers : pool.members)[target] !== undefined;
}

/** Whether weir.yaml has a target of this name. */
export function hasName(pool: PoolConfig, name: string): boolean {
  return name === pool.name || pool.members[name] !== undefined || pool.consumers[name] !== undefined;
}

/** For people. */
function goneSentence(kind: TargetKind, target: string): string {
  return `weir.yaml has no ${kind} ${target} any more.`;
}

/**
 * Forgets what is about a target that is gone. Rules are evaluated for targets that exist only, so a finding about one that
 * is gone would fire for ever, keep its lease and its brakes, and count as the one member that may be held.
 */
export function forgetGone(draft: Draft): void {
  const { pool } = draft.context;
  // Another worker's weir.yaml may have the target: it would come and go with each turn.
  if (!draft.editions.isWhole) return;
  for (const [key, finding] of Object.entries(draft.findings)) {
    const { rule: name, targetKind, target, phase, unknownTold } = finding;
    if (hasTarget(pool, targetKind, target)) continue;
    delete draft.findings[key];
    const rule = draft.context.ruleSet.rules.find((candidate) => candidate.name === name);
    if (rule === undefined || (phase !== 'firing' && unknownTold !== true)) continue;
    draft.events.push({ type: 'finding', change: 'resolved', finding, rule, why: goneSentence(targetKind, target) });
  }
  const isGone = (member: string) => !hasTarget(pool, 'member', member);
  for (const [id, { decision }] of Object.entries(draft.open)) {
    if (isGone(decision.target)) closeOpen(draft, id, 'failed', goneSentence('member', decision.target));
  }
  for (const waiting of Object.values(draft.waiting)) {
    const { target } = waiting.decision;
    if (isGone(target)) endWaiting(draft, waiting, 'void', goneSentence('member', target));
  }
  // No node gets a job: a node whose weir.yaml still has the member reads the end itself, and the others cannot do it.
  for (const lease of Object.values(draft.leases)) if (isGone(lease.member)) forgetLease(draft, lease);
  if (Object.keys(draft.loads).some(isGone)) {
    draft.loads = Object.fromEntries(Object.entries(draft.loads).filter(([member]) => !isGone(member)));
  }
}
