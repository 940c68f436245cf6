/** Which virtual servers are pools for Weir, and why the others are not. Pure. */

import type { ExistingInstance } from './existing.ts';
import { type ExistingTable, isSameFamily } from './existing-table.ts';

/** A virtual server that can be a pool. */
export interface Candidate {
  readonly table: ExistingTable;
  readonly vip: { readonly address: string; readonly port: number };
  readonly instance: ExistingInstance;
  /** Whether the port is none that the file says. */
  readonly portIsGuessed: boolean;
}

export interface Sorted {
  readonly candidates: readonly Candidate[];
  /** A sentence for each virtual server that cannot be taken over. */
  readonly leftOut: readonly string[];
}

const REDIS_PORT = 6379;

export function candidatesOf(tables: readonly ExistingTable[], instances: readonly ExistingInstance[]): Sorted {
  const candidates: Candidate[] = [];
  const leftOut: string[] = [];
  for (const table of tables) {
    const found = candidateOf(table, instances, tables);
    const why = typeof found === 'string' ? found : clashOf(found, candidates);
    if (why !== undefined) leftOut.push(`${where(table)}${table.label} is left out: ${why}.`);
    else if (typeof found !== 'string') candidates.push(found);
  }
  return { candidates, leftOut };
}

function where({ place }: ExistingTable): string {
  return place === undefined ? '' : `${place.file}:${place.line} `;
}

/** The candidate, or why it is none. */
function candidateOf(
  table: ExistingTable,
  instances: readonly ExistingInstance[],
  tables: readonly ExistingTable[],
): Candidate | string {
  if (table.mark === undefined && table.protocol === undefined) {
    return 'it has no protocol, which keepalived takes as UDP, and Redis speaks TCP; add "protocol TCP"';
  }
  if (table.mark === undefined && table.protocol !== 'TCP') return `it is ${table.protocol}, and Redis speaks TCP`;
  if (table.otherChecks.length > 0) return `its health check is ${table.otherChecks.join(', ')}, so it is no Redis`;
  const vip = vipOf(table, instances, tables);
  if (typeof vip === 'string') return vip;
  const instance = instances.find(({ vips }) => vips.includes(vip.address));
  if (instance === undefined) {
    return `no vrrp_instance has the VIP ${vip.address}, so nobody moves it; a pool needs one that does`;
  }
  const servers = membersFault(table, vip);
  return (
    servers ?? { table, vip, instance, portIsGuessed: table.mark !== undefined && table.checkedPort === undefined }
  );
}

/** Behind a mark the VIP stands in firewall rules: it is known where only one is left. */
function vipOf(
  table: ExistingTable,
  instances: readonly ExistingInstance[],
  tables: readonly ExistingTable[],
): { readonly address: string; readonly port: number } | string {
  if (table.mark !== undefined) {
    const taken = new Set(tables.map(({ address }) => address));
    const free = [...new Set(instances.flatMap(({ vips }) => vips))].filter((vip) => !taken.has(vip));
    const [address] = free;
    if (address !== undefined && free.length === 1) return { address, port: table.checkedPort ?? REDIS_PORT };
    return `which VIP has the mark ${table.mark} is known to your firewall only, and ${free.length === 0 ? 'no vrrp_instance has one' : `${free.join(' and ')} are possible`}; write this pool by hand`;
  }
  if (table.address === undefined) return 'it is a range of addresses, and a pool has one VIP';
  if (table.port === undefined || table.port === 0) return 'it serves every port, and a pool has one';
  return { address: table.address, port: table.port };
}

function membersFault(table: ExistingTable, vip: { address: string; port: number }): string | undefined {
  const { members } = table;
  const addresses = members.map(({ address }) => address);
  const twice = addresses.find((address, index) => addresses.indexOf(address) < index);
  if (twice !== undefined) {
    return `${twice} stands in it with several ports, and a pool has one port on each server; make them pools of their own`;
  }
  if (members.length < 2) return `a pool needs two servers or more, and it has ${members.length}`;
  const other = members.find(({ port }) => port !== undefined && port !== 0 && port !== vip.port);
  if (other !== undefined) {
    return `its port is ${vip.port} and that of ${other.address} is ${other.port}; weir.yaml has one port for a pool`;
  }
  const foreign = addresses.find((address) => !isSameFamily(address, vip.address));
  if (foreign !== undefined) return `${foreign} and the VIP ${vip.address} are not both IPv4 or both IPv6`;
  if (addresses.includes(vip.address)) return `the VIP ${vip.address} is also the address of a real_server`;
  if (new Set(members.map(({ forwarding }) => forwarding)).size > 1) {
    return 'its servers are reached in different ways (lvs_method), and a pool has one';
  }
  return undefined;
}

/** Pools of one vrrp_instance move together, so that weir.yaml asks for the same servers in all of them. */
function clashOf({ table, instance, vip }: Candidate, before: readonly Candidate[]): string | undefined {
  if (before.some((one) => one.vip.address === vip.address && one.vip.port === vip.port)) {
    return `${vip.address} port ${vip.port} is there already`;
  }
  const servers = (one: ExistingTable) =>
    one.members
      .map(({ address }) => address)
      .sort()
      .join(' ');
  const sibling = before.find((one) => one.instance === instance);
  if (sibling === undefined) return undefined;
  if (servers(sibling.table) !== servers(table)) {
    return `${sibling.table.label} is in vrrp_instance ${instance.name} too and has other servers; Weir needs the same in both`;
  }
  if (!isSameFamily(sibling.vip.address, vip.address)) {
    return `vrrp_instance ${instance.name} has IPv4 and IPv6 VIPs, and Weir needs one instance for each`;
  }
  return undefined;
}
