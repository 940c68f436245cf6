/** The pool's network side: a node's addresses, sysctls and keepalived, its table and who is MASTER. */

import { HANDOVER_FILE, KEEPALIVED_PID_FILE, keepalivedConf } from './keepalived-conf.ts';
import { type LvsTable, parseTable } from './table.ts';
import { MEMBERS, type Member, REDIS_PORT, VIP } from './topology.ts';
import { must, start, type World } from './world.ts';

const STATE_WITHIN_MS = 15_000;

export function keepalivedName(node: Member): string {
  return `keepalived-${node}`;
}

/** Makes a host a node: what `domain.md` proves, the loop guard included. */
export async function prepareNode(world: World, node: Member): Promise<void> {
  await Promise.all([
    must(world, node, ['ip', 'addr', 'add', `${VIP}/32`, 'dev', 'lo']),
    must(world, node, [
      ...['sysctl', '-qw', 'net.ipv4.conf.all.arp_ignore=1', 'net.ipv4.conf.all.arp_announce=2'],
      ...['net.ipv4.vs.backup_only=1', 'net.ipv4.vs.expire_nodest_conn=1'],
    ]),
    world.control.call('save', { place: node, path: HANDOVER_FILE, text: '0\n' }),
    world.control.call('save', { place: node, path: '/run/keepalived.conf', text: keepalivedConf(node) }),
  ]);
}

/** Starts it and waits until it has that state. Every start begins as BACKUP; whoever is alone becomes MASTER. */
export async function startKeepalived(world: World, node: Member, state: 'BACKUP' | 'MASTER'): Promise<void> {
  const argv = [
    ...['keepalived', '--dont-fork', '--log-console', '--use-file', '/run/keepalived.conf'],
    ...[
      '--pid',
      KEEPALIVED_PID_FILE,
      '--vrrp_pid',
      '/run/keepalived-vrrp.pid',
      '--checkers_pid',
      '/run/keepalived-checkers.pid',
    ],
  ];
  await world.logs.after(keepalivedName(node), new RegExp(`VI_1\\) Entering ${state} STATE`), STATE_WITHIN_MS, () =>
    start(world, { place: node, name: keepalivedName(node), argv }),
  );
}

export async function readTable(world: World, node: Member): Promise<LvsTable> {
  const { text } = await world.control.call('read', { place: node, path: '/proc/net/ip_vs' });
  return parseTable(text, VIP, REDIS_PORT);
}

/** Nodes with the VIP on the VRRP interface: normally one, during a partition two (trap T1: on lo all have it). */
export async function readMasters(world: World): Promise<Member[]> {
  const shown = await Promise.all(
    MEMBERS.map((node) => must(world, node, ['ip', '-o', '-4', 'addr', 'show', 'dev', 'eth0'])),
  );
  return MEMBERS.filter((_, index) => shown[index]?.includes(` ${VIP}/32 `));
}
