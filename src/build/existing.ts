/** What a keepalived.conf says about VRRP and the server around it: values with their defaults and places. Pure. */

import { isIP } from 'node:net';
import { faultAt } from './keepalived-lines.ts';
import { allOf, argumentOf, lastOf, numberOf, type Statement, type Word } from './keepalived-syntax.ts';

/** A vrrp_instance. */
export interface ExistingInstance {
  readonly name: string;
  readonly interface: string;
  readonly routerId: number;
  readonly version: 2 | 3;
  readonly advertIntervalMs: number;
  readonly preempt: boolean;
  readonly priority: number;
  readonly startsAsMaster: boolean;
  /** Absent: none, or one that is not sent (VRRP version 3). The password itself stays where it is. */
  readonly authentication?: 'PASS' | 'AH';
  /** Whether auth_pass has more than the eight bytes that VRRP sends. */
  readonly authIsCut: boolean;
  readonly vips: readonly string[];
  /** The server's own address, where the file names it. */
  readonly ownAddress?: string;
  /** Programs of notify_master, notify_backup and notify. */
  readonly scripts: readonly string[];
  readonly hasNotifyMaster: boolean;
  /** The track files that its priority follows, and what their numbers are multiplied with, where it says that. */
  readonly trackFiles: readonly { readonly name: string; readonly weight?: number }[];
  /** Keywords that change what the pool does and that weir.yaml has no word for. */
  readonly lost: readonly string[];
}

/** The daemon that the loop guard backup-only asks. */
export interface SyncDaemon {
  /** Absent: it is MASTER and BACKUP at once (check_daemon.c:370-386). */
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
  readonly pidFile: string;
  /** Whether keepalived runs under a name or in a namespace of its own, which moves its files. */
  readonly isNamed: boolean;
}

/** Weir renders none of them, and each of them decides who is MASTER or where the VIP is. */
const LOST_OF_VRRP: ReadonlySet<string> = new Set([
  'unicast_peer',
  'use_vmac',
  'use_ipvlan',
  'mcast_dst_ip',
  'track_script',
  'track_interface',
  'track_process',
  'track_bfd',
  'virtual_routes',
  'virtual_rules',
  'preempt_delay',
  'strict_mode',
  'down_timer_adverts',
]);

const DEFAULT_INTERFACE = 'eth0';
/** Of lvs_sync_daemon: what is none of them, behind the interface, is the instance as it was written before 2.0. */
const SYNC_KEYS: ReadonlySet<string> = new Set(['inst', 'id', 'maxlen', 'port', 'ttl', 'group']);

/** @throws WeirError 'config' with the place of a value that cannot be. */
export function existingServer(conf: readonly Statement[]): ExistingServer {
  const globals = allOf(conf, 'global_defs').flatMap(({ block = [] }) => block);
  const instances = allOf(conf, 'vrrp_instance').map((one) => instanceOf(one, globals));
  const text = (...keywords: readonly string[]) => {
    const statement = lastOf(globals, ...keywords);
    return statement && argumentOf(statement, 'a path').text;
  };
  const [both, vrrpFifo, lvsFifo] = [text('notify_fifo'), text('vrrp_notify_fifo'), text('lvs_notify_fifo')];
  const syncDaemon = syncDaemonOf(conf, globals);
  const named = allOf([...conf, ...globals], 'instance', 'net_namespace').length > 0;
  const pidFolder = named || allOf([...conf, ...globals], 'use_pid_dir').length > 0 ? '/run/keepalived' : '/run';
  return {
    instances,
    ...(syncDaemon !== undefined && { syncDaemon }),
    trackFiles: new Map(allOf(conf, 'track_file', 'vrrp_track_file').flatMap(trackFileOf)),
    ...((vrrpFifo ?? both) !== undefined && { vrrpFifo: (vrrpFifo ?? both) as string }),
    ...((lvsFifo ?? both) !== undefined && { lvsFifo: (lvsFifo ?? both) as string }),
    syncGroups: allOf(conf, 'vrrp_sync_group').map(({ block }) =>
      allOf(block, 'group').flatMap((group) => [
        ...group.words.slice(1).map((word) => word.text),
        ...(group.block ?? []).flatMap(({ words }) => words.map((word) => word.text)),
      ]),
    ),
    pidFile: `${pidFolder}/keepalived.pid`,
    isNamed: named,
  };
}

