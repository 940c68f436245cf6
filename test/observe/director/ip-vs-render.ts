/**
 * The kernel's side of /proc/net/ip_vs and /proc/net/ip_vs_stats: the formats of ip_vs_info_seq_show and
 * ip_vs_stats_show (Linux net/netfilter/ipvs/ip_vs_ctl.c), written from their descriptions and not from the parser.
 */

import { isIPv6 } from 'node:net';

export interface RenderedDestination {
  readonly address: string;
  readonly port: number;
  readonly forwarding?: string;
  readonly weight?: number;
  readonly active?: number;
  readonly inactive?: number;
}

export interface RenderedService {
  /** As ip_vs_proto_name prints it, or FWM. */
  readonly protocol: string;
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
  readonly scheduler?: string;
  readonly ops?: boolean;
  readonly persistentJiffies?: number;
  readonly destinations?: readonly RenderedDestination[];
}

export function renderIpVs(services: readonly RenderedService[]): string {
  const head = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
  ];
  return `${[...head, ...services.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf(service: RenderedService): string[] {
  const { protocol, address = '0.0.0.0', port = 0, mark = 0, scheduler = 'wrr', ops, persistentJiffies } = service;
  const flags = ops === true ? 'ops ' : '';
  const start =
    protocol === 'FWM'
      ? `FWM  ${hex(mark, 8)} ${scheduler} ${flags}`
      : `${protocol}  ${endpoint(address, port)} ${scheduler} ${isIPv6(address) ? '' : `${flags} `}`;
  const persistent = persistentJiffies === undefined ? '' : `persistent ${persistentJiffies} FFFFFFFF`;
  return [start + persistent, ...(service.destinations ?? []).map(destinationLine)];
}

function destinationLine(one: RenderedDestination): string {
  const { address, port, forwarding = 'Route', weight = 100, active = 0, inactive = 0 } = one;
  const counts = `${pad(weight, 6)} ${pad(active, 10)} ${pad(inactive, 10)}`;
  return `  -> ${endpoint(address, port)}      ${pad(forwarding, 7)} ${counts}`;
}

/** Addresses and ports in host order, in hex; IPv6 as %pI6 writes it: eight groups of four. */
function endpoint(address: string, port: number): string {
  if (isIPv6(address)) return `[${groupsOf(address).join(':')}]:${hex(port, 4)}`;
  const bytes = address.split('.').map((byte) => hex(Number(byte), 2));
  return `${bytes.join('')}:${hex(port, 4)}`;
}

function groupsOf(address: string): string[] {
  const [left = '', right] = address.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => group.toLowerCase().padStart(4, '0'));
}

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

function pad(value: number | string, width: number): string {
  return String(value).padEnd(width);
}

export interface RenderedStats {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut?: number;
  readonly bytesIn: number;
  readonly bytesOut?: number;
}

export function renderIpVsStats({
  connections,
  packetsIn,
  packetsOut = 0,
  bytesIn,
  bytesOut = 0,
}: RenderedStats): string {
  const row = (values: readonly number[]) =>
    values
      .map((value, index) =>
        value
          .toString(16)
          .toUpperCase()
          .padStart(index < 3 ? 8 : 16),
      )
      .join(' ');
  return [
    '   Total Incoming Outgoing         Incoming         Outgoing',
    '   Conns  Packets  Packets            Bytes            Bytes',
    row([connections, packetsIn, packetsOut, bytesIn, bytesOut]),
    '',
    ' Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s',
    row([1, 2, 0, 3, 0]),
    '',
  ].join('\n');
}
