/** keepalived.conf of a node. Pure. Every line that is not obvious says why it is there. */

import type { MemberConfig, PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf } from '../../model/configuration/fwmark.ts';
import { handoverName, weightFile } from '../../model/configuration/run-files.ts';
import type { Group } from './groups.ts';
import type { Layout } from './layout.ts';

/** What keepalived calls it in lvs_method. */
const METHOD: Readonly<Record<PoolConfig['lvs']['forwarding'], string>> = {
  'direct-routing': 'DR',
  nat: 'NAT',
  tunnel: 'TUN',
};

/** Schedulers that pick a member by the client's address and refuse the client while that one has weight 0, unless told. */
const WITH_FALLBACK: Readonly<Record<string, string>> = { sh: 'sh-fallback', mh: 'mh-fallback' };

export interface KeepalivedInput {
  readonly node: string;
  readonly groups: readonly Group[];
  readonly layout: Layout;
}

export function keepalivedConf({ node, groups, layout }: KeepalivedInput): string {
  const pools = groups.flatMap((group) => group.pools);
  const guard = pools[0]?.lvs.loopGuard;
  const tables = guard === 'notify-swap' ? include(layout) : pools.map((pool) => virtualServer(pool)).join('\n');
  return `# Made by \`weir render --node ${node}\` from weir.yaml: change that, and render again.

global_defs {
  router_id ${node}
  # keepalived runs a script only when nobody but root could have changed it.
  script_user root
  enable_script_security
  # They wake Weir up. They stand there already (tmpfiles.d): one that keepalived makes itself is another at every reload.
  vrrp_notify_fifo ${layout.run.vrrpFifo}
  lvs_notify_fifo ${layout.run.lvsFifo}
${guard === 'backup-only' ? syncDaemon(groups) : ''}}

# ${groups.length > 1 ? 'The number of each is added to the priority of its instance, so that each moves alone' : 'Its number is added to the priority below'}. -254 is FAULT: the VIP goes to the peer at once, also with nopreempt.
${groups.map((group) => handoverTrack(handoverName(group, groups.length), layout)).join('')}
# Weir's word on each member's weight: the number is added to it. So keepalived's own idea is never another than Weir's,
# and a server that was away comes back as drained as it left.
${pools.flatMap((pool) => Object.keys(pool.members).map((member) => weightTrack(pool, member, layout))).join('')}
${groups.map((group) => vrrpInstance(group, handoverName(group, groups.length), guard, layout)).join('\n')}
${tables}`;
}

function handoverTrack(name: string, { run }: Layout): string {
  return `track_file ${name} {\n  file ${run.folder}/${name}\n  weight 1\n}\n`;
}

function trackName(pool: PoolConfig, member: string): string {
  return `weight-${pool.name}-${member}`;
}

function weightTrack(pool: PoolConfig, member: string, { run }: Layout): string {
  return `track_file ${trackName(pool, member)} {\n  file ${weightFile(run.folder, pool.name, member)}\n  weight 1\n}\n`;
}

function syncDaemon([first]: readonly Group[]): string {
  if (first === undefined) return '';
  return `  # backup_only asks this daemon whether the node is BACKUP, and it is only with the instance that it knows.
  lvs_sync_daemon ${first.interface} ${first.name} id ${first.routerId}
`;
}

function vrrpInstance(
  group: Group,
  handover: string,
  guard: PoolConfig['lvs']['loopGuard'] | undefined,
  layout: Layout,
): string {
  const { vrrp } = group.pools[0] as PoolConfig;
  const vips = [...new Set(group.pools.map(({ vip }) => vip.address))];
  const lines = [
    `# Pool${group.pools.length > 1 ? 's' : ''} ${group.pools.map(({ name }) => name).join(', ')}.`,
    `vrrp_instance ${group.name} {`,
    '  # Whoever starts first is MASTER and stays it: a node that comes back moves nothing.',
    '  state BACKUP',
    ...(vrrp.preempt ? [] : ['  nopreempt']),
    `  interface ${group.interface}`,
    `  virtual_router_id ${group.routerId}`,
    `  version ${vrrp.version}`,
    `  priority ${group.self.priority}`,
    `  advert_int ${vrrp.advertIntervalMs / 1_000}`,
    ...authentication(vrrp),
    '  # After two MASTERs have met, the one that stays says again that the VIP is here.',
    '  garp_lower_prio_repeat 5',
    '  garp_lower_prio_delay 1',
    '  virtual_ipaddress {',
    ...vips.map((vip) => `    ${withHostMask(vip)}`),
    '  }',
    '  track_file {',
    `    ${handover}`,
    '  }',
    ...(guard === 'notify-swap' ? notifications(layout) : []),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** VRRP version 3 has none (RFC 5798 9). */
function authentication({ version, auth }: PoolConfig['vrrp']): string[] {
  if (version !== 2 || auth === undefined) return [];
  return ['  authentication {', '    auth_type PASS', `    auth_pass ${auth.reveal()}`, '  }'];
}

function notifications({ notifyScript }: Layout): string[] {
  return [
    '  # Each takes the state that it finds, not the one that it is called for: keepalived does not keep their order.',
    ...['master', 'backup', 'fault', 'stop'].map((state) => `  notify_${state} "${notifyScript}"`),
  ];
}

function include({ table }: Layout): string {
  return `# Empty, but on the MASTER: the notify script swaps it. Two nodes with a table would hand packets back and forth.
include ${table}
`;
}

/** The table: a virtual server with the pool's members. */
export function virtualServer(pool: PoolConfig): string {
  const { vip, lvs } = pool;
  const mark = fwmarkOf(pool);
  const marked = mark !== undefined;
  const head = `virtual_server ${marked ? `fwmark ${mark}` : `${vip.address} ${vip.port}`}`;
  const fallback = WITH_FALLBACK[lvs.scheduler];
  const lines = [
    ...(marked ? ['# Counted by its mark: what a director handed on has none, and is not scheduled again.'] : []),
    `${head} {`,
    ...(marked && vip.address.includes(':') ? ['  ip_family inet6'] : []),
    '  delay_loop 1',
    `  lvs_sched ${lvs.scheduler}`,
    ...(fallback === undefined ? [] : [`  # Or clients of a drained member are refused.`, `  ${fallback}`]),
    `  lvs_method ${METHOD[lvs.forwarding]}`,
    ...(marked ? [] : ['  protocol TCP']),
    ...Object.values(pool.members).flatMap((member) => realServer(pool, member, marked)),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** Behind a mark a real server has no port: the packet keeps the one that it came for. */
function realServer(pool: PoolConfig, { name, address, weight }: MemberConfig, marked: boolean): string[] {
  const { port } = pool.vip;
  return [
    `  real_server ${address}${marked ? '' : ` ${port}`} {`,
    `    weight ${weight}`,
    '    TCP_CHECK {',
    `      connect_port ${port}`,
    '      connect_timeout 1',
    '      retry 1',
    '      delay_before_retry 1',
    '    }',
    '    FILE_CHECK {',
    `      track_file ${trackName(pool, name)}`,
    '      weight 1',
    '    }',
    '  }',
  ];
}

/** A wider mask would make the whole network local to a node that has the VIP on lo. */
export function withHostMask(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
