/** What the lab's nodes are built from. */

import type { PoolConfig, WeirConfig } from '../../src/model/configuration/config.ts';
import { nodesConfig, type Tree } from '../weir/weir-yaml.ts';
import type { Member } from './topology.ts';

export interface PlanOptions {
  /** Laid over the lab's weir.yaml, which the nodes are built from too: objects are merged, null takes a key away. */
  readonly config?: Tree;
  /** `none`: both directors have the table and both use it, so that what a loop guard is for can be seen. */
  readonly guard?: 'none';
}

export interface Plan {
  readonly config: WeirConfig;
  /** The first, which everything is about that does not name another. */
  readonly pool: PoolConfig;
  /** All pools of the lab have the same. */
  readonly members: readonly Member[];
  readonly guarded: boolean;
}

/** @throws WeirError 'config' when the overrides make no weir.yaml */
export function planOf({ config: overrides = {}, guard }: PlanOptions): Plan {
  const config = nodesConfig(overrides);
  const pool = Object.values(config.pools)[0] as PoolConfig;
  return { config, pool, members: Object.keys(pool.members) as Member[], guarded: guard !== 'none' };
}