function instanceOf(statement: Statement, globals: readonly Statement[]): ExistingInstance {
  const { block = [] } = statement;
  const name = argumentOf(statement, "the instance's name").text;
  const router = lastOf(block, 'virtual_router_id');
  if (router === undefined) {
    throw faultAt(statement.words[0], `vrrp_instance ${name} has no virtual_router_id, expected one from 1 to 255`);
  }
  const vips = allOf(block, 'virtual_ipaddress', 'virtual_ipaddress_excluded')
    .flatMap((one) => one.block ?? [])
    .map(({ words }) => addressOf(words[0]));
  const isMaster = lastOf(block, 'state')?.words[1]?.text === 'MASTER';
  const priority = lastOf(block, 'priority');
  const interval = lastOf(block, 'advert_int');
  const own = lastOf(block, 'unicast_src_ip', 'mcast_src_ip');
  const authentication = allOf(block, 'authentication').flatMap((one) => one.block ?? []);
  const authType = lastOf(authentication, 'auth_type');
  const password = lastOf(authentication, 'auth_pass')?.words[1]?.text ?? '';
  const version = versionOf(block, globals, vips);
  const scripts = allOf(block, 'notify_master', 'notify_backup', 'notify');
  const inBlock = lastOf(block, 'interface') ?? lastOf(globals, 'default_interface');
  return {
    name,
    interface: inBlock === undefined ? DEFAULT_INTERFACE : argumentOf(inBlock, 'the name of a network interface').text,
    routerId: numberOf(router, { min: 1, max: 255 }),
    version,
    advertIntervalMs: interval === undefined ? 1_000 : Math.round(numberOf(interval, { min: 0.01, max: 255 }) * 1_000),
    preempt: lastOf(block, 'nopreempt') === undefined,
    // vrrp.c:2903-2909: without one, who starts as MASTER has 255 and everybody else 100.
    priority: priority === undefined ? (isMaster ? 255 : 100) : numberOf(priority, { min: 1, max: 255 }),
    startsAsMaster: isMaster,
    ...(version === 2 && authType !== undefined && { authentication: methodOf(authType) }),
    authIsCut: Buffer.byteLength(password) > 8,
    vips,
    ...(own !== undefined && { ownAddress: addressOf(argumentOf(own, 'an IP address')) }),
    scripts: scripts.map((one) => argumentOf(one, 'a program').text.split(/\s+/)[0] as string),
    hasNotifyMaster: lastOf(block, 'notify_master', 'notify') !== undefined,
    trackFiles: allOf(block, 'track_file')
      .flatMap((one) => one.block ?? [])
      .map(({ words }) => ({ name: words[0].text, ...weightIn(words) })),
    lost: [...new Set(block.map(({ words }) => words[0].text))].filter((keyword) => LOST_OF_VRRP.has(keyword)),
  };
}

function trackFileOf({ words, block }: Statement): [string, TrackFile][] {
  const [file, weight] = [lastOf(block, 'file'), lastOf(block, 'weight')];
  const name = words[1]?.text;
  if (file === undefined || name === undefined) return [];
  return [
    [name, { path: argumentOf(file, 'a path').text, weight: weight === undefined ? 1 : Number(weight.words[1]?.text) }],
  ];
}

/** `handover weight 1` */
function weightIn(words: readonly Word[]): { readonly weight?: number } {
  const at = words.findIndex(({ text }) => text === 'weight');
  return at < 0 ? {} : { weight: Number(words[at + 1]?.text) };
}

/** vrrp.c:2863-2886: of the instance; with an IPv6 VIP 3; else what vrrp_version says; else 2. */
function versionOf(block: readonly Statement[], globals: readonly Statement[], vips: readonly string[]): 2 | 3 {
  const own = lastOf(block, 'version');
  if (own !== undefined) return numberOf(own, { min: 2, max: 3 }) as 2 | 3;
  if (vips.some((vip) => isIP(vip) === 6)) return 3;
  const general = lastOf(globals, 'vrrp_version');
  return general === undefined ? 2 : (numberOf(general, { min: 2, max: 3 }) as 2 | 3);
}

function methodOf(statement: Statement): 'PASS' | 'AH' {
  const word = argumentOf(statement, 'PASS or AH');
  if (word.text === 'PASS' || word.text === 'AH') return word.text;
  throw faultAt(word, `auth_type is ${word.text}, expected PASS or AH`);
}

/**
 * An IP address, its mask left off; IPv6 in its short form, as the kernel's table and Node give it.
 * @throws WeirError 'config' when it is none.
 */
export function addressOf(word: Word): string {
  const address = word.text.replace(/\/\d+$/, '').toLowerCase();
  if (isIP(address) === 4) return address;
  if (URL.canParse(`http://[${address}]`)) return new URL(`http://[${address}]`).hostname.slice(1, -1);
  throw faultAt(word, `${word.text} is no IP address, expected one such as 192.168.81.229/32`);
}

function syncDaemonOf(conf: readonly Statement[], globals: readonly Statement[]): SyncDaemon | undefined {
  const general = lastOf(globals, 'lvs_sync_daemon');
  if (general !== undefined) {
    const words = general.words.map(({ text }) => text);
    const second = words[2] === undefined || SYNC_KEYS.has(words[2]) ? undefined : words[2];
    const behindInst = words.includes('inst') ? words[words.indexOf('inst') + 1] : undefined;
    const instance = behindInst ?? second;
    return instance === undefined ? {} : { instance };
  }
  // As it was written before 1.2.20, and is taken until now.
  const holder = allOf(conf, 'vrrp_instance').find(({ block }) => lastOf(block, 'lvs_sync_daemon_interface'));
  return holder && { instance: argumentOf(holder, "the instance's name").text };
}
