/**
 * The network side of the pool: puts there what Weir builds for a node, starts it, and reads its table and who is
 * MASTER.
 */

import { dirname } from 'node:path';
import type { PoolConfig } from '../../src/model/configuration/config.ts';
import { USUAL_DUMP_FILE } from '../../src/model/configuration/dump-file.ts';
import { fwmarkOf } from '../../src/model/configuration/fwmark.ts';
import { build } from '../../src/provision/render/files.ts';
import { layoutUnder } from '../../src/provision/render/layout.ts';
import { untilValue } from '../until.ts';
import type { Plan } from './plan.ts';
import { type LvsTable, parseTable } from './table.ts';
import type { Member } from './topology.ts';
import { must, NICENESS, start, type World, withNiceness } from './world.ts';

export interface Nodes {
  /** Makes a host a node by the files that Weir builds for it. */
  prepare(node: Member): Promise<void>;
  /** Starts keepalived and waits until it has that state. It begins as BACKUP; whoever is alone becomes MASTER. */
  start(node: Member, state: 'BACKUP' | 'MASTER'): Promise<void>;
  /** Starts it on every node, and waits until a is MASTER and every director that should has all members. */
  startAll(): Promise<void>;
  /** Ends keepalived in order, takes away what was built and builds and starts what this plan says. */
  rebuild(plan: Plan): Promise<void>;
  /** Of the first pool, unless another is named. */
  table(node: Member, pool?: string): Promise<LvsTable>;
  /** Nodes with the VIP on the VRRP interface: normally one, during a partition two (trap T1: on lo all have it). */
  masters(): Promise<Member[]>;
  /** As it is built now. */
  pool(name?: string): PoolConfig;
}

/** What is built for a node stands below this folder, which every host has for itself: `weir render --root`. */
export const NODE_ROOT = '/var/lib/node';

const DUMP_FOLDER = dirname(USUAL_DUMP_FILE);

const STATE_WITHIN_MS = 15_000;
const TABLE_WITHIN_MS = 15_000;

export function keepalivedName(node: Member): string {
  return `keepalived-${node}`;
}

export function createNodes(world: World, first: Plan): Nodes {
  let plan = first;
  const layout = () => layoutUnder(NODE_ROOT, plan.config.keepalived.runDir);
  /** A file that is built for the node. */
  const builtFor = (node: Member, path: string) =>
    build(plan.config, node, layout()).files.find((file) => file.path === path)?.text ?? '';
  const runAll = (node: Member, commands: readonly string[][]) =>
    Promise.all(commands.map((argv) => must(world, node, argv)));

  const put = async (node: Member) => {
    const { addressUnit, sysctl, tmpfiles } = layout();
    const { files } = build(plan.config, node, layout());
    const all = [...files, ...filesIn(builtFor(node, tmpfiles))];
    await Promise.all(all.map((file) => world.control.call('save', { place: node, ...file })));
    await runAll(node, [['sysctl', '-q', '-p', sysctl], ...commandsIn('ExecStart', builtFor(node, addressUnit))]);
    if (!plan.guarded) await must(world, node, ['sysctl', '-qw', 'net.ipv4.vs.backup_only=0']);
  };

  const nodes: Nodes = {
    async prepare(node) {
      await put(node);
      await must(world, node, ['mkdir', '--parents', '--mode=700', DUMP_FOLDER]);
      await must(world, node, ['mkfifo', '-m', '600', ...pipesIn(builtFor(node, layout().tmpfiles))]);
    },
    async start(node, state) {
      const argv = [
        // As its unit says (src/provision/render/units.ts).
        ...[
          'env',
          `TMPDIR=${DUMP_FOLDER}`,
          'keepalived',
          '--dont-fork',
          '--log-console',
          '--use-file',
          layout().keepalivedConf,
        ],
        ...['--pid', plan.config.keepalived.pidFile, '--vrrp_pid', '/run/keepalived-vrrp.pid'],
        ...['--checkers_pid', '/run/keepalived-checkers.pid'],
      ];
      await world.logs.after(keepalivedName(node), new RegExp(`Entering ${state} STATE`), STATE_WITHIN_MS, () =>
        start(world, { place: node, name: keepalivedName(node), argv: withNiceness(NICENESS.keepalived, argv) }),
      );
    },
    async startAll() {
      // Nodes are rebuilt one after the other: with nopreempt the MASTER stays MASTER.
      await nodes.start('a', 'MASTER');
      await Promise.all(plan.members.slice(1).map((node) => nodes.start(node, 'BACKUP')));
      const { pool, members } = plan;
      const directors = pool.lvs.loopGuard === 'notify-swap' ? (['a'] as const) : members;
      await untilValue(
        async () => ({
          masters: await nodes.masters(),
          tables: await Promise.all(directors.map((node) => nodes.table(node))),
        }),
        ({ masters, tables }) =>
          masters.join() === 'a' &&
          tables.every((table) => members.every((member) => table[member]?.weight === pool.members[member]?.weight)),
        TABLE_WITHIN_MS,
        'a to be MASTER and every table to list both members',
      );
    },
    async rebuild(next) {
      await Promise.all(
        plan.members.map(async (node) => {
          const name = keepalivedName(node);
          if (world.logs.isRunning(name)) {
            await world.logs.after(name, 'exit', STATE_WITHIN_MS, () =>
              world.control.call('signal', { name, signal: 'SIGTERM' }),
            );
          }
          await runAll(node, commandsIn('ExecStop', builtFor(node, layout().addressUnit)));
        }),
      );
      plan = next;
      await Promise.all(plan.members.map(put));
      await nodes.startAll();
    },
    async table(node, name) {
      const pool = nodes.pool(name);
      const mark = fwmarkOf(pool);
      const { text } = await world.control.call('read', { place: node, path: '/proc/net/ip_vs' });
      return parseTable(text, mark === undefined ? pool.vip : { mark });
    },
    async masters() {
      const { vip, vrrp } = plan.pool;
      const shown = await Promise.all(
        plan.members.map((node) => must(world, node, ['ip', '-o', 'addr', 'show', 'dev', vrrp.interface])),
      );
      return plan.members.filter((_, index) => shown[index]?.includes(` ${vip.address}/`));
    },
    pool(name = plan.pool.name) {
      const pool = plan.config.pools[name];
      if (pool === undefined) throw new Error(`The lab's weir.yaml has no pool ${name}.`);
      return pool;
    },
  };
  return nodes;
}

/** What systemd would run for a unit. No argument of ours has a space in it. */
function commandsIn(key: 'ExecStart' | 'ExecStop', unit: string): string[][] {
  return [...unit.matchAll(new RegExp(`^${key}=-?(.+)$`, 'gm'))].map(([, line = '']) => line.split(' '));
}

/** What systemd-tmpfiles would make (tmpfiles.d.5): `f path mode user group age text`. */
function filesIn(tmpfiles: string): { readonly path: string; readonly mode: number; readonly text: string }[] {
  return linesOf('f', tmpfiles).map(([path = '', mode = '', , , , text = '']) => ({
    path,
    mode: Number.parseInt(mode, 8),
    text,
  }));
}

function pipesIn(tmpfiles: string): string[] {
  return linesOf('p', tmpfiles).map(([path = '']) => path);
}

function linesOf(type: 'f' | 'p', tmpfiles: string): string[][] {
  return tmpfiles.split('\n').flatMap((line) => {
    const [first = '', ...fields] = line.split(' ');
    return first.startsWith(type) ? [fields] : [];
  });
}
