/** One pool of a weir.yaml, from the virtual server and the vrrp_instance that it has today. Pure. */

import { BLIND_TO_WEIGHTS } from '../../model/configuration/lvs.ts';
import type { ExistingServer } from './existing/existing.ts';
import { guardOf } from './existing/guard.ts';
import type { Candidate } from './existing/pools.ts';
import { remarksOnNames, remarksOnPool } from './existing/remarks.ts';
import { printable } from './keepalived/lines.ts';
import { lastOf } from './keepalived/syntax.ts';
import { liveServiceOf } from './live-table.ts';
import { prioritiesOf } from './member-names.ts';
import type { Survey } from './survey.ts';
import type { WrittenMember, WrittenPool } from './weir-yaml.ts';

/** The notify programs of keepalived. */
export interface Programs {
  /** Paths of those that could not be read. */
  readonly unread: readonly string[];
  /** Whether a notify program changes the table that keepalived has. */
  readonly changesTable: boolean;
  /** `weir render` has made it. */
  isRendered(path: string): boolean;
}

/** A program with one of these in it changes what keepalived has in its table (the seed article's way). */
const SWAPS_TABLE = /\bipvsadm\b|keepalived\.conf|\bvirtual_server\b|\bHUP\b.*keepalived|reload\b.*keepalived/;

/** @param readProgram the text of a program; undefined when it cannot be read. */
export function programsOf(existing: ExistingServer, readProgram: (path: string) => string | undefined): Programs {
  const paths = [...new Set([...existing.instances.flatMap(({ scripts }) => scripts), ...existing.groupScripts])];
  const texts = new Map(paths.map((path) => [path, readProgram(path)]));
  return {
    unread: paths.filter((path) => texts.get(path) === undefined),
    changesTable: [...texts.values()].some((text) => text !== undefined && SWAPS_TABLE.test(text)),
    isRendered: (path) => texts.get(path)?.includes('# Made by `weir render ') === true,
  };
}

export interface PoolParts {
  readonly survey: Survey;
  /** net.ipv4.vs.backup_only; undefined: it could not be read. */
  readonly backupOnly: boolean | undefined;
  /** The keepalived.conf. */
  readonly file: string;
  readonly programs: Programs;
  readonly name: string;
  readonly memberNames: ReadonlyMap<string, string>;
  readonly authVariable: string | undefined;
}

export function writtenPool(candidate: Candidate, parts: PoolParts): WrittenPool {
  const { table, instance, vip } = candidate;
  const { survey, programs, name, backupOnly, authVariable } = parts;
  const { services, isHere } = survey;
  const guard = guardOf({
    server: survey.existing,
    table,
    instance,
    unread: programs.unread,
    ...(isHere && backupOnly !== undefined && { backupOnly }),
    swapsTable: programs.changesTable || (instance.hasNotifyMaster && table.place?.file !== parts.file),
  });
  const members = membersOf(candidate, parts.memberNames, survey.local, survey.behindConditions);
  const memberNames = members.map((member) => member.name);
  const live = liveServiceOf(services ?? [], candidate);
  const remarks = [
    ...remarksOnPool(candidate, guard, live, services !== undefined, authVariable),
    ...remarksOnNames(name, table, memberNames),
  ];
  return {
    name,
    vip,
    scheduler: table.scheduler,
    forwarding: table.members[0]?.forwarding ?? 'direct-routing',
    loopGuard: guard.guard,
    instance,
    ...(authVariable !== undefined && { authVariable }),
    members,
    remarks: remarks.map((remark) => ({ ...remark, text: printable(remark.text) })),
  };
}

function membersOf(
  { table, instance }: Candidate,
  nameOf: ReadonlyMap<string, string>,
  local: ReadonlySet<string>,
  behindConditions: ReadonlySet<string>,
): WrittenMember[] {
  const addresses = table.members.map(({ address }) => address);
  const largest = Math.max(...table.members.map(({ weight }) => weight));
  const ownIndex = addresses.findIndex((address) => local.has(address) || address === instance.ownAddress);
  // Sorted by address, so that pools of one instance agree whatever the order of their real servers.
  const sorted = [...addresses].sort();
  // A priority behind a condition for another configuration id is not this server's, and keepalived's default neither.
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
    // weir.yaml wants equal weights for these schedulers.
    weight: BLIND_TO_WEIGHTS.has(table.scheduler) ? largest : weight,
    isOwn: index === ownIndex,
    priority: {
      value: priorities[sorted.indexOf(address)]?.value ?? 1,
      isGuessed: isUnknown || priorities[sorted.indexOf(address)]?.isGuessed !== false,
    },
  }));
}
