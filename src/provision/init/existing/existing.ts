/** Reads what a keepalived.conf says about VRRP and its server: values with their defaults and places. Pure. */

import { allOf, lastOf, type Statement } from '../keepalived/syntax.ts';
import { type ExistingInstance, instanceOf, notifyPrograms } from './instance.ts';
import { collected, type Tell } from './values.ts';

/** The daemon that the loop guard backup-only asks. */
export interface SyncDaemon {
  /** Absent where the daemon is MASTER and BACKUP at once (check_daemon.c:370-386). */
  readonly instance?: string;
}

export interface TrackFile {
  readonly path: string;
  /** What its number is multiplied with, unless an instance says otherwise. */
  readonly weight: number;
}

export interface ExistingServer {
  readonly instances: readonly ExistingInstance[];
  readonly syncDaemon?: SyncDaemon;
  /** By name. */
  readonly trackFiles: ReadonlyMap<string, TrackFile>;
  readonly vrrpFifo?: string;
  readonly lvsFifo?: string;
  /** Instances that keepalived moves together. */
  readonly syncGroups: readonly (readonly string[])[];
  /** Programs that keepalived runs when such a group moves. */
  readonly groupScripts: readonly string[];
  readonly pidFile: string;
  /** Whether keepalived runs under a name or in a namespace of its own, which moves its files. */
  readonly isNamed: boolean;
  /** A sentence for each value that keepalived takes otherwise than it stands in the file. */
  readonly oddities: readonly string[];
}

/** Keywords of lvs_sync_daemon. Another word behind the interface is the instance, as it was written before 2.0. */
const SYNC_KEYS: ReadonlySet<string> = new Set(['inst', 'id', 'maxlen', 'port', 'ttl', 'group']);

export function existingServer(conf: readonly Statement[]): ExistingServer {
  const { value, oddities } = collected((tell) => serverOf(conf, tell));
  return { ...value, oddities };
}

function serverOf(conf: readonly Statement[], tell: Tell): Omit<ExistingServer, 'oddities'> {
  const globals = allOf(conf, 'global_defs').flatMap(({ block = [] }) => block);
  const instances = instancesOf(conf, globals, tell);
  const path = (keyword: string) => lastOf(globals, keyword)?.words[1]?.text;
  const [both, vrrpFifo, lvsFifo] = [path('notify_fifo'), path('vrrp_notify_fifo'), path('lvs_notify_fifo')];
  const syncDaemon = syncDaemonOf(conf, instances, tell);
  const named = allOf(conf, 'instance', 'net_namespace', 'net_namespace_ipvs').length > 0;
  const pidFolder = named || allOf(conf, 'use_pid_dir').length > 0 ? '/run/keepalived' : '/run';
  return {
    instances,
    ...(syncDaemon !== undefined && { syncDaemon }),
    trackFiles: new Map(allOf(conf, 'track_file', 'vrrp_track_file').flatMap(trackFileOf)),
    ...((vrrpFifo ?? both) !== undefined && { vrrpFifo: (vrrpFifo ?? both) as string }),
    ...((lvsFifo ?? both) !== undefined && { lvsFifo: (lvsFifo ?? both) as string }),
    syncGroups: allOf(conf, 'vrrp_sync_group').map(groupOf),
    groupScripts: allOf(conf, 'vrrp_sync_group').flatMap(({ block = [] }) => notifyPrograms(block)),
    pidFile: `${pidFolder}/keepalived.pid`,
    isNamed: named,
  };
}

/** The names of the instances that a vrrp_sync_group moves together. */
function groupOf({ block }: Statement): string[] {
  return allOf(block, 'group').flatMap((group) => [
    ...group.words.slice(1).map((word) => word.text),
    ...(group.block ?? []).flatMap(({ words }) => words.map((word) => word.text)),
  ]);
}

