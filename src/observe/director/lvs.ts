/** This node's LVS table, read from /proc and never by a program. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortAddress } from '../../lib/ip-address.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf, isWeirsMark, markOf } from '../../model/configuration/fwmark.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { Table, TableRow } from '../../model/readings/reading.ts';
import type { RealServer } from '../../model/readings/readout.ts';
import type { Signals, SignalValue } from '../../model/readings/signals.ts';
import { type CounterWindow, createCounterWindow } from '../window.ts';
import { type IpVsStats, parseIpVs, parseIpVsStats, type Service } from './ip-vs.ts';

export interface LvsReading {
  /** Absent when the table cannot be read at all, or not told apart: "no LVS" is not "no services" (T32). */
  readonly table?: Table;
  readonly signals: Signals;
  readonly troubles: readonly string[];
}

export interface LvsReader {
  read(): Promise<LvsReading>;
}

/**
 * The service of the pool's mark; else of its VIP, by its port or by all ports (port 0, which the kernel asks last:
 * ip_vs_service_find); else, where Weir did not build the pool, of a firewall mark that has the pool's members. A sentence
 * where it cannot be told which of several that is.
 */
export function serviceOf(services: readonly Service[], pool: PoolConfig): Service | string | undefined {
  const { address, port } = pool.vip;
  const vip = shortAddress(address);
  const mark = fwmarkOf(pool);
  const at = (of: number) => services.find((one) => one.protocol === 'TCP' && one.address === vip && one.port === of);
  return (
    services.find((one) => one.mark !== undefined && one.mark === mark) ??
    at(port) ??
    at(0) ??
    markedFor(services, pool)
  );
}

/** Of marks that Weir did not give, which another service of the same servers may have as well. */
function markedFor(services: readonly Service[], pool: PoolConfig): Service | string | undefined {
  const own = markOf(pool);
  const having = services.filter(({ mark, destinations }) => {
    const mayBeIt = mark !== undefined && (mark === own || !isWeirsMark(mark));
    return mayBeIt && destinations.some((one) => isOfMember(one, pool));
  });
  const fitting = having.filter(({ destinations }) =>
    destinations.some((one) => isOfMember(one, pool) && isAtPort(one, pool)),
  );
  const chosen = having.find(({ mark }) => mark === own) ?? fitting[0];
  if (chosen?.mark === own || fitting.length === 1) return chosen;
  const marks = having.map(({ mark }) => mark).join(', ');
  if (fitting.length > 1) {
    return `The LVS table has several firewall marks with members of ${pool.name} (${marks}), and which is the pool's cannot be told: what stands in its table is not known. Give the pool's the number ${own}, in keepalived.conf and in the firewall rules.`;
  }
  if (having.length > 0) return elsewhere(having[0] as Service, pool);
  return undefined;
}

function isOfMember({ address }: RealServer, { members }: PoolConfig): boolean {
  return Object.values(members).some((member) => shortAddress(member.address) === address);
}

/** A fwmark service under direct routing lists port 0, and so does one of all ports (T31). */
function isAtPort({ port }: RealServer, { vip }: PoolConfig): boolean {
  return port === vip.port || port === 0;
}

/** Only NAT can change the port (ip_vs_xmit.c): what is there is another Redis than the one that Weir reads, or none. */
function elsewhere({ destinations }: Service, pool: PoolConfig): string {
  const other = destinations.filter((one) => isOfMember(one, pool) && !isAtPort(one, pool));
  const seen = other.map(({ address, port }) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  );
  return `The LVS table sends what comes for ${pool.name} to ${seen.join(', ')}, and Weir reads and changes members at the port of the VIP, ${pool.vip.port}: what stands in its table is not known. Let the Redis servers listen on the VIP's port.`;
}

