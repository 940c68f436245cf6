import type { PoolConfig } from '../../model/configuration/config.ts';
import type { DoctorFinding } from '../../model/people/doctor.ts';
import type { NodeFacts, PoolFacts } from './facts.ts';
import type { Wanted } from './wanted.ts';

/** What a check itself says about a finding; the rest is added. */
export type Found = Omit<DoctorFinding, 'check'>;

/** One thing that can be wrong with a node. Pure, and silent about a fact that is absent. */
export interface Check {
  readonly name: string;
  find(facts: NodeFacts, wanted: Wanted): readonly Found[];
}

export interface PoolView {
  readonly pool: PoolConfig;
  readonly seen: PoolFacts;
  readonly facts: NodeFacts;
  readonly wanted: Wanted;
}

/** Makes a check that looks at each pool of the node on its own. */
export function perPool(name: string, find: (view: PoolView) => Omit<Found, 'pool'> | undefined): Check {
  return {
    name,
    find: (facts, wanted) =>
      wanted.pools.flatMap((pool) => {
        const seen = facts.pools[pool.name];
        const finding = seen && find({ pool, seen, facts, wanted });
        return finding ? [{ ...finding, pool: pool.name }] : [];
      }),
  };
}

/** Makes a check of the whole node that finds one thing or nothing. */
export function ofNode(name: string, find: (facts: NodeFacts, wanted: Wanted) => Found | undefined): Check {
  return {
    name,
    find(facts, wanted) {
      const finding = find(facts, wanted);
      return finding === undefined ? [] : [finding];
    },
  };
}
