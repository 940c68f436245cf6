import type { MemberConfig, PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import { type BuiltFile, build } from '../render/files.ts';
import { type Group, groupsOf } from '../render/groups.ts';
import type { Layout } from '../render/layout.ts';

/** What weir.yaml wants of a node: the checks compare the facts with it. */
export interface Wanted {
  readonly config: WeirConfig;
  readonly node: string;
  readonly layout: Layout;
  readonly groups: readonly Group[];
  /** The node's pools. */
  readonly pools: readonly PoolConfig[];
  /** Empty when they cannot be built. */
  readonly files: readonly BuiltFile[];
  /** A sentence for each reason why they cannot be built. */
  readonly refusals: readonly string[];
}

/**
 * Collects what weir.yaml wants of this node. Pure.
 * @throws WeirError 'config' when no pool has the node.
 */
export function wantedOf(config: WeirConfig, node: string, layout: Layout): Wanted {
  const groups = groupsOf(Object.values(config.pools), node);
  const pools = groups.flatMap((group) => group.pools);
  const common = { config, node, layout, groups, pools };
  try {
    return { ...common, files: build(config, node, layout).files, refusals: [] };
  } catch (error) {
    return { ...common, files: [], refusals: messageOf(error).split('\n') };
  }
}

export function selfIn(pool: PoolConfig, node: string): MemberConfig {
  return pool.members[node] as MemberConfig;
}

/** The VRRP interface of the node for this pool. */
export function deviceOf(pool: PoolConfig, node: string): string {
  return selfIn(pool, node).interface ?? pool.vrrp.interface;
}

/** Whether the members take packets that are addressed to the VIP itself; with NAT they do not. */
export function keepsVip(pool: PoolConfig): boolean {
  return pool.lvs.forwarding !== 'nat';
}

export function isV6(address: string): boolean {
  return address.includes(':');
}
