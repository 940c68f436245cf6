/** Sorts virtual servers into pools for Weir and others, with the reason for each other one. Pure. */

import type { WeirError } from '../../../model/error.ts';
import { listed } from '../keepalived/lines.ts';
import type { LiveService } from '../live-service.ts';
import { directorsOf } from './directors.ts';
import type { ExistingInstance } from './instance.ts';
import type { ExistingTable } from './table.ts';
import { grouped, isSameFamily } from './values.ts';

/** A virtual server that can be a pool. */
export interface Candidate {
  readonly table: ExistingTable;
  readonly vip: { readonly address: string; readonly port: number };
  readonly instance: ExistingInstance;
}

/** A virtual server that cannot be taken over. */
export interface LeftOut {
  readonly table: ExistingTable;
  /** The reason, as a clause. */
  readonly why: string;
  /** Set where a value of it or of its vrrp_instance cannot be: one line that begins with the place. */
  readonly fault?: WeirError;
}

export interface Sorted {
  readonly candidates: readonly Candidate[];
  readonly leftOut: readonly LeftOut[];
}

/** What the server that this runs on says beyond the file. */
export interface Here {
  /** Its addresses without the VIPs. */
  readonly local: ReadonlySet<string>;
  readonly services: readonly LiveService[];
}

const REDIS_PORT = 6379;

export function candidatesOf(
  tables: readonly ExistingTable[],
  instances: readonly ExistingInstance[],
  here: Here,
): Sorted {
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  for (const table of tables) {
    const candidate = candidateOf(table, instances, tables, here);
    const why = 'why' in candidate ? candidate : { why: clashOf(candidate, candidates) };
    if (why.why !== undefined) {
      leftOut.push({ table, why: why.why, ...('fault' in why && why.fault !== undefined && { fault: why.fault }) });
    } else if (!('why' in candidate)) candidates.push(candidate);
  }
  return { candidates, leftOut };
}

/** Returns a sentence for each reason, with the places that it holds for. */
export function sentencesOn(leftOut: readonly LeftOut[]): string[] {
  const byReason = grouped(leftOut, ({ why }) => why);
  return [...byReason].map(([why, [first, ...more]]) => {
    const begin = `${where(first as LeftOut)}${first?.table.label}`;
    const others = more.map(({ table }) => `${table.label.replace(/^virtual_server /, '')}${line(table)}`);
    return `${begin}${others.length === 0 ? ' is' : `, and ${listed(others)}, are`} left out: ${why}.`;
  });
}

function where({ table: { place } }: LeftOut): string {
  return place === undefined ? '' : `${place.file}:${place.line} `;
}

function line({ place }: ExistingTable): string {
  return place === undefined ? '' : ` (line ${place.line})`;
}

interface NoCandidate {
  readonly why: string;
  readonly fault?: WeirError;
}

/** The candidate, or why it is none. Faults in services that are no Redis are not reported. */
function candidateOf(
  table: ExistingTable,
  instances: readonly ExistingInstance[],
  tables: readonly ExistingTable[],
  here: Here,
): Candidate | NoCandidate {
  const other = otherThanRedis(table);
  if (other !== undefined) return { why: other };
  if (table.fault !== undefined) return { why: table.fault.message, fault: table.fault };
  const vip = vipOf(table, instances, tables);
  if (typeof vip === 'string') return { why: vip };
  const instance = instances.find(({ vips }) => vips.some(({ address }) => address === vip.address));
  if (instance === undefined) {
    return { why: `no vrrp_instance has the VIP ${vip.address}, so nobody moves it; a pool needs one that does` };
  }
  if (instance.fault !== undefined) return { why: instance.fault.message, fault: instance.fault };
  const why = membersFault(table, vip) ?? directorsOf({ table, instance, ...here });
  return why === undefined ? { table, vip, instance } : { why };
}

function otherThanRedis({ mark, protocol, otherChecks }: ExistingTable): string | undefined {
  if (mark === undefined && protocol === undefined) {
    return 'it has no protocol, which keepalived takes as UDP, and Redis speaks TCP; add "protocol TCP"';
  }
  if (mark === undefined && protocol !== 'TCP') return `it is ${protocol}, and Redis speaks TCP`;
  if (otherChecks.length > 0) return `its health check is ${otherChecks.join(', ')}, so it is no Redis`;
  return undefined;
}

/** Behind a mark the VIP stands in firewall rules: the only one that is left is a guess, and written as one. */
function vipOf(
  table: ExistingTable,
  instances: readonly ExistingInstance[],
  tables: readonly ExistingTable[],
): { readonly address: string; readonly port: number } | string {
  if (table.mark !== undefined) {
    const taken = new Set(tables.map(({ address }) => address));
    const all = instances.flatMap(({ vips }) => vips.map(({ address }) => address));
    const free = [...new Set(all)].filter((vip) => !taken.has(vip));
    const [address] = free;
    if (address !== undefined && free.length === 1) return { address, port: table.markedPort ?? REDIS_PORT };
    return `which VIP has the mark ${table.mark} is known to your firewall only, and ${free.length === 0 ? 'no vrrp_instance has one' : `${free.join(' and ')} are possible`}; write this pool by hand`;
  }
  if (table.address === undefined) return 'it is a range of addresses, and a pool has one VIP';
  if (table.port === undefined) return 'it serves every port, and a pool has one';
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
  const other = members.find(({ port }) => port !== undefined && port !== vip.port);
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
  if (before.some((candidate) => candidate.vip.address === vip.address && candidate.vip.port === vip.port)) {
    return `${vip.address} port ${vip.port} is there already`;
  }
  const servers = (one: ExistingTable) =>
    one.members
      .map(({ address }) => address)
      .sort()
      .join(' ');
  const sibling = before.find((candidate) => candidate.instance === instance);
  if (sibling === undefined) return undefined;
  if (servers(sibling.table) !== servers(table)) {
    return `${sibling.table.label} is in vrrp_instance ${instance.name} too and has other servers; Weir needs the same in both`;
  }
  if (!isSameFamily(sibling.vip.address, vip.address)) {
    return `vrrp_instance ${instance.name} has IPv4 and IPv6 VIPs, and Weir needs one instance for each`;
  }
  return undefined;
}
