/**
 * The loop guard ingress-mark: only what comes from a client is marked, and only what is marked is balanced. By tc and
 * not by a firewall: it comes with ip, and no reload of somebody's firewall rules takes the marks away. Pure.
 */

import type { PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf } from '../../model/configuration/fwmark.ts';
import type { Group } from './groups.ts';

/** A filter at the ingress of an interface. The place says the order, and is nobody else's. */
interface Filter {
  readonly device: string;
  readonly place: number;
  readonly match: string;
  readonly action: string;
}

/** Upwards from here Weir's filters stand, as its marks do (model/configuration/fwmark.ts). */
const FIRST_PLACE = 0x7765;

/** The commands for `tc -batch`. Running them twice is the same as once. */
export function ingressRules(node: string, groups: readonly Group[]): string {
  const filters = filtersOf(groups);
  const devices = [...new Set(filters.map(({ device }) => device))];
  return `# Made by \`weir render --node ${node}\`. Loading it again changes nothing, and touches no filter of others.
${devices.map((device) => `qdisc replace dev ${device} clsact\n`).join('')}# For each pool: what has a peer's MAC was handed on by that director and gets no mark; the rest is from clients.
${filters.map((filter) => `filter replace ${placeOf(filter)} ${filter.match} action ${filter.action}\n`).join('')}`;
}

/** Arguments of tc that take each of them away again. */
export function ingressRemovals(groups: readonly Group[]): string[] {
  return filtersOf(groups).map((filter) => `filter delete ${placeOf(filter)}`);
}

/** Where `tc filter show` must show a filter. */
export function ingressPlaces(groups: readonly Group[]): { readonly device: string; readonly place: number }[] {
  return filtersOf(groups).map(({ device, place }) => ({ device, place }));
}

function placeOf({ device, place }: Filter): string {
  return `dev ${device} ingress pref ${place}`;
}

function filtersOf(groups: readonly Group[]): Filter[] {
  return groups
    .flatMap((group) => group.pools.flatMap((pool) => poolFilters(group, pool)))
    .map((filter, index) => ({ ...filter, place: FIRST_PLACE + index }));
}

/** The peers' own traffic to the VIP never leaves them: it is on their lo. */
function poolFilters({ interface: device, peers }: Group, pool: PoolConfig): Omit<Filter, 'place'>[] {
  const mark = fwmarkOf(pool);
  if (mark === undefined) return [];
  const { address, port } = pool.vip;
  const protocol = `protocol ${address.includes(':') ? 'ipv6' : 'ip'} handle 1 flower`;
  const toVip = `dst_ip ${address} ip_proto tcp dst_port ${port}`;
  return [
    ...peers.map(({ mac }) => ({ device, match: `${protocol} src_mac ${mac} ${toVip}`, action: 'pass' })),
    { device, match: `${protocol} ${toVip}`, action: `skbedit mark 0x${mark.toString(16)}` },
  ];
}
