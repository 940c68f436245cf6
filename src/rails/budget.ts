import type { Budget } from '../model/configuration/budget.ts';
import type { PastAction } from '../model/decisions/action.ts';
import type { Proposal, Rail, RailFacts } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'budget';

interface Counted {
  readonly what: string;
  readonly budget: Budget;
  counts(act: PastAction): boolean;
}

function countedFor(proposal: Proposal, { policy, pool }: RailFacts): Counted[] {
  const { budgets } = policy;
  const isOfRule = (act: PastAction) => act.rule === proposal.rule;
  const own = proposal.limits?.budget;
  return [
    { what: `on ${proposal.target}`, budget: budgets.target, counts: (act) => act.target === proposal.target },
    { what: `of ${proposal.rule}`, budget: proposal.loosen?.budget ?? budgets.rule, counts: isOfRule },
    ...(own === undefined ? [] : [{ what: `of ${proposal.rule} by its own limit`, budget: own, counts: isOfRule }]),
    { what: `of kind ${proposal.action}`, budget: budgets.kind, counts: (act) => act.action === proposal.action },
    { what: `in pool ${pool.name}`, budget: budgets.pool, counts: () => true },
  ];
}

/**
 * Rail 9. So many actions of rules and no more in a sliding window: on one target, of one rule, of one kind, in the pool.
 * What is over is refused and not kept for later: by then it would be an answer to an old question.
 */
export const budget: Rail = {
  name: NAME,
  number: 9,
  passable: true,
  warnsPeople: true,
  applies: (proposal) => proposal.action !== 'restore',
  judge(proposal, facts) {
    for (const { what, budget, counts } of countedFor(proposal, facts)) {
      const spent = facts.acts.filter((act) => counts(act) && act.at > facts.now - budget.perMs);
      const per = formatDuration(budget.perMs);
      const [oldest] = spent;
      if (spent.length < budget.max) continue;
      const frees =
        oldest === undefined
          ? ''
          : ` Room for one more in ${formatDuration((spent[spent.length - budget.max]?.at ?? oldest.at) + budget.perMs - facts.now)}.`;
      return refuse(NAME, `${spent.length} actions ${what} in the last ${per}; ${budget.max} are allowed.${frees}`, {
        spent: spent.length,
        max: budget.max,
        perSeconds: budget.perMs / 1_000,
      });
    }
    return pass(NAME, 'Within every budget.', { acts: facts.acts.length });
  },
};
