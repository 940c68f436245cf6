/** Compares the leases that a node's sweep shows with those that the pool wants. */

import { defined } from '../../lib/defined.ts';
import { entryTime } from '../../model/ids.ts';
import { ruleOf } from '../../model/owner.ts';
import type { LeaseView, Sweep } from '../../model/readings/reading.ts';
import type { Draft } from '../state/draft.ts';
import type { PoolLease } from '../state/state.ts';
import { askToEnd, desire, forgetLease } from './leases.ts';
import { asksAgain, mayBeLost } from './tombstones.ts';

/** A lease that a director does not show is written for it again, on a new entry, after so long, in ms. */
const DESIRE_AGAIN_AFTER_MS = 30_000;

/**
 * An unknown lease is adopted where the broker may have lost it, and else ended. A lease that is over is ended again where a
 * node still shows it.
 */
export function compareLeases(draft: Draft, sweep: Sweep): void {
  desireMissing(draft, sweep);
  for (const shown of sweep.leases) {
    if (draft.leases[shown.id] !== undefined || draft.open[shown.id] !== undefined) continue;
    if (draft.ended[shown.id] === undefined) {
      const lease = leaseFrom(draft, sweep, shown);
      if (mayBeLost(draft, shown)) {
        draft.leases[lease.id] = lease;
        desire(draft, lease);
        continue;
      }
      forgetLease(draft, lease);
      askToEnd(draft, lease, sweep.observer, false);
    } else if (asksAgain(draft, sweep.observer, shown, sweep.at)) {
      const lease = { id: shown.id, pool: sweep.pool, member: shown.member };
      askToEnd(draft, lease, sweep.observer, true);
    }
  }
}

/**
 * Writes again the leases that this director does not show. The new entry is a new fence: the old one would keep the
 * director from the lease for ever where it has acted on a later entry since.
 */
function desireMissing(draft: Draft, sweep: Sweep): void {
  for (const lease of Object.values(draft.leases)) {
    if (draft.open[lease.id] !== undefined || sweep.leases.some(({ id }) => id === lease.id)) continue;
    const writtenAt = lease.entryId === undefined ? 0 : entryTime(lease.entryId);
    if (draft.now - writtenAt >= DESIRE_AGAIN_AFTER_MS) desire(draft, lease);
  }
}

function leaseFrom(draft: Draft, { pool }: Sweep, shown: LeaseView): PoolLease {
  return {
    id: shown.id,
    pool,
    member: shown.member,
    weight: shown.weight,
    until: shown.until,
    owner: shown.owner,
    reason: 'found on a node',
    leaseMs: Math.max(60_000, shown.until - draft.now),
    ...defined({ unwritable: shown.unwritable, rule: ruleOf(shown.owner) }),
  };
}
