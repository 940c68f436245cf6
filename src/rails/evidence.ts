import { DISRUPTIVE_KINDS } from '../model/decisions/action.ts';
import type { Rail } from '../model/decisions/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'evidence';

/**
 * Rail 5. One observer's word never takes capacity away: at least `observers` see what the rule says, no fresh observer
 * sees the opposite, and the MASTER's node is among those who see it, because producers take its path.
 */
export const evidence: Rail = {
  name: NAME,
  number: 5,
  passable: false,
  applies: (proposal) => proposal.by === 'rule' && DISRUPTIVE_KINDS.has(proposal.action),
  judge(proposal, { votes, facts }) {
    const by = (vote: string) => votes.filter((cast) => cast.vote === vote).map((cast) => cast.observer);
    const yes = by('yes');
    const no = by('no');
    const figures = {
      yes: yes.join(' '),
      no: no.join(' '),
      abstain: by('abstain').join(' '),
      needed: proposal.observers,
    };
    if (no.length > 0) return refuse(NAME, `${no.join(', ')} does not see it on ${proposal.target}.`, figures);
    const { master = '' } = facts.pool;
    if (!yes.includes(master)) {
      return refuse(NAME, `${master}, the MASTER, does not see it: its path is the one that producers take.`, figures);
    }
    if (yes.length < proposal.observers) {
      return refuse(NAME, `Only ${yes.join(', ')} sees it; ${proposal.observers} observers are needed.`, figures);
    }
    return pass(NAME, `${yes.join(', ')} see it, and nobody disagrees.`, figures);
  },
};