/** The pool's rows by member name; a sentence where they cannot be told. */
export function tableOf(services: readonly Service[], pool: PoolConfig): Table | string | undefined {
  const service = serviceOf(services, pool);
  if (service === undefined || typeof service === 'string') return service;
  const rows: Record<string, TableRow> = {};
  for (const member of Object.values(pool.members)) {
    const there = service.destinations.filter((one) => one.address === shortAddress(member.address));
    const found = there.find((one) => isAtPort(one, pool));
    if (found === undefined) {
      if (there.some(({ forwarding }) => forwarding === 'Masq')) return elsewhere(service, pool);
      continue;
    }
    rows[member.name] = {
      listed: true,
      weight: found.weight,
      activeConnections: found.active,
      inactiveConnections: found.inactive,
    };
  }
  return rows;
}

/**
 * The pool's table as the kernel has it now; empty when the service is not there.
 * @throws WeirError when the kernel has no LVS or refuses, or which of its services is the pool's cannot be told.
 */
export async function readTable(pool: PoolConfig, procRoot = '/proc'): Promise<Table> {
  const table = tableOf(parseIpVs(readLvsFile(procRoot, 'ip_vs')), pool) ?? {};
  if (typeof table === 'string') throw new WeirError('system', table);
  return table;
}

function readLvsFile(procRoot: string, name: string): string {
  const file = join(procRoot, 'net', name);
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'the kernel has no ip_vs here: load it (modprobe ip_vs), or start this node where the LVS table is'
        : code === 'EACCES' || code === 'EPERM'
          ? 'no permission: run the node as root or with CAP_NET_ADMIN'
          : messageOf(error);
    throw new WeirError('system', `The LVS table (${file}) cannot be read: ${why}.`, { cause: error });
  }
}

/** Reads the table and the node's totals. Never throws; what could not be read is a sentence. */
export function createLvsReader(input: {
  readonly pool: PoolConfig;
  readonly windowMs: number;
  readonly monotonic: () => number;
  readonly procRoot?: string;
}): LvsReader {
  const { pool, windowMs, monotonic, procRoot = '/proc' } = input;
  const counters: Readonly<Record<keyof IpVsStats, CounterWindow>> = {
    connections: createCounterWindow(windowMs),
    packetsIn: createCounterWindow(windowMs),
    bytesIn: createCounterWindow(windowMs),
  };

  function rates(stats: IpVsStats | undefined): Signals {
    if (stats === undefined) return {};
    const nowMs = monotonic();
    for (const name of ['connections', 'packetsIn', 'bytesIn'] as const) counters[name].add(nowMs, stats[name]);
    const found = {
      connection_rate: counters.connections.rate(),
      packet_rate: counters.packetsIn.rate(),
      byte_rate: counters.bytesIn.rate(),
    };
    return Object.fromEntries(Object.entries(found).filter((pair): pair is [string, number] => pair[1] !== undefined));
  }

  return {
    async read() {
      try {
        const text = readLvsFile(procRoot, 'ip_vs');
        const statsText = readLvsFile(procRoot, 'ip_vs_stats');
        const table = tableOf(parseIpVs(text), pool);
        if (typeof table === 'string') return { signals: rates(parseIpVsStats(statsText)), troubles: [table] };
        const rows = Object.values(table ?? {});
        const signals: Record<string, SignalValue> = {
          ...rates(parseIpVsStats(statsText)),
          lvs: table !== undefined,
          listed_members: rows.length,
          weighted_members: rows.filter((row) => row.weight > 0).length,
        };
        if (table !== undefined) return { table, signals, troubles: [] };
        // A BACKUP has none there; a MASTER without one is for the rules to see.
        if (pool.lvs.loopGuard === 'notify-swap') return { table: {}, signals, troubles: [] };
        const vip = `${pool.vip.address}:${pool.vip.port}`;
        return {
          table: {},
          signals,
          troubles: [`The LVS table has no service for ${vip}: does keepalived have its virtual_server?`],
        };
      } catch (error) {
        return { signals: { lvs: false }, troubles: [messageOf(error)] };
      }
    },
  };
}
