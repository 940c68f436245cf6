import type { Rail } from '../model/decisions/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'fresh';

/**
 * Rail 3. Nothing is done on old or missing data: what the rule names for this target, a reading of every remaining
 * member, and the table of the MASTER must have been read within poll.stale_after. While the MASTER is not fresh every
 * action in its pool is refused: producers take its path, so nobody can tell what an action would do to them.
 */
export const fresh: Rail = {
  name: NAME,
  number: 3,
  passable: true,
  applies: (proposal) => proposal.action !== 'restore',
  judge(proposal, { pool, facts, missingSignals, freshMembers }) {
    if (facts.pool.master_fresh !== true) {
      return refuse(NAME, 'No fresh node says that it is MASTER: nobody knows which table producers go through.', {
        masters: facts.pool.masters ?? 0,
      });
    }
    // One that weir.yaml has not is not looked for in the table: the rail blast radius says so.
    const isMember = pool.members[proposal.target] !== undefined;
    if (isMember && facts.members[proposal.target]?.weight === undefined) {
      return refuse(NAME, `The LVS table of ${facts.pool.master} could not be read.`);
    }
    const missing = Object.keys(pool.members).filter(
      (name) => name !== proposal.target && !freshMembers.includes(name),
    );
    if (missing.length > 0) {
      return refuse(NAME, `No fresh reading of ${missing.join(', ')}, which would have to take over.`, {
        fresh: freshMembers.length,
        members: Object.keys(pool.members).length,
      });
    }
    if (missingSignals.length > 0) return refuse(NAME, `No fresh value of ${missingSignals.join(', ')}.`);
    return pass(NAME, 'Everything that the action rests on was read just now.', { fresh: freshMembers.length });
  },
};
