/** A weir.yaml for the pool that is there already: from its keepalived.conf and the kernel's table. Pure. */

import { WeirError } from '../model/error.ts';
import { existingServer } from './existing.ts';
import { guardOf } from './existing-guard.ts';
import { type Candidate, candidatesOf } from './existing-pools.ts';
import { remarksOnNames, remarksOnPool, remarksOnServer } from './existing-remarks.ts';
import { existingTables } from './existing-table.ts';
import { hooksOf } from './hooks.ts';
import type { SourceFile, Surroundings } from './keepalived-lines.ts';
import { parseKeepalived } from './keepalived-syntax.ts';
import { kernelTables, type LiveService, liveServiceOf } from './live-table.ts';
import { namesFor, prioritiesOf, shortName } from './member-names.ts';
import { type WrittenMember, type WrittenPool, weirYaml } from './weir-yaml.ts';

export interface ExistingPool {
  readonly source: SourceFile;
  readonly surroundings: Surroundings;
  /** Of the server that it was read on. */
  readonly server: {
    readonly hostName: string;
    readonly addresses: readonly string[];
    /** /etc/hosts. */
    readonly hosts: string;
    /** The kernel's LVS table; absent: it has none, or it could not be read. */
    readonly services?: readonly LiveService[];
    /** net.ipv4.vs.backup_only; absent: it could not be read. */
    readonly backupOnly?: boolean;
  };
  /** The text of a notify program; undefined when it cannot be read. */
  readonly readProgram: (path: string) => string | undefined;
}

export interface FromKeepalived {
  readonly yaml: string;
  /** What people should know, a sentence each; it stands in the file too. */
  readonly remarks: readonly string[];
  /** What to add to keepalived.conf, line by line. */
  readonly additions: readonly string[];
}

/** A program with one of these in it changes what keepalived has in its table (the seed article's way). */
const SWAPS_TABLE = /\bipvsadm\b|keepalived\.conf|\bvirtual_server\b|\bHUP\b.*keepalived|reload\b.*keepalived/;

/**
 * @throws WeirError 'config': a place in keepalived.conf and what was expected, or why no pool is in it.
 */
export function fromKeepalived({ source, surroundings, server, readProgram }: ExistingPool): FromKeepalived {
  const conf = parseKeepalived(source, surroundings);
  const existing = existingServer(conf);
  const written = existingTables(conf);
  const vips = new Set(existing.instances.flatMap((one) => one.vips));
  const local = new Set(server.addresses.filter((address) => !vips.has(address)));
  // The kernel of another machine says nothing about this file.
  const isHere = [...written.map(({ members }) => members), ...(server.services ?? []).map((one) => one.destinations)]
    .flat()
    .some(({ address }) => local.has(address));
  const services = isHere ? server.services : undefined;
  const tables = [...written, ...kernelTables(services ?? [], written, existing.instances)];
  const { candidates, leftOut } = candidatesOf(tables, existing.instances);
  if (candidates.length === 0) throw new WeirError('config', nothing(source.file, leftOut, written.length));

  const own = new Map(server.addresses.map((address) => [address, shortName(server.hostName)]));
  const addresses = candidates.flatMap(({ table }) => table.members.map(({ address }) => address));
  const names = namesFor(addresses, server.hosts, own);
  const paths = [...new Set(existing.instances.flatMap(({ scripts }) => scripts))];
  const programs = new Map(paths.map((path) => [path, readProgram(path)]));
  const changesTable = [...programs.values()].some((text) => text !== undefined && SWAPS_TABLE.test(text));
  const pools = candidates.map((candidate, index): WrittenPool => {
    const { table, instance, vip } = candidate;
    const live = liveServiceOf(services ?? [], candidate);
    const guard = guardOf({
      server: existing,
      table,
      instance,
      unread: paths.filter((path) => programs.get(path) === undefined),
      ...(isHere && server.backupOnly !== undefined && { backupOnly: server.backupOnly }),
      swapsTable: changesTable || (instance.hasNotifyMaster && table.place?.file !== source.file),
    });
    const name = poolName(candidates, index);
    const members = membersOf(candidate, names.nameOf, local);
    return {
      name,
      vip,
      scheduler: table.scheduler,
      forwarding: table.members[0]?.forwarding ?? 'direct-routing',
      loopGuard: guard.guard,
      instance,
      members,
      remarks: [
        ...remarksOnPool(candidate, guard, live, services !== undefined),
        ...remarksOnNames(
          name,
          table,
          members.map((member) => member.name),
        ),
      ],
    };
  });
  const hooks = hooksOf(existing, [...new Set(candidates.map(({ instance }) => instance))], changesTable);
  const remarks = [...leftOut, ...remarksOnServer(existing, pools, isHere), ...hooks.remarks];
  return {
    yaml: weirYaml({
      source: source.file,
      pools,
      areHostNames: names.areHostNames,
      remarks,
      additions: hooks.additions,
      runDir: hooks.runDir,
      pidFile: existing.pidFile,
    }),
    remarks: [...pools.flatMap(({ name, remarks: own }) => own.map(({ text }) => `${name}: ${text}`)), ...remarks],
    additions: hooks.additions,
  };
}

function poolName(candidates: readonly Candidate[], index: number): string {
  if (candidates.length === 1) return 'logs';
  const ports = candidates.map(({ vip }) => vip.port);
  return new Set(ports).size === ports.length ? `logs-${ports[index]}` : `logs-${index + 1}`;
}

/** Schedulers that know a weight only as zero or not: weir.yaml wants equal weights for them (T16). */
const BLIND_TO_WEIGHTS: ReadonlySet<string> = new Set(['rr', 'lc']);

function membersOf(
  { table, instance }: Candidate,
  nameOf: ReadonlyMap<string, string>,
  local: ReadonlySet<string>,
): WrittenMember[] {
  const addresses = table.members.map(({ address }) => address);
  const largest = Math.max(...table.members.map(({ weight }) => weight));
  const ownIndex = addresses.findIndex((address) => local.has(address) || address === instance.ownAddress);
  // By address, so that pools of one instance agree whatever the order of their real servers.
  const sorted = [...addresses].sort();
  const priorities = prioritiesOf(
    addresses.length,
    sorted.indexOf(addresses[ownIndex] ?? ''),
    instance.priority,
    instance.startsAsMaster || !instance.preempt,
  );
  return table.members.map(({ address, weight }, index) => ({
    name: nameOf.get(address) ?? address,
    address,
    weight: BLIND_TO_WEIGHTS.has(table.scheduler) ? largest : weight,
    isOwn: index === ownIndex,
    priority: priorities[sorted.indexOf(address)] ?? { value: 1, isGuessed: true },
  }));
}

function nothing(file: string, leftOut: readonly string[], count: number): string {
  if (count === 0 && leftOut.length === 0) {
    return `${file} has no virtual_server, and the kernel's table has no service for a VIP of it: run this on the MASTER, or name with --from the file that has the virtual_server (notify programs may swap it in).`;
  }
  return [...leftOut, `No pool of ${file} can be taken over, so nothing is written.`].join('\n');
}
