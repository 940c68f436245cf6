import type { Rail } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'breaker';

/**
 * Rail 11. When what rules do has had no effect that anybody could see, twice in a row, they understand something wrong:
 * they act no more in this pool until a person trusts them again, or the time is over.
 */
export const breaker: Rail = {
  name: NAME,
  number: 11,
  passable: true,
  warnsPeople: true,
  applies: (proposal) => proposal.action !== 'restore',
  judge(_proposal, { strikes, policy, pool, now }) {
    const { unverified, rearmMs } = policy.breaker;
    const figures = { unverified: strikes.count, limit: unverified };
    const leftMs = strikes.at + rearmMs - now;
    if (strikes.count < unverified || leftMs <= 0) {
      const { count } = strikes;
      const sentence =
        count === 0
          ? 'No action of a rule was without effect lately.'
          : `The last ${count} actions of rules had no visible effect; ${unverified} in a row stop them.`;
      return pass(NAME, sentence, figures);
    }
    const sentence = `The last ${strikes.count} actions of rules had no visible effect: no rule acts in this pool for ${formatDuration(leftMs)} more, or until \`weir trust ${pool.name}\`.`;
    return refuse(NAME, sentence, { ...figures, leftMs });
  },
};
