/** The Weir processes of a bench: what each is started with, and how. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../free-port.ts';
import { bundled, compiled } from '../../paths.ts';
import type { Tree } from '../../weir/weir-yaml.ts';
import type { Order } from '../stand-ins/preload.ts';
import type { Director } from './director.ts';
import type { BenchNode } from './nodes.ts';
import type { Program, Programs } from './programs.ts';
import { forOtherBuild } from './yaml.ts';

const STARTS_WITHIN_MS = 30_000;

export interface RolesOptions {
  readonly dir: string;
  readonly programs: Programs;
  readonly directors: Readonly<Record<BenchNode, Director>>;
  /** The address of the first worker's page. */
  readonly httpPort: number;
  brokerUrl(link: BenchNode | 'worker'): string;
  /** weir.yaml of a worker or node that nobody has edited. */
  yamlOf(name: string, brokerUrl: string, http: number, keepalived?: Tree): Tree;
  stateDir(name: string): string;
  note(what: string): void;
}

export interface Roles {
  worker(name?: string): Program;
  node(name: BenchNode): Program;
  startWorker(name?: string): Promise<void>;
  startNode(name: BenchNode, disk?: { readonly bytes: number }): Promise<void>;
  /** Changes the weir.yaml that a worker or node is started with from now on; undefined: as all others. */
  edit(name: string, how: ((tree: Tree) => Tree) | undefined): void;
  /**
   * The `weir` that a worker or node is started with from now on, or that commands are run with (`weir`): a file of another
   * build; undefined: as all others.
   */
  build(name: string, program: string | undefined): void;
  argv(name: string, ...args: string[]): string[];
  /** What the process does at once: block its event loop, move its clock. */
  order(program: Program, order: Order): Promise<void>;
}

/** The path of the weir.yaml of a worker or node, or of the one that commands are run with (`direct`). */
export function configFile(dir: string, name: string): string {
  return join(dir, `${name}.yaml`);
}

export function createRoles(options: RolesOptions): Roles {
  const { dir, programs, directors, httpPort, brokerUrl, yamlOf, stateDir, note } = options;
  const edits = new Map<string, (tree: Tree) => Tree>();
  const builds = new Map<string, string>();
  const running = new Map<string, Program>();
  const nodeName = (name: BenchNode) => `node-${name}`;
  const orderFile = (program: string) => join(dir, `order-${program}.json`);
  const preload = `--import=${compiled('lab/chaos/stand-ins/preload.js')}`;

  async function saveConfig(name: string, role: string, whole: Tree): Promise<void> {
    const tree = builds.has(role) ? forOtherBuild(whole) : whole;
    await mkdir(stateDir(name), { recursive: true });
    await writeFile(configFile(dir, name), stringify(edits.get(name)?.(tree) ?? tree));
  }

  function argvOf(name: string, ...args: string[]): string[] {
    const program = builds.get(name);
    if (program !== undefined) note(`${name} is of another build: ${program}`);
    return [process.execPath, program ?? bundled('weir'), ...args];
  }

  function envOf(name: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return { ...process.env, ...more, NODE_OPTIONS: preload, WEIR_BENCH_ORDER: orderFile(name) };
  }

  return {
    worker: (name = 'worker') => running.get(name) as Program,
    node: (name) => running.get(nodeName(name)) as Program,
    async startWorker(name = 'worker') {
      const http = name === 'worker' ? httpPort : await freePort();
      await saveConfig(name, name, yamlOf(name, brokerUrl('worker'), http));
      const argv = argvOf(name, 'worker', '--no-observe', '-c', configFile(dir, name));
      const program = programs.start(name, argv, envOf(name));
      running.set(name, program);
      note(`${name} starts`);
      await program.says(/worker is up/, STARTS_WITHIN_MS);
    },
    async startNode(name, disk) {
      await saveConfig(name, nodeName(name), yamlOf(name, brokerUrl(name), httpPort, directors[name].files));
      const argv = argvOf(nodeName(name), 'node', '--name', name, '-c', configFile(dir, name));
      const wrapped = directors[name].wrap(argv, disk && { folder: stateDir(name), bytes: disk.bytes });
      const env = envOf(nodeName(name), { PATH: `${directors[name].bin}:${process.env.PATH}` });
      const program = programs.start(nodeName(name), wrapped, env);
      running.set(nodeName(name), program);
      note(`node ${name} starts`);
      await program.says(/node is up/, STARTS_WITHIN_MS);
    },
    edit(name, how) {
      if (how === undefined) edits.delete(name);
      else edits.set(name, how);
    },
    build(name, program) {
      if (program === undefined) builds.delete(name);
      else builds.set(name, program);
    },
    argv: argvOf,
    async order(program, order) {
      const name = [...running].find(([, one]) => one === program)?.[0] ?? '';
      await writeFile(orderFile(name), JSON.stringify(order));
      note(`${name} is ordered ${JSON.stringify(order)}`);
      await program.kill('SIGUSR2');
    },
  };
}
