import { REDUCING_KINDS } from '../model/decisions/action.ts';
import type { Rail } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { timeFault } from '../model/people/longest.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'longest time';

/**
 * Never passed: what a person holds has an end that somebody lives to see. What nobody thinks of any more must not stay held
 * for months, nor an end be remembered for ever. Commands say the same before they ask.
 */
export const longest: Rail = {
  name: NAME,
  number: 7,
  passable: false,
  applies: ({ by, action, leaseMs }) =>
    by === 'person' && leaseMs !== undefined && (REDUCING_KINDS.has(action) || action === 'failover'),
  judge({ leaseMs = Number.NaN }, { policy }) {
    const fault = timeFault(leaseMs, policy.longestMs);
    const figures = { longestMs: policy.longestMs };
    return fault === undefined
      ? pass(NAME, `It is held for ${formatDuration(leaseMs)} at most.`, figures)
      : refuse(NAME, fault, figures);
  },
};
