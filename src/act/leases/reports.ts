/** What others are told of what this node holds. Pure. */

import type { LeaseView } from '../../model/readings/reading.ts';
import { type LeaseSet, takenLeases } from './leases.ts';
import { raisingTo } from './raise.ts';

type Holds = Readonly<Record<string, LeaseSet>>;

/** What a sweep says of the leases. */
export function viewsOf(holds: Holds): LeaseView[] {
  return Object.entries(holds).flatMap(([member, leaseSet]) =>
    takenLeases(leaseSet).map(({ id, weight, owner, until, unwritable, keptAt }) => {
      const { base, contested } = leaseSet;
      return {
        id,
        member,
        weight,
        base,
        owner,
        until,
        contested,
        ...(unwritable !== undefined && { unwritable }),
        ...(keptAt !== undefined && { kept: true as const }),
      };
    }),
  );
}

/** Members whose weight is given back in steps, and the weight that they are at. */
export function raisingOf(holds: Holds): Record<string, number> {
  const all = Object.entries(holds).flatMap(([member, leaseSet]): [string, number][] => {
    const weight = raisingTo(leaseSet);
    return weight === undefined ? [] : [[member, weight]];
  });
  return Object.fromEntries(all);
}
