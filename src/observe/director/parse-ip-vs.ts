/**
 * Parses /proc/net/ip_vs and /proc/net/ip_vs_stats. Source: Linux net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show
 * and ip_vs_stats_show. Addresses and ports are hex in host order (`C0A851E5:18EB`), IPv6 is `[…]:hexport`, a firewall
 * mark is hex too (ipvsadm prints it decimal), persistence is in jiffies (docs/hazards.md#t31).
 */

import { shortAddress } from '../../lib/ip-address.ts';
import type { RealServer } from '../../model/readings/readout.ts';

export interface Service {
  /** TCP, UDP, SCTP, another as ip_vs_proto_name prints it, or FWM. */
  readonly protocol: string;
  /** Absent for a firewall mark. */
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
  readonly scheduler: string;
  /** A client is sent to the member that it had before, for a time. */
  readonly persistent?: true;
  readonly destinations: readonly RealServer[];
}

/**
 * The first word of a service's line. Any protocol counts, or the destinations of an unknown one would go to the service
 * before it: netlink takes any protocol number, and ip_vs_proto_name prints it as `IP_47`. The title line
 * (`IP Virtual …`) is no service.
 */
const SERVICE = /^(TCP|UDP|SCTP|ICMP|ICMPv6|IP|IP_\d+|FWM)\s+(\[?[0-9A-Fa-f]\S*)\s+(?:IPv6\s+)?(\S+)/;
const DESTINATION = /^\s*->\s+(\S+)\s+(\S+)\s+(-?\d+)\s+(\d+)\s+(\d+)/;

/** Never throws: a line that is neither a service nor a destination is skipped. */
export function parseIpVs(text: string): Service[] {
  const services: (Omit<Service, 'destinations'> & { destinations: RealServer[] })[] = [];
  for (const line of text.split('\n')) {
    const head = SERVICE.exec(line);
    if (head !== null) {
      const [, protocol = '', where = '', scheduler = ''] = head;
      const at = protocol === 'FWM' ? undefined : parseEndpoint(where);
      const mark = protocol === 'FWM' ? Number.parseInt(where, 16) : undefined;
      const persistent = /\spersistent \d+ /.test(line);
      services.push({
        protocol,
        scheduler,
        destinations: [],
        ...at,
        ...(mark !== undefined && { mark }),
        ...(persistent && { persistent }),
      });
      continue;
    }
    const row = DESTINATION.exec(line);
    const at = row && parseEndpoint(row[1] ?? '');
    if (row === null || !at) continue;
    const [, , forwarding = '', weight, active, inactive] = row;
    const counts = { weight: Number(weight), active: Number(active), inactive: Number(inactive) };
    services.at(-1)?.destinations.push({ ...at, forwarding, ...counts });
  }
  return services;
}

/** `C0A851E5:18EB` or `[2001:0db8:…:0001]:18EB`. */
function parseEndpoint(text: string): { address: string; port: number } | undefined {
  const v4 = /^([0-9A-Fa-f]{8}):([0-9A-Fa-f]{4})$/.exec(text);
  if (v4 !== null) {
    const bytes = (v4[1] as string).match(/../g) ?? [];
    return {
      address: bytes.map((byte) => Number.parseInt(byte, 16)).join('.'),
      port: Number.parseInt(v4[2] as string, 16),
    };
  }
  const v6 = /^\[([0-9A-Fa-f:.]+)\]:([0-9A-Fa-f]{1,4})$/.exec(text);
  if (v6 === null) return undefined;
  return { address: shortAddress(v6[1] as string), port: Number.parseInt(v6[2] as string, 16) };
}

export interface IpVsStats {
  readonly connections: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
}

/**
 * Parses the totals of /proc/net/ip_vs_stats: two header lines, then one line of hex counters. The Out columns are left
 * out: under direct routing the director never sees replies, so they are always 0 (docs/hazards.md#t30).
 */
export function parseIpVsStats(text: string): IpVsStats | undefined {
  const numbers = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => columns.length === 5 && columns.every((column) => /^[0-9A-Fa-f]+$/.test(column)));
  if (numbers === undefined) return undefined;
  const [connections, packetsIn, , bytesIn] = numbers.map((column) => Number.parseInt(column, 16));
  return { connections: connections as number, packetsIn: packetsIn as number, bytesIn: bytesIn as number };
}
