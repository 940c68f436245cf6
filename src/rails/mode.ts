import { lowerMode, type Mode } from '../model/configuration/mode.ts';
import type { Proposal, Rail, RailFacts } from '../model/decisions/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'mode';

/**
 * How far this proposal may go: the lowest of policy and rule, a rule without a mode being shadow. A person's request is
 * held up by `off` alone.
 */
export function effectiveMode(proposal: Proposal, policy: RailFacts['policy']): Mode {
  if (proposal.by === 'person') return policy.mode === 'off' ? 'off' : 'auto';
  return lowerMode(policy.mode, proposal.mode ?? 'shadow');
}

/** Rail 2. Refuses only `off`; shadow and approve let the other rails speak and change the verdict at the end. */
export const mode: Rail = {
  name: NAME,
  number: 2,
  passable: false,
  applies: (proposal) => proposal.action !== 'restore',
  judge(proposal, { policy, loweredBy }) {
    const effective = effectiveMode(proposal, policy);
    const figures = { mode: effective, policy: policy.mode, rule: proposal.mode ?? 'shadow' };
    const whose = loweredBy === undefined ? '' : ` in weir.yaml of ${loweredBy.join(', ')}, which differs`;
    const said = `policy.mode is ${policy.mode}${whose}`;
    if (effective === 'off') return refuse(NAME, `Weir is off here: ${said}.`, figures);
    const sentence =
      proposal.by === 'person' && policy.mode !== 'auto'
        ? `${said}; what a person asks for is done.`
        : loweredBy === undefined
          ? `The mode is ${effective}.`
          : `The mode is ${effective}: ${said}.`;
    return pass(NAME, sentence, figures);
  },
};
