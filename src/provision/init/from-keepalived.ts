/** A weir.yaml for the pool that is there already: from its keepalived.conf and the kernel's table. Pure. */

import { WeirError } from '../../model/error.ts';
import { hooksOf } from '../render/hooks.ts';
import { type ConfigTest, remarksOfTest, whereItEnds } from './config-test.ts';
import { authVariables } from './existing/auth.ts';
import { existingServer } from './existing/existing.ts';
import { guardOf } from './existing/guard.ts';
import { type Candidate, candidatesOf, type LeftOut, sentencesOn } from './existing/pools.ts';
import { asCheck, remarksOnNames, remarksOnPool, remarksOnServer } from './existing/remarks.ts';
import { restOf } from './existing/rest.ts';
import { existingTables } from './existing/table.ts';
import { printable, withDetails } from './keepalived/lines.ts';
import type { SourceFile, Surroundings } from './keepalived/reader.ts';
import { lastOf, parseKeepalived } from './keepalived/syntax.ts';
import type { LiveService } from './live-service.ts';
import { kernelTables, liveServiceOf } from './live-table.ts';
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
  readonly configTest: ConfigTest;
}

export interface FromKeepalived {
  readonly yaml: string;
  /** What people should know, a sentence each; it stands in the file too. */
  readonly remarks: readonly string[];
  /** What to add to keepalived.conf, line by line. */
  readonly additions: readonly string[];
  /** What keepalived.conf has and weir.yaml has no word for, line by line. */
  readonly rest: readonly string[];
  /** Variables of the environment that the file names. */
  readonly variables: readonly string[];
}

/** A program with one of these in it changes what keepalived has in its table (the seed article's way). */
const SWAPS_TABLE = /\bipvsadm\b|keepalived\.conf|\bvirtual_server\b|\bHUP\b.*keepalived|reload\b.*keepalived/;

/**
 * @throws WeirError 'config': a place in keepalived.conf and what was expected, or why no pool is in it, or where
 * keepalived itself ends.
 */
export function fromKeepalived(found: ExistingPool): FromKeepalived {
  const { source, surroundings, server, readProgram } = found;
  const { conf, notes, leftOut: behindConditions } = parseKeepalived(source, surroundings);
  const existing = existingServer(conf);
  const written = existingTables(conf);
  const vips = new Set(existing.instances.flatMap((one) => one.vips.map(({ address }) => address)));
  const local = new Set(server.addresses.filter((address) => !vips.has(address)));
  // The kernel of another machine says nothing about this file.
  const isHere = [...written.map(({ members }) => members), ...(server.services ?? []).map((one) => one.destinations)]
    .flat()
    .some(({ address }) => local.has(address));
  const services = isHere ? server.services : undefined;
  const tables = [...written, ...kernelTables(services ?? [], written, existing.instances)];
  const here = { local, services: server.services ?? [] };
  const { candidates, leftOut } = candidatesOf(tables, existing.instances, here);
  if (candidates.length === 0) {
    const oddities = existing.instances.flatMap((one) => one.oddities);
    throw nothing(source.file, leftOut, [...notes, ...oddities.map(asCheck)]);
  }
  const end = whereItEnds(found.configTest, source.file);
  if (end !== undefined) throw new WeirError('config', end);
  const variables = authVariables(candidates.map(({ instance }) => instance));

  const own = new Map(server.addresses.map((address) => [address, shortName(server.hostName)]));
  const addresses = candidates.flatMap(({ table }) => table.members.map(({ address }) => address));
  const names = namesFor(addresses, server.hosts, own);
  const paths = [...new Set([...existing.instances.flatMap(({ scripts }) => scripts), ...existing.groupScripts])];
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
    const authVariable = variables.get(instance);
    const members = membersOf(candidate, names.nameOf, local, behindConditions);
    return {
      name,
      vip,
      scheduler: table.scheduler,
      forwarding: table.members[0]?.forwarding ?? 'direct-routing',
      loopGuard: guard.guard,
      instance,
      ...(authVariable !== undefined && { authVariable }),
      members,
      remarks: [
        ...remarksOnPool(candidate, guard, live, services !== undefined, authVariable),
        ...remarksOnNames(
          name,
          table,
          members.map((member) => member.name),
        ),
      ].map((remark) => ({ ...remark, text: printable(remark.text) })),
    };
  });
  const hooks = hooksOf(existing, [...new Set(candidates.map(({ instance }) => instance))], changesTable);
  const remarks = [
    ...remarksOfTest(found.configTest, true),
    ...notes,
    ...sentencesOn(leftOut),
    ...existing.oddities.map(asCheck),
    ...remarksOnServer(existing, pools, isHere),
    ...hooks.remarks,
  ].map(printable);
  const rest = restOf({
    conf,
    candidates,
    leftOut,
    isRendered: (program) => programs.get(program)?.includes('# Made by `weir render ') === true,
  }).map(printable);
  return {
    yaml: weirYaml({
      source: source.file,
      pools,
      areHostNames: names.areHostNames,
      remarks,
      additions: hooks.additions,
      rest,
      runDir: hooks.runDir,
      pidFile: existing.pidFile,
    }),
    remarks: [...pools.flatMap(({ name, remarks: own }) => own.map(({ text }) => `${name}: ${text}`)), ...remarks],
    additions: hooks.additions,
    rest,
    variables: [...new Set(variables.values())],
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
  behindConditions: ReadonlySet<string>,
): WrittenMember[] {
  const addresses = table.members.map(({ address }) => address);
  const largest = Math.max(...table.members.map(({ weight }) => weight));
  const ownIndex = addresses.findIndex((address) => local.has(address) || address === instance.ownAddress);
  // By address, so that pools of one instance agree whatever the order of their real servers.
  const sorted = [...addresses].sort();
  // It stands behind a condition for another configuration id: keepalived's default is nobody's priority then.
  const isUnknown = behindConditions.has('priority') && lastOf(instance.statement.block, 'priority') === undefined;
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
    priority: {
      value: priorities[sorted.indexOf(address)]?.value ?? 1,
      isGuessed: isUnknown || priorities[sorted.indexOf(address)]?.isGuessed !== false,
    },
  }));
}

/** One line that says it, and the reasons below it where there are several. */
function nothing(file: string, leftOut: readonly LeftOut[], notes: readonly string[]): WeirError {
  const [first] = leftOut;
  if (first?.fault !== undefined && leftOut.every(({ why }) => why === first.why)) return first.fault;
  const [only, ...more] = sentencesOn(leftOut);
  const none = `${file} has no virtual_server, and the kernel's table has no service for a VIP of it: run this on the MASTER, or name with --from the file that has the virtual_server (notify programs may swap it in).`;
  const isSeveral = only !== undefined && more.length > 0;
  const head = isSeveral
    ? `${file} has no pool that can be taken over, so nothing is written:`
    : only === undefined
      ? none
      : `${only} Nothing is written.`;
  const details = [...(isSeveral ? [only, ...more] : []), ...notes];
  return new WeirError('config', withDetails(printable(head), details.map(printable)));
}
