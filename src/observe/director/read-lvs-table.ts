/** Reads this node's LVS table from /proc, and never by a program. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortAddress } from '../../lib/ip-address.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf, isWeirsMark, markOf } from '../../model/configuration/fwmark.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { Table, TableRow } from '../../model/readings/reading.ts';
import type { RealServer } from '../../model/readings/readout.ts';
import type { DirectorSignals } from '../../model/readings/signals.ts';
import { type CounterWindow, createCounterWindow } from '../window.ts';
import { type IpVsStats, parseIpVs, parseIpVsStats, type Service } from './parse-ip-vs.ts';

export interface LvsReading {
  /**
   * Absent when the table cannot be read, or when it cannot be told which service is the pool's: "no LVS" is not
   * "no services" (docs/hazards.md#t32).
   */
  readonly table?: Table;
  readonly signals: DirectorSignals;
  readonly troubles: readonly string[];
}

export interface LvsReader {
  read(): Promise<LvsReading>;
}

/**
 * Finds the pool's service, in this order: by the pool's mark; by its VIP, at its port or at all ports (port 0, which the
 * kernel asks last: ip_vs_service_find); by a firewall mark that has the pool's members, where Weir did not build the pool.
 * Returns a sentence where several services fit.
 */
export function serviceOf(services: readonly Service[], pool: PoolConfig): Service | string | undefined {
  const { address, port } = pool.vip;
  const vip = shortAddress(address);
  const mark = fwmarkOf(pool);
  const at = (of: number) =>
    services.find((service) => service.protocol === 'TCP' && service.address === vip && service.port === of);
  return (
    services.find((service) => service.mark !== undefined && service.mark === mark) ??
    at(port) ??
    at(0) ??
    markedFor(services, pool)
  );
}

/** Looks among marks that Weir did not give. Another service of the same servers may have one too. */
function markedFor(services: readonly Service[], pool: PoolConfig): Service | string | undefined {
  const own = markOf(pool);
  const having = services.filter(({ mark, destinations }) => {
    const mayBeIt = mark !== undefined && (mark === own || !isWeirsMark(mark));
    return mayBeIt && destinations.some((destination) => isOfMember(destination, pool));
  });
  const fitting = having.filter(({ destinations }) =>
    destinations.some((destination) => isOfMember(destination, pool) && isAtPort(destination, pool)),
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

/** A service by firewall mark lists port 0 under direct routing, and so does one of all ports (docs/hazards.md#t31). */
function isAtPort({ port }: RealServer, { vip }: PoolConfig): boolean {
  return port === vip.port || port === 0;
}

/** Only NAT can change the port (ip_vs_xmit.c). At another port is another Redis than the one that Weir reads, or none. */
function elsewhere({ destinations }: Service, pool: PoolConfig): string {
  const atOtherPorts = destinations.filter(
    (destination) => isOfMember(destination, pool) && !isAtPort(destination, pool),
  );
  const places = atOtherPorts.map(({ address, port }) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  );
  return `The LVS table sends what comes for ${pool.name} to ${places.join(', ')}, and Weir reads and changes members at the port of the VIP, ${pool.vip.port}: what stands in its table is not known. Let the Redis servers listen on the VIP's port.`;
}

/** Returns the pool's rows by member name; a sentence where it cannot be told which they are. */
export function tableOf(services: readonly Service[], pool: PoolConfig): Table | string | undefined {
  const service = serviceOf(services, pool);
  if (service === undefined || typeof service === 'string') return service;
  const rows: Record<string, TableRow> = {};
  for (const member of Object.values(pool.members)) {
    const there = service.destinations.filter((destination) => destination.address === shortAddress(member.address));
    const placed = there.find((destination) => isAtPort(destination, pool));
    if (placed === undefined) {
      if (there.some(({ forwarding }) => forwarding === 'Masq')) return elsewhere(service, pool);
      continue;
    }
    rows[member.name] = {
      listed: true,
      weight: placed.weight,
      activeConnections: placed.active,
      inactiveConnections: placed.inactive,
    };
  }
  return rows;
}

/**
 * Reads the pool's table as the kernel has it now; empty when the service is not there.
 * @throws WeirError when the kernel has no LVS or refuses, or when it cannot be told which of its services is the pool's.
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

/** Reads the table and the node's totals. Never throws: a sentence in `troubles` says what could not be read. */
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

  function rates(stats: IpVsStats | undefined): DirectorSignals {
    if (stats === undefined) return {};
    const nowMs = monotonic();
    for (const name of ['connections', 'packetsIn', 'bytesIn'] as const) counters[name].add(nowMs, stats[name]);
    const connections = counters.connections.rate();
    const packets = counters.packetsIn.rate();
    const bytes = counters.bytesIn.rate();
    return {
      ...(connections !== undefined && { connection_rate: connections }),
      ...(packets !== undefined && { packet_rate: packets }),
      ...(bytes !== undefined && { byte_rate: bytes }),
    };
  }

  return {
    async read() {
      try {
        const text = readLvsFile(procRoot, 'ip_vs');
        const statsText = readLvsFile(procRoot, 'ip_vs_stats');
        const table = tableOf(parseIpVs(text), pool);
        if (typeof table === 'string') return { signals: rates(parseIpVsStats(statsText)), troubles: [table] };
        const rows = Object.values(table ?? {});
        const signals: DirectorSignals = {
          ...rates(parseIpVsStats(statsText)),
          lvs: table !== undefined,
          listed_members: rows.length,
          weighted_members: rows.filter((row) => row.weight > 0).length,
        };
        if (table !== undefined) return { table, signals, troubles: [] };
        // With notify-swap a BACKUP has no service. The rules see a MASTER that has none.
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
