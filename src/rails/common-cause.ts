import { DISRUPTIVE_KINDS } from '../model/decisions/action.ts';
import type { Rail } from '../model/decisions/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'common cause';

/**
 * Rail 6. When most members are in trouble together the cause is behind them (the consumers have stalled), and taking
 * one away only moves the flood to fewer servers. Its own arithmetic, with no rule and no `for`: more than half of the
 * members filling, full or not writable now. Also: a firing rule that brakes this kind of action.
 */
export const commonCause: Rail = {
  name: NAME,
  number: 6,
  passable: true,
  applies: (proposal) => DISRUPTIVE_KINDS.has(proposal.action),
  judge(_proposal, { facts, pool, brakedBy }) {
    const members = Object.keys(pool.members).length;
    const inTrouble = Object.entries(facts.members)
      .filter(([, one]) => one.filling === true || one.full === true || one.writable === false)
      .map(([name]) => name);
    const figures = { inTrouble: inTrouble.length, members };
    if (inTrouble.length * 2 > members) {
      const sentence = `${inTrouble.length} of ${members} members (${inTrouble.join(', ')}) fill or refuse writes together: the cause is behind them, and fewer servers would be full sooner.`;
      return refuse(NAME, sentence, figures);
    }
    if (brakedBy.length > 0) {
      return refuse(NAME, `${brakedBy.join(', ')} is firing and brakes this kind of action.`, figures);
    }
    return pass(NAME, `${inTrouble.length} of ${members} members are in trouble.`, figures);
  },
};
