import { REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { Rule, Step } from '../../model/decisions/rule.ts';
import { NOT_LISTED, type Sweep } from '../../model/readings/reading.ts';
import { type Draft, freshOf } from '../state/draft.ts';
import { scopeOf } from '../state/facts.ts';
import { isBefore } from './leases.ts';

/**
 * Whether fresh sweeps, later than `after`, show what the decision wanted: those of every MASTER, and for the VIP those of
 * both nodes, because a node's word about itself is not enough.
 */
export function isVerified(
  draft: Draft,
  decision: Decision,
  after: number,
  rule: Rule | undefined,
  step?: Step,
): boolean {
  const later = freshOf(draft).filter((sweep) => sweep.at > after);
  if (decision.action === 'failover' || decision.action === 'remove_orphan_vip') return isVipGone(decision, later);
  const { masters } = draft.facts;
  const shown = later.filter((sweep) => masters.includes(sweep.observer));
  if (masters.length === 0 || shown.length < masters.length) return false;
  return shown.every((sweep) =>
    isUnknownTo(draft, sweep, decision)
      ? isHeldByNobody(freshOf(draft), decision)
      : isInTable(draft, decision, sweep, rule, step),
  );
}

/**
 * Whether the node has no VIP any more and another node is MASTER and has it. A person's request names the other node; a
 * rule only wants the VIP off the node, and VRRP may give it to another node than the plan had.
 */
function isVipGone({ target, handover, rule }: Decision, sweeps: readonly Sweep[]): boolean {
  const own = sweeps.find((sweep) => sweep.observer === target)?.director;
  const taker = sweeps.find(({ observer, director }) => observer !== target && director?.state === 'MASTER');
  if (own?.vip !== false || own.state === 'MASTER' || taker?.director?.vip !== true) return false;
  return handover === undefined || rule !== 'request' || taker.observer === handover.to;
}

/**
 * A node has a row for every member of its weir.yaml, also for one that keepalived has taken out. Where it has none of a
 * member that is given back, it has another weir.yaml.
 */
function isUnknownTo({ context }: Draft, { table, edition }: Sweep, { action, target }: Decision): boolean {
  if (action !== 'restore' || table === undefined || table[target] !== undefined) return false;
  const isOther = edition !== undefined && edition.hash !== context.edition?.hash;
  return isOther || context.pool.members[target] === undefined;
}

/** For a member that the MASTER's weir.yaml has not: all that can be seen is that no node that is heard shows a lease. */
function isHeldByNobody(sweeps: readonly Sweep[], { id: decision, target }: Decision): boolean {
  return sweeps.every(({ leases }) => !leases.some(({ id, member }) => member === target && isBefore(id, decision)));
}

/**
 * Whether the table shows it. A row that keepalived has taken out counts as weight 0; where another weight was wanted, it is
 * enough that the node holds the lease in advance. An action that gives weight, or is about clients, needs a row.
 */
function isInTable(draft: Draft, decision: Decision, sweep: Sweep, rule: Rule | undefined, step?: Step): boolean {
  if (sweep.table === undefined) return false;
  const row = sweep.table[decision.target] ?? NOT_LISTED;
  if (!row.listed && !REDUCING_KINDS.has(decision.action)) return false;
  if (!row.listed && sweep.leases.some(({ id }) => id === decision.id)) return true;
  if (rule !== undefined && step?.verify !== undefined) {
    const member = { ...draft.facts.members[decision.target], weight: row.weight, listed: row.listed };
    const facts = { ...draft.facts, members: { ...draft.facts.members, [decision.target]: member } };
    return step.verify.expect.evaluate(scopeOf(rule.forEach, decision.target, facts)) === true;
  }
  if (decision.action === 'restore') return isHeldByNobody([sweep], decision);
  if (decision.action === 'shed_clients') return true;
  return row.weight === (decision.weight ?? 0);
}
