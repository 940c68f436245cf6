import { MODES, type Mode } from '../model/decision.ts';
import type { Proposal, Rail, RailFacts } from '../model/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'mode';

/** The lower of two modes: `off < shadow < approve < auto`. */
function lower(a: Mode, b: Mode): Mode {
  return MODES.indexOf(a) <= MODES.indexOf(b) ? a : b;
}

/**
 * How far this proposal may go: the lowest of policy and rule, a rule without a mode being shadow. A person's request is
 * held up by `off` alone.
 */
export function effectiveMode(proposal: Proposal, policy: RailFacts['policy']): Mode {
  if (proposal.by === 'person') return policy.mode === 'off' ? 'off' : 'auto';
  return lower(policy.mode, proposal.mode ?? 'shadow');
}

/** Rail 2. Refuses only `off`; shadow and approve let the other rails speak and change the verdict at the end. */
export const mode: Rail = {
  name: NAME,
  number: 2,
  passable: false,
  applies: (proposal) => proposal.action !== 'restore',
  judge(proposal, { policy }) {
    const effective = effectiveMode(proposal, policy);
    const figures = { mode: effective, policy: policy.mode, rule: proposal.mode ?? 'shadow' };
    if (effective === 'off') return refuse(NAME, `Weir is off here: policy.mode is ${policy.mode}.`, figures);
    const sentence =
      proposal.by === 'person' && policy.mode !== 'auto'
        ? `policy.mode is ${policy.mode}; what a person asks for is done.`
        : `The mode is ${effective}.`;
    return pass(NAME, sentence, figures);
  },
};
