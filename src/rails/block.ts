import { DISRUPTIVE_KINDS } from '../model/action.ts';
import { formatDuration } from '../model/duration.ts';
import type { Rail } from '../model/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'block';

/**
 * Rail 10. After an action that takes capacity the pool is left alone for policy.block, or until a person has looked: one
 * trouble after the other is how automation takes a pool apart. The same target goes on: the next step of its trouble is
 * the same trouble, and its budget bounds it.
 */
export const block: Rail = {
  name: NAME,
  number: 10,
  passable: true,
  warnsPeople: true,
  applies: (proposal) => DISRUPTIVE_KINDS.has(proposal.action),
  judge({ target }, { acts, ackedAt, policy, now }) {
    const last = acts.findLast((act) => DISRUPTIVE_KINDS.has(act.action) && act.target !== target);
    const leftMs = last === undefined ? 0 : last.at + policy.blockMs - now;
    if (last === undefined || leftMs <= 0) return pass(NAME, 'Nothing was done to another member lately.');
    if (ackedAt >= last.at) return pass(NAME, `A person has looked at the ${last.action} of ${last.target}.`);
    const ago = formatDuration(now - last.at);
    const sentence = `${last.rule} had ${last.action} done on ${last.target} ${ago} ago: no other member is acted on for ${formatDuration(leftMs)} more, or until \`weir ack\`.`;
    return refuse(NAME, sentence, { leftMs, since: last.at });
  },
};
