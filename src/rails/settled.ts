import type { Rail } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'settled';

/**
 * Rail 4. After a start, new rules or another broker Weir first watches for policy.settle; on a broker that may forget
 * what was decided it never acts.
 */
export const settled: Rail = {
  name: NAME,
  number: 4,
  passable: false,
  applies: (proposal) => proposal.by === 'rule',
  judge(_proposal, { now, settlesAt, settleReason, brokerTrouble }) {
    if (brokerTrouble !== undefined) return refuse(NAME, brokerTrouble);
    const leftMs = settlesAt - now;
    if (leftMs > 0) {
      return refuse(NAME, `${settleReason}; Weir watches for ${formatDuration(leftMs)} more before it acts.`, {
        leftMs,
      });
    }
    return pass(NAME, 'The pool has settled.');
  },
};
