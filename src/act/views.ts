/** What others are told of what this node holds. Pure. */

import type { OwedLease } from '../model/action.ts';
import type { LeaseView } from '../model/reading.ts';
import { type Hold, takenLeases } from './leases.ts';
import { raisingTo } from './raise.ts';

type Holds = Readonly<Record<string, Hold>>;

/** What a sweep says of the leases. */
export function viewsOf(holds: Holds): LeaseView[] {
  return Object.entries(holds).flatMap(([member, hold]) =>
    takenLeases(hold).map(({ id, weight, owner, until }) => {
      const { base, contested } = hold;
      return { id, member, weight, base, owner, until, contested };
    }),
  );
}

/** What a director that has lost the broker's list is owed by this node's word. */
export function ownLeasesOf(pool: string, holds: Holds): OwedLease[] {
  return Object.entries(holds).flatMap(([member, hold]) =>
    takenLeases(hold).map(({ id, weight, until, owner, reason }) => ({
      ...{ id, pool, member, weight, until, owner, reason },
    })),
  );
}

/** Members whose weight is given back in steps, and the weight that they are at. */
export function raisingOf(holds: Holds): Record<string, number> {
  const all = Object.entries(holds).flatMap(([member, hold]): [string, number][] => {
    const weight = raisingTo(hold);
    return weight === undefined ? [] : [[member, weight]];
  });
  return Object.fromEntries(all);
}
