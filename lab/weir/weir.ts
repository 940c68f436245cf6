/** Weir itself in the lab: a worker on this machine, a node process on each node. */

import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from '../free-port.ts';
import type { ExecResult } from '../machine/protocol.ts';
import { bundled, ROOT } from '../paths.ts';
import type { PlanOptions } from '../pool/plan.ts';
import { MEMBERS, type Member } from '../pool/topology.ts';
import { exec, must, NICENESS, start, type World, withNiceness } from '../pool/world.ts';
import { untilValue } from '../until.ts';
import { type Broker, connectBroker, NODES_BROKER_URL, startBroker } from './broker.ts';
import { type Shared, type Tree, weirYaml } from './weir-yaml.ts';

export interface Weir {
  /** Of the page, without a slash at the end. */
  readonly page: string;
  /** weir.yaml of this machine. */
  readonly configFile: string;
  /** Other overrides of weir.yaml, for what starts from now on, and another folder of rules if one is named. */
  configure(overrides: Tree, rules?: string): Promise<void>;
  /** Takes away what it keeps: all that is in the broker, and the state of the worker and of these nodes, which do not run. */
  forget(nodes: readonly Member[]): Promise<void>;
  startWorker(): Promise<void>;
  startNode(node: Member): Promise<void>;
  /** Waits until every node is heard and the pool has settled. */
  settled(): Promise<void>;
  /** A `weir` command on this machine. */
  command(args: readonly string[]): Promise<ExecResult>;
  /** A `weir` command on a node. */
  commandOn(node: Member, args: readonly string[]): Promise<ExecResult>;
}

export interface WeirOptions {
  /** Folder of the rule files, absolute. Left out: the rules that ship. */
  readonly rules?: string;
  /** Of the page. Left out: a free one. */
  readonly httpPort?: number;
}

export interface WeirParts {
  readonly broker: Broker;
  readonly connection: Redis;
  /** Of the worker. */
  readonly env: NodeJS.ProcessEnv;
  readonly weir: Weir;
}

export const WORKER = 'worker';

/** In the node's own mount namespace. */
export const NODE_CONFIG = '/run/weir/weir.yaml';

/** With the powers that its unit leaves it (src/provision/render/units.ts). */
const AS_ITS_UNIT = ['setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all', '--no-new-privs'];

const NODE_STATE = '/var/lib/weir';

const COMMAND_WITHIN_MS = 60_000;
/** A node loads for several seconds in the guest, then the settle time passes. */
const SETTLED_WITHIN_MS = 90_000;

export function nodeName(node: Member): string {
  return `node-${node}`;
}

/** Starts the broker, and makes ready what the rest of Weir needs. */
export async function prepareWeir(world: World, options: WeirOptions & PlanOptions): Promise<WeirParts> {
  const broker = await startBroker(world);
  const connection = connectBroker(broker);
  const weir = await createWeir(world, broker, connection, {
    brokerPassword: broker.password,
    httpPort: options.httpPort ?? (await freePort()),
    rules: options.rules ?? join(ROOT, 'rules'),
    overrides: options.config ?? {},
  });
  return { broker, connection, env: process.env, weir };
}

async function createWeir(world: World, broker: Broker, connection: Redis, common: Shared): Promise<Weir> {
  let shared = common;
  const { dir } = world.keeper;
  const config = join(dir, 'weir.yaml');
  const page = `http://127.0.0.1:${shared.httpPort}`;
  const stateDir = join(dir, 'state');
  /** Waits for `what`, but not longer than those programs run. */
  const whileRunning = async (names: readonly string[], what: Promise<unknown>): Promise<void> => {
    await Promise.race([what, ...names.map((name) => world.logs.unexpectedEnd(name))]);
  };
  const save = () => writeFile(config, weirYaml({ brokerUrl: broker.url, stateDir }, shared), { mode: 0o600 });
  await mkdir(stateDir, { recursive: true });
  await save();

  return {
    page,
    configFile: config,
    async configure(overrides, rules = common.rules) {
      shared = { ...common, overrides, rules };
      await save();
    },
    async forget(nodes) {
      await connection.flushall();
      await rm(stateDir, { recursive: true, force: true });
      await mkdir(stateDir);
      await Promise.all(nodes.map((node) => must(world, node, ['rm', '-rf', NODE_STATE])));
    },
    async startWorker() {
      const argv = [process.execPath, bundled('weir'), 'worker', '-c', config, '--no-observe'];
      await world.keeper.start(WORKER, argv);
      const ready = async () => {
        const response = await fetch(`${page}/readyz`);
        return response.ok ? 'ready' : response.text();
      };
      await whileRunning(
        [WORKER],
        untilValue(ready, (seen) => seen === 'ready', SETTLED_WITHIN_MS, `${page}/readyz`),
      );
    },
    async startNode(node) {
      const text = weirYaml({ brokerUrl: NODES_BROKER_URL, stateDir: NODE_STATE }, shared);
      await world.control.call('save', { place: node, path: NODE_CONFIG, text });
      const argv = [...AS_ITS_UNIT, process.execPath, bundled('weir'), 'node', '--name', node, '-c', NODE_CONFIG];
      await start(world, { place: node, name: nodeName(node), argv: withNiceness(NICENESS.node, argv) });
    },
    settled: () => {
      const heard = untilValue(
        () => readStatus(page),
        ({ settled, silent }) => settled && silent.length === 0,
        SETTLED_WITHIN_MS,
        'Weir to hear every node and to settle',
      );
      return whileRunning([WORKER, ...MEMBERS.map(nodeName)], heard);
    },
    command: (args) => run(process.execPath, [bundled('weir'), ...withConfig(args, config)]),
    commandOn: (node, args) =>
      exec(world, node, [process.execPath, bundled('weir'), ...withConfig(args, NODE_CONFIG)], {
        timeoutMs: COMMAND_WITHIN_MS,
      }),
  };
}

function withConfig(args: readonly string[], config: string): string[] {
  return [...args, '-c', config];
}

interface StatusSeen {
  readonly settled: boolean;
  /** Nodes that are not heard. */
  readonly silent: readonly string[];
}

/** The two facts of /api/v1/status that the lab waits for. */
async function readStatus(page: string): Promise<StatusSeen> {
  const status = (await (await fetch(`${page}/api/v1/status`)).json()) as {
    pools?: {
      observers: { name: string; node: boolean; fresh: boolean }[];
      settlesAt?: number;
      evaluatedAt?: number;
    }[];
  };
  const pools = status.pools ?? [];
  return {
    settled: pools.length > 0 && pools.every((pool) => pool.settlesAt === undefined && pool.evaluatedAt !== undefined),
    silent: pools.flatMap(({ observers }) => observers.filter((one) => one.node && !one.fresh).map((one) => one.name)),
  };
}

function run(command: string, args: readonly string[]): Promise<ExecResult> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { timeout: COMMAND_WITHIN_MS }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}
