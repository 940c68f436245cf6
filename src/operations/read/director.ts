/** Reads the files of a node's LVS and VRRP side with the readers of a node. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import type { NodeAnswers } from '../../model/readings/capture.ts';
import type { PollReadout, ReadPart, ServiceReadout } from '../../model/readings/readout.ts';
import type { DirectorSignals } from '../../model/readings/signals.ts';
import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';
import type { Dump } from '../../observe/director/keepalived-dump.ts';
import { parseIpVs, type Service } from '../../observe/director/parse-ip-vs.ts';
import { createLvsReader } from '../../observe/director/read-lvs-table.ts';
import { createVrrpReader } from '../../observe/director/vrrp.ts';
import { deviceOf, isMaster, parseDump, vipIn } from '../../observe/director/vrrp-dump.ts';
import { unknownOf } from './unknown.ts';

type NamedPoll = Extract<ReadPart, { about: 'director' }>;

/** Reads one pool's side of /proc/net/ip_vs and, where there is one, /proc/net/ip_vs_stats, out of a stand-in for /proc. */
export async function readLvs(
  files: Pick<NodeAnswers, 'ipVs' | 'ipVsStats'>,
  pool: PoolConfig,
  config: WeirConfig,
): Promise<NamedPoll> {
  const procRoot = await mkdtemp(join(tmpdir(), 'weir-read-'));
  try {
    await mkdir(join(procRoot, 'net'));
    await writeFile(join(procRoot, 'net/ip_vs'), files.ipVs ?? '', 'latin1');
    await writeFile(join(procRoot, 'net/ip_vs_stats'), files.ipVsStats ?? '', 'latin1');
    const { windowMs } = config.poll;
    const { signals, table, troubles } = await createLvsReader({ pool, windowMs, monotonic: () => 0, procRoot }).read();
    const unknown = unknownOf('lvs', signals);
    return partOf('lvs', pool, { atMs: 0, signals, unknown, troubles, ...(table !== undefined && { table }) });
  } finally {
    await rm(procRoot, { recursive: true, force: true });
  }
}

/** Every service in the table, also those of no pool. */
export function servicesIn(text: string): ReadPart {
  return { about: 'services', services: parseIpVs(text).map(toReadout) };
}

function toReadout({ protocol, address, port, mark, scheduler, persistent, destinations }: Service): ServiceReadout {
  const v6 = address?.includes(':') === true;
  const where = mark === undefined ? `${v6 ? `[${address}]` : address}:${port}` : String(mark);
  return { service: `${protocol} ${where} ${scheduler}`, persistent: persistent === true, destinations };
}

/** @throws WeirError 'usage' where the text is no dump of keepalived. */
export function instancesIn(file: string, text: string): VrrpInstance[] {
  const instances = parseDump(text);
  if (instances !== undefined) return instances;
  throw new WeirError(
    'usage',
    `${file}:1:1 this is no dump of keepalived, expected a list of instances or {"vrrp": [...]}, whole.`,
  );
}

export interface DumpSeen extends Dump {
  /** Interfaces that have the VIP; left out: what the dump says. */
  readonly vipOn?: readonly string[];
  /** When it was written, by Date.now(); left out: that is not known. */
  readonly writtenAt?: number;
}

/** Reads one pool's side of a dump, which counts as fresh. */
export function readVrrp({ vipOn, writtenAt, ...dump }: DumpSeen, pool: PoolConfig, config: WeirConfig): NamedPoll {
  const reader = createVrrpReader({
    pool,
    interface: pool.vrrp.interface,
    windowMs: config.poll.windowMs,
    monotonic: () => 0,
    devicesWith: (vip) => vipOn ?? interfacesWith(vip, dump.instances ?? []),
  });
  const { signals: now, troubles } = reader.read(dump);
  const signals = atTime(now, writtenAt);
  return partOf('vrrp', pool, { atMs: 0, signals, unknown: unknownOf('vrrp', signals), troubles });
}

/** Corrects a time until now to the time until the dump was written. */
function atTime(
  { last_transition_seconds: seconds, ...signals }: DirectorSignals,
  writtenAt: number | undefined,
): DirectorSignals {
  if (seconds === undefined || writtenAt === undefined) return signals;
  return { ...signals, last_transition_seconds: Math.max(0, seconds - (Date.now() - writtenAt) / 1_000) };
}

/** The interfaces that have the VIP by the dump itself: keepalived writes `set` after an address that it has set. */
function interfacesWith(vip: string, instances: readonly VrrpInstance[]): string[] {
  const having = instances.filter((instance) => isMaster(instance) && / set$/.test(vipIn(instance, vip) ?? ''));
  return having.map((instance) => deviceOf(instance, vip) ?? instance.interface);
}

function partOf(side: NamedPoll['side'], pool: PoolConfig, poll: PollReadout): NamedPoll {
  return { about: 'director', side, name: pool.name, polls: [poll] };
}
