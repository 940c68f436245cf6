/** This node's LVS table, read from /proc and never by a program. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PoolConfig } from '../model/config.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { fwmarkOf, isWeirsMark } from '../model/fwmark.ts';
import type { Signals, SignalValue, Table, TableRow } from '../model/reading.ts';
import { type IpVsStats, parseIpVs, parseIpVsStats, type Service, sameAddress } from './ip-vs.ts';
import { type CounterWindow, createCounterWindow } from './window.ts';

export interface LvsReading {
  /** Absent when the table cannot be read at all: "no LVS" is not "no services" (T32). */
  readonly table?: Table;
  readonly signals: Signals;
  readonly troubles: readonly string[];
}

export interface LvsReader {
  read(): Promise<LvsReading>;
}

/**
 * The service of the pool's mark; else of its VIP; else, where Weir did not build the pool, of a firewall mark that is
 * not Weir's and has the pool's members.
 */
export function serviceOf(services: readonly Service[], pool: PoolConfig): Service | undefined {
  const mark = fwmarkOf(pool);
  const vip = sameAddress(pool.vip.address);
  const addresses = new Set(Object.values(pool.members).map((member) => sameAddress(member.address)));
  return (
    services.find((one) => one.mark !== undefined && one.mark === mark) ??
    services.find((one) => one.protocol === 'TCP' && one.address === vip && one.port === pool.vip.port) ??
    services.find(
      (one) =>
        one.mark !== undefined &&
        !isWeirsMark(one.mark) &&
        one.destinations.some((dest) => addresses.has(dest.address)),
    )
  );
}

/** The pool's rows by member name. A fwmark service under direct routing lists port 0 (T31). */
export function tableOf(services: readonly Service[], pool: PoolConfig): Table | undefined {
  const service = serviceOf(services, pool);
  if (service === undefined) return undefined;
  const rows: Record<string, TableRow> = {};
  for (const member of Object.values(pool.members)) {
    const found = service.destinations.find(
      (one) => one.address === sameAddress(member.address) && (one.port === pool.vip.port || one.port === 0),
    );
    if (found === undefined) continue;
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
 * @throws WeirError when the kernel has no LVS or refuses.
 */
export async function readTable(pool: PoolConfig, procRoot = '/proc'): Promise<Table> {
  return tableOf(parseIpVs(await readLvsFile(procRoot, 'ip_vs')), pool) ?? {};
}

async function readLvsFile(procRoot: string, name: string): Promise<string> {
  const file = join(procRoot, 'net', name);
  try {
    return await readFile(file, 'latin1');
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
        const [text, statsText] = await Promise.all([
          readLvsFile(procRoot, 'ip_vs'),
          readLvsFile(procRoot, 'ip_vs_stats'),
        ]);
        const table = tableOf(parseIpVs(text), pool);
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
