/** The facts that the rails judge by: the pool as the draft has it. */

import { type ActionKind, REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Proposal, RailFacts } from '../../model/decisions/rail.ts';
import type { Rule } from '../../model/decisions/rule.ts';
import { holdsInForce } from '../findings/holds.ts';
import { missingSignals } from '../language/references.ts';
import { type Draft, freshOf } from '../state/draft.ts';
import { scopeOf } from '../state/facts.ts';
import { spentActs } from '../state/rail-history.ts';
import { votesFor } from './evidence-votes.ts';

/** @param rule the rule that proposes; undefined for a person's request. */
export function railFacts(
  draft: Draft,
  proposal: Proposal,
  rule: Rule | undefined,
  approvedBy: readonly string[] = [],
): RailFacts {
  const { context, now, facts, state } = draft;
  const scope = rule && scopeOf(rule.forEach, proposal.target, facts);
  const openFailover = Object.keys(draft.open).find((id) => {
    const decision = draft.open[id]?.decision;
    return decision?.action === 'failover' && decision.drill === undefined;
  });
  const { extra } = context.ruleSet;
  const input = {
    facts,
    extra,
    sweeps: draft.sweeps,
    pool: context.pool,
    now,
    staleAfterMs: context.poll.staleAfterMs,
  };
  return {
    now,
    pool: context.pool,
    ...lowered(draft),
    facts,
    missingSignals: rule && scope ? missingSignals(rule.when, scope) : [],
    freshMembers: Object.keys(facts.readBy),
    settlesAt: state.settlesAt,
    settleReason: state.settleReason,
    ...(context.brokerTrouble !== undefined && { brokerTrouble: context.brokerTrouble }),
    votes: rule ? votesFor({ ...input, rule, target: proposal.target }) : [],
    brakedBy: brakesOn(draft, proposal.action),
    firingTargets: rule ? firingTargets(draft, rule) : [],
    otherTargets: heldTargets(draft).filter((name) => name !== proposal.target),
    isTargetHeld: heldTargets(draft).includes(proposal.target),
    ...(openFailover !== undefined && { openFailover }),
    holds: holdsInForce({
      pool: context.pool.name,
      policy: context.policy,
      holds: draft.holds,
      now,
      calendarMs: draft.calendarMs,
      fresh: freshOf(draft),
    }),
    loads: draft.loads,
    acts: spentActs(draft),
    ackedAt: draft.ackedAt,
    strikes: draft.strikes,
    approvedBy,
  };
}

/** While workers and nodes have different editions of weir.yaml, the lowest mode among them counts. */
function lowered({ context, editions }: Draft): Pick<RailFacts, 'policy' | 'loweredBy'> {
  const { policy, edition } = context;
  if (edition === undefined || editions.lowest === undefined || editions.lowestOf.length === 0) return { policy };
  return { policy: { ...policy, mode: editions.lowest }, loweredBy: editions.lowestOf };
}

function brakesOn(draft: Draft, action: ActionKind): string[] {
  const firing = Object.values(draft.findings).filter((finding) => finding.phase === 'firing');
  const names = new Set(firing.map((finding) => finding.rule));
  return draft.context.ruleSet.rules
    .filter((rule) => names.has(rule.name) && rule.brakes.includes(action))
    .map((rule) => rule.name)
    .sort();
}

function firingTargets({ findings }: Draft, { name }: Rule): string[] {
  const firing = Object.values(findings).filter(({ phase, rule }) => phase === 'firing' && rule === name);
  return firing.map(({ target }) => target).sort();
}

/** Members that Weir holds, or that an open decision is about. */
function heldTargets(draft: Draft): string[] {
  const held = Object.values(draft.leases).map((lease) => lease.member);
  const open = Object.values(draft.open)
    .filter(({ decision }) => REDUCING_KINDS.has(decision.action) && decision.drill === undefined)
    .map(({ decision }) => decision.target);
  return [...new Set([...held, ...open])].sort();
}
