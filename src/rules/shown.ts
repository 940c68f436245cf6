import type { Decision } from '../model/decision.ts';
import type { Sweep } from '../model/reading.ts';
import type { Rule, Step } from '../model/rule.ts';
import { type Draft, freshOf } from './draft.ts';
import { scopeOf } from './facts.ts';

/**
 * True when fresh sweeps, later than `after`, show what the decision wanted: those of every MASTER, and for the VIP
 * those of both nodes, since no node's word about itself is enough.
 */
export function isShown(draft: Draft, decision: Decision, after: number, rule: Rule | undefined, step?: Step): boolean {
  const later = freshOf(draft).filter((sweep) => sweep.at > after);
  if (decision.action === 'failover' || decision.action === 'remove_orphan_vip') return isVipGone(decision, later);
  const { masters } = draft.facts;
  const shown = later.filter((sweep) => masters.includes(sweep.observer));
  if (masters.length === 0 || shown.length < masters.length) return false;
  return shown.every((sweep) => isInTable(draft, decision, sweep, rule, step));
}

/** The node has no VIP any more, and the one that should have it says that it is MASTER. */
function isVipGone({ target, handover }: Decision, sweeps: readonly Sweep[]): boolean {
  const own = sweeps.find((sweep) => sweep.observer === target)?.director;
  const taker = sweeps.find(({ observer, director }) => observer !== target && director?.state === 'MASTER');
  if (own?.vip !== false || own.state === 'MASTER' || taker?.director?.vip !== true) return false;
  return handover === undefined || taker.observer === handover.to;
}

function isInTable(draft: Draft, decision: Decision, sweep: Sweep, rule: Rule | undefined, step?: Step): boolean {
  const row = sweep.table?.[decision.target];
  if (row === undefined) return false;
  if (rule !== undefined && step?.verify !== undefined) {
    const member = { ...draft.facts.members[decision.target], weight: row.weight, listed: row.listed };
    const facts = { ...draft.facts, members: { ...draft.facts.members, [decision.target]: member } };
    return step.verify.expect.evaluate(scopeOf(rule.forEach, decision.target, facts)) === true;
  }
  if (decision.action === 'restore') return !sweep.leases.some((lease) => lease.member === decision.target);
  if (decision.action === 'shed_clients') return true;
  return row.weight === (decision.weight ?? 0);
}