/** keepalived skips a second one of the same name (vrrp_handler()), and starts no VRRP with two of the same number. */
function instancesOf(conf: readonly Statement[], globals: readonly Statement[], tell: Tell): ExistingInstance[] {
  const instances: ExistingInstance[] = [];
  const multicastOf = groupsBy(globals);
  for (const statement of allOf(conf, 'vrrp_instance')) {
    const instance = instanceOf(statement, globals);
    const [keyword] = statement.words;
    if (instances.some(({ name }) => name === instance.name)) {
      tell(keyword, `vrrp_instance ${instance.name} stands there twice: keepalived skips this one.`);
      continue;
    }
    const twin = instances.find((other) => other.fault === undefined && isSameRouter(other, instance, multicastOf));
    if (twin !== undefined && instance.fault === undefined) {
      tell(
        keyword,
        `MEND: vrrp_instance ${instance.name} and ${twin.name} have the same virtual_router_id ${instance.routerId} on ${instance.interface}: keepalived starts no VRRP at all with this file.`,
      );
    }
    if (instance.stopsAll) {
      const why = instance.fault?.message.replace(/^\S+ /, '');
      tell(keyword, `MEND: ${why}: keepalived starts no VRRP at all with this file.`);
    }
    instances.push(instance);
  }
  return instances;
}

/** check_vrid_conflicts(): unicast counts by itself, and so does each family. */
function isSameRouter(one: ExistingInstance, other: ExistingInstance, multicastOf: GroupOf): boolean {
  const isAlike = one.routerId === other.routerId && one.interface === other.interface && one.family === other.family;
  if (!isAlike || one.peers.length > 0 !== other.peers.length > 0) return false;
  if (one.peers.length === 0) return multicastOf(one) === multicastOf(other);
  return one.ownAddress === other.ownAddress && one.peers.some((peer) => other.peers.includes(peer));
}

/** The multicast group that an instance sends to. */
type GroupOf = (instance: ExistingInstance) => string;

/** RFC 5798 5.1.1.2. */
const GROUPS = { 4: '224.0.0.18', 6: 'ff02::12' };

function groupsBy(globals: readonly Statement[]): GroupOf {
  return ({ family, statement }) =>
    lastOf(statement.block, 'mcast_dst_ip')?.words[1]?.text ??
    lastOf(globals, `vrrp_mcast_group${family}`)?.words[1]?.text ??
    GROUPS[family];
}

function trackFileOf({ words, block }: Statement): [string, TrackFile][] {
  const path = lastOf(block, 'file')?.words[1]?.text;
  const weight = lastOf(block, 'weight')?.words[1]?.text;
  const name = words[1]?.text;
  if (path === undefined || name === undefined) return [];
  return [[name, { path, weight: weight === undefined ? 1 : Number(weight) }]];
}

/** The first that the file has counts, as of before 1.2.20 in an instance or as of today in global_defs. */
function syncDaemonOf(
  conf: readonly Statement[],
  instances: readonly ExistingInstance[],
  tell: Tell,
): SyncDaemon | undefined {
  const all = conf.flatMap(({ words, block }) => {
    if (words[0].text === 'global_defs')
      return allOf(block, 'lvs_sync_daemon').map((daemon) => ({ daemon, holder: undefined }));
    if (words[0].text !== 'vrrp_instance') return [];
    return allOf(block, 'lvs_sync_daemon_interface').map((daemon) => ({ daemon, holder: words[1]?.text }));
  });
  const [first, ...more] = all.filter(({ daemon }) => daemon.words[1] !== undefined);
  if (first === undefined) return undefined;
  for (const { daemon } of more) {
    tell(daemon.words[0], `${daemon.words[0].text} stands there more than once: keepalived keeps the first.`);
  }
  const words = first.daemon.words.map(({ text }) => text);
  const second = words[2] === undefined || SYNC_KEYS.has(words[2]) ? undefined : words[2];
  const behindInst = words.includes('inst') ? words[words.indexOf('inst') + 1] : undefined;
  const instance = first.holder ?? behindInst ?? second;
  if (instance === undefined) return {};
  if (instances.some(({ name }) => name === instance)) return { instance };
  tell(
    first.daemon.words[0],
    `MEND: lvs_sync_daemon names ${instance}, and there is no such vrrp_instance: keepalived starts no daemon.`,
  );
  return undefined;
}
