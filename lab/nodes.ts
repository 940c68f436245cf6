/** The pool's network side: what Weir builds for a node, put there and started, its table and who is MASTER. */

import { build } from '../src/build/files.ts';
import { layoutUnder } from '../src/build/layout.ts';
import { weightFilesOf } from '../src/build/system.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import { type LvsTable, parseTable } from './table.ts';
import { MEMBERS, type Member } from './topology.ts';
import { must, start, type World } from './world.ts';

export interface Nodes {
  /** Makes a host a node, as the files say that Weir builds for it. */
  prepare(node: Member): Promise<void>;
  /** Starts keepalived and waits until it has that state. It begins as BACKUP; whoever is alone becomes MASTER. */
  start(node: Member, state: 'BACKUP' | 'MASTER'): Promise<void>;
  table(node: Member): Promise<LvsTable>;
  /** Nodes with the VIP on the VRRP interface: normally one, during a partition two (trap T1: on lo all have it). */
  masters(): Promise<Member[]>;
}

export interface Plan {
  readonly config: WeirConfig;
  /** The one that tables and masters are about. */
  readonly pool: PoolConfig;
  /** Without: both directors have the table, and both use it. */
  readonly guarded: boolean;
}

/** What is built for a node stands below this folder, which every host has for itself: `weir render --root`. */
export const NODE_ROOT = '/var/lib/node';

const STATE_WITHIN_MS = 15_000;

export function keepalivedName(node: Member): string {
  return `keepalived-${node}`;
}

export function createNodes(world: World, { config, pool, guarded }: Plan): Nodes {
  const { keepalived } = config;
  const layout = layoutUnder(NODE_ROOT, keepalived.runDir);
  return {
    async prepare(node) {
      const { files, groups } = build(config, node, layout);
      const unit = files.find(({ path }) => path === layout.addressUnit)?.text ?? '';
      const save = (file: { readonly path: string; readonly text: string; readonly mode?: number }) =>
        world.control.call('save', { place: node, ...file });
      const tracked = [layout.run.handover, ...weightFilesOf(groups, layout.run)].map((path) => ({
        path,
        text: '0\n',
      }));
      await Promise.all([...files, ...tracked].map(save));
      await Promise.all([
        must(world, node, ['sysctl', '-q', '-p', layout.sysctl]),
        must(world, node, ['mkfifo', '-m', '600', layout.run.vrrpFifo, layout.run.lvsFifo]),
        ...startsOf(unit).map((argv) => must(world, node, argv)),
      ]);
      if (!guarded) await must(world, node, ['sysctl', '-qw', 'net.ipv4.vs.backup_only=0']);
    },
    async start(node, state) {
      const argv = [
        ...['keepalived', '--dont-fork', '--log-console', '--use-file', layout.keepalivedConf],
        ...['--pid', keepalived.pidFile, '--vrrp_pid', '/run/keepalived-vrrp.pid'],
        ...['--checkers_pid', '/run/keepalived-checkers.pid'],
      ];
      await world.logs.after(keepalivedName(node), new RegExp(`Entering ${state} STATE`), STATE_WITHIN_MS, () =>
        start(world, { place: node, name: keepalivedName(node), argv }),
      );
    },
    async table(node) {
      const { text } = await world.control.call('read', { place: node, path: '/proc/net/ip_vs' });
      return parseTable(text, pool.vip.address, pool.vip.port);
    },
    async masters() {
      const shown = await Promise.all(
        MEMBERS.map((node) => must(world, node, ['ip', '-o', 'addr', 'show', 'dev', pool.vrrp.interface])),
      );
      return MEMBERS.filter((_, index) => shown[index]?.includes(` ${pool.vip.address}/`));
    },
  };
}

/** What systemd would run when it starts the unit. No argument of ours has a space in it. */
function startsOf(unit: string): string[][] {
  return [...unit.matchAll(/^ExecStart=(.+)$/gm)].map(([, line = '']) => line.split(' '));
}
