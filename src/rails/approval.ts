import type { Proposal, Rail, RailFacts } from '../model/decisions/rail.ts';
import { effectiveMode } from './mode.ts';
import { pass } from './verdict.ts';

const NAME = 'approval';

/** How many persons must say yes. */
function yesesNeeded({ limits }: Proposal, { policy }: Pick<RailFacts, 'policy'>): number {
  return Math.max(policy.approval.quorum, limits?.approvals ?? 0);
}

/** Whether somebody must say yes first, and has not. */
export function isWaiting(proposal: Proposal, facts: Pick<RailFacts, 'policy' | 'approvedBy'>): boolean {
  if (!needsYes(proposal, facts)) return false;
  return facts.approvedBy.length < yesesNeeded(proposal, facts);
}

function needsYes(proposal: Proposal, { policy }: Pick<RailFacts, 'policy'>): boolean {
  if (proposal.action === 'restore') return false;
  return proposal.by === 'person' ? proposal.ask === true : effectiveMode(proposal, policy) === 'approve';
}

/**
 * Rail 12. In mode approve people have the last word: the other rails say what they think of it, then it waits, and when
 * the yes comes they are all asked again. It refuses nothing itself; a no, or no answer, ends the decision
 * (src/rules/decisions/approvals.ts).
 */
export const approval: Rail = {
  name: NAME,
  number: 12,
  passable: false,
  applies: (proposal) => proposal.action !== 'restore',
  judge(proposal, facts) {
    if (!needsYes(proposal, facts)) return pass(NAME, 'No approval is needed.');
    const needed = yesesNeeded(proposal, facts);
    const figures = { needed, given: facts.approvedBy.length };
    return isWaiting(proposal, facts)
      ? pass(NAME, `It waits for approval by ${needed === 1 ? 'one person' : `${needed} people`}.`, figures)
      : pass(NAME, `${facts.approvedBy.join(', ')} said yes.`, figures);
  },
};
