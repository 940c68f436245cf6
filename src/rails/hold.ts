import type { Rail } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { isUnder, scopeInWords } from '../model/people/hold.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'hold';

/** Rail 1. People forbid acting: on everything, a pool, a member, by a rule, of a kind; or one of weir.yaml's windows is open. */
export const hold: Rail = {
  name: NAME,
  number: 1,
  passable: true,
  applies: (proposal) => proposal.action !== 'restore',
  judge(proposal, { holds, pool, now }) {
    const over = holds.filter(({ scope }) => isUnder(scope, proposal));
    const [first] = over;
    if (first === undefined) return pass(NAME, 'No hold forbids it.', { holds: holds.length });
    const left = first.until === undefined ? '' : `, for ${formatDuration(Math.max(0, first.until - now))} more`;
    const more = over.length > 1 ? ` (and ${over.length - 1} more)` : '';
    const sentence = `${first.by} holds ${scopeInWords(first.scope, pool.name)}${left}: ${first.reason}${more}`;
    return refuse(NAME, sentence.endsWith('.') ? sentence : `${sentence}.`, { holds: over.length });
  },
};
