import { DISRUPTIVE_KINDS } from '../model/decisions/action.ts';
import type { Rail } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { givesNothingUp } from './idle.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'block';

/**
 * Rail 10. After an action that takes capacity the pool is left alone for policy.block, or until a person trusts the rules
 * again: one trouble after the other is how automation takes a pool apart. The same target goes on: the next step of its
 * trouble is the same trouble, and its budget bounds it. So does one that gives nothing up.
 */
export const block: Rail = {
  name: NAME,
  number: 10,
  passable: true,
  warnsPeople: true,
  applies: (proposal) => DISRUPTIVE_KINDS.has(proposal.action),
  judge(proposal, facts) {
    const { target } = proposal;
    const { acts, ackedAt, policy, pool, now } = facts;
    const last = acts.findLast((act) => DISRUPTIVE_KINDS.has(act.action) && act.target !== target);
    const leftMs = last === undefined ? 0 : last.at + policy.blockMs - now;
    if (last === undefined || leftMs <= 0) return pass(NAME, 'Nothing was done to another member lately.');
    if (ackedAt >= last.at) return pass(NAME, `A person has looked at the ${last.action} of ${last.target}.`);
    if (givesNothingUp(proposal, facts)) {
      return pass(NAME, `${target} takes no writes, and more than half of the pool serves without it.`);
    }
    const ago = formatDuration(now - last.at);
    const sentence = `${last.rule} had ${last.action} done on ${last.target} ${ago} ago: no other member is acted on for ${formatDuration(leftMs)} more, or until \`weir trust ${pool.name}\`.`;
    return refuse(NAME, sentence, { leftMs, since: last.at });
  },
};
