/** What a node needs of its kernel, over a reboot as well. Pure. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import { handoverName, type RunFiles, weightFile } from '../../model/configuration/run-files.ts';
import type { Group } from './groups.ts';

/** The first line of every file that is made for a node. */
export function made(node: string): string {
  return `# Made by \`weir render --node ${node}\` from weir.yaml: change that, and render again.\n`;
}

function poolsOf(groups: readonly Group[]): PoolConfig[] {
  return groups.flatMap((group) => group.pools);
}

export function vipsOf(groups: readonly Group[]): string[] {
  return [...new Set(poolsOf(groups).map(({ vip }) => vip.address))];
}

export function moduleNames(groups: readonly Group[]): string[] {
  return ['ip_vs', ...new Set(poolsOf(groups).map(({ lvs }) => `ip_vs_${lvs.scheduler}`))];
}

export function modules(node: string, groups: readonly Group[]): string {
  return `${made(node)}# Before the sysctls: net.ipv4.vs is there only with ip_vs.\n${moduleNames(groups).join('\n')}\n`;
}

/** Written in this order. Values are effective as max(all, interface) for both arp settings (ip-sysctl.rst). */
export function sysctls(groups: readonly Group[]): readonly (readonly [key: string, value: number, why: string])[] {
  const pools = poolsOf(groups);
  // In a key dots divide: the one in a VLAN's name is a slash (sysctl.conf(5)).
  const devices = [...new Set(groups.map((group) => group.interface.replaceAll('.', '/')))];
  const guard = pools[0]?.lvs.loopGuard;
  const forwards = new Set(pools.map(({ lvs }) => lvs.forwarding));
  const arp = ['all', ...devices].flatMap((device) => [
    [
      `net.ipv4.conf.${device}.arp_ignore`,
      1,
      'The VIP is on lo of every node; only the node that has it on the asked interface may answer for it.',
    ] as const,
    [`net.ipv4.conf.${device}.arp_announce`, 2, "A node's own questions must not name the VIP as theirs."] as const,
  ]);
  return [
    ...arp,
    [
      'net.ipv4.vs.expire_nodest_conn',
      1,
      'Connections to a member that was taken out get a reset; else their packets vanish and producers hang.',
    ],
    [
      'net.ipv4.vs.expire_quiescent_template',
      1,
      'With persistence a drained member would go on getting its old clients.',
    ],
    [
      'net.ipv4.vs.backup_only',
      guard === 'backup-only' ? 1 : 0,
      guard === 'backup-only'
        ? 'The loop guard: a BACKUP takes what the MASTER hands it, and does not schedule it again.'
        : `The loop guard is ${guard}: this one would only get in its way.`,
    ],
    ...(forwards.has('nat') ? [['net.ipv4.ip_forward', 1, 'NAT: the director passes packets on.'] as const] : []),
  ];
}

export function sysctlFile(node: string, groups: readonly Group[]): string {
  const lines = sysctls(groups).map(([key, value, why]) => `# ${why}\n${key} = ${value}\n`);
  return `${made(node)}${lines.join('')}`;
}

/** A handover file for each VRRP instance. */
export function handoverFilesOf(groups: readonly Group[], run: RunFiles): string[] {
  return groups.map((group) => `${run.folder}/${handoverName(group, groups.length)}`);
}

/** A weight file for every member of the node's pools. */
export function weightFilesOf(groups: readonly Group[], run: RunFiles): string[] {
  return poolsOf(groups).flatMap((pool) =>
    Object.keys(pool.members).map((member) => weightFile(run.folder, pool.name, member)),
  );
}

/**
 * @param table the one that keepalived.conf includes under notify-swap.
 * @param handovers the track files that move the VIPs.
 */
export function tmpfiles(
  node: string,
  groups: readonly Group[],
  run: RunFiles,
  table?: string,
  handovers = handoverFilesOf(groups, run),
): string {
  return `${made(node)}d ${run.folder} 0755 root root
# What moves the VIP. Forgotten at a reboot: the node is BACKUP then, and nopreempt leaves the VIP where it is.
${handovers.map((file) => `f ${file} 0644 root root - 0\n`).join('')}# What is added to a member's weight. The node writes what it holds as soon as it starts.
${weightFilesOf(groups, run)
  .map((file) => `f ${file} 0644 root root - 0\n`)
  .join('')}# Made here and not by keepalived, which makes a new one at every reload that nobody reads.
p ${run.vrrpFifo} 0600 root root
p ${run.lvsFifo} 0600 root root
${table === undefined ? '' : `# The table that keepalived.conf includes: after a boot it is empty until the notify script finds the VIP here.\nf+! ${table} 0644 root root\n`}`;
}
