/** Files by which Weir and keepalived meet on a node. They are in /run: a reboot forgets them (docs/hazards.md#t13). */

import type { PoolConfig } from './config.ts';

export interface RunFiles {
  readonly folder: string;
  /** keepalived writes a line into them at every change of a VRRP instance and of a real server. */
  readonly vrrpFifo: string;
  readonly lvsFifo: string;
}

/** A VRRP instance: one for each interface and virtual_router_id. */
interface VrrpId {
  readonly interface: string;
  readonly routerId: number;
}

/** The VRRP instance that a node has for a pool. */
function vrrpIdOf(pool: PoolConfig, node: string): VrrpId {
  return { interface: pool.members[node]?.interface ?? pool.vrrp.interface, routerId: pool.vrrp.virtualRouterId };
}

/**
 * What keepalived calls an instance's track file, and its name in the folder: its number is added to that instance's
 * priority; -254 and below gives the VIP away. Each instance has its own, or the failover of one pool would move the VIPs of
 * others, whose rails nobody has asked. Where a node has one instance it is `handover`, as it always was.
 */
export function handoverName({ interface: device, routerId }: VrrpId, instances: number): string {
  return instances > 1 ? `handover-${device}-${routerId}` : 'handover';
}

/** The handover file that a node has for a pool. @param pools all of weir.yaml. */
export function handoverFile(folder: string, pools: readonly PoolConfig[], node: string, pool: PoolConfig): string {
  const own = pools.filter(({ members }) => members[node] !== undefined).map((pool) => vrrpIdOf(pool, node));
  const instances = new Set(own.map(({ interface: device, routerId }) => `${device} ${routerId}`)).size;
  return `${folder}/${handoverName(vrrpIdOf(pool, node), instances)}`;
}

/** The track file whose number keepalived adds to a member's configured weight. */
export function weightFile(folder: string, pool: string, member: string): string {
  return `${folder}/weight-${pool}-${member}`;
}

/** @param folder keepalived.run_dir of weir.yaml. */
export function runFiles(folder: string): RunFiles {
  return {
    folder,
    vrrpFifo: `${folder}/vrrp.fifo`,
    lvsFifo: `${folder}/lvs.fifo`,
  };
}
