/**
 * A pool outside the lab, for faults of processes, of the broker, of files and of programs: real Weir processes, a real
 * broker, real Redis servers, all on loopback. Stand-ins: ipvsadm and the table (table.ts), keepalived (director.ts),
 * Slack. What needs ip_vs, keepalived or a network is in the lab.
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { PoolStatus } from '../../src/model/status.ts';
import { readStatus } from '../../workers/status.ts';
import { freePort } from '../broker.ts';
import { bundled, compiled } from '../paths.ts';
import { until } from '../until.ts';
import type { Tree } from '../weir-yaml.ts';
import { benchYaml, POOL, REDIS_A, VIP, writeRules } from './bench-yaml.ts';
import { isCalm } from './calm.ts';
import { createDirector, type Director } from './director.ts';
import { type Link, startLink } from './link.ts';
import { createPrograms, type Program, type Programs } from './programs.ts';
import { type BenchRedis, startBenchRedis } from './redis.ts';
import type { Order } from './stand-ins/preload.ts';
import { type SlackStandIn, startSlack } from './stand-ins/slack.ts';
import { readBenchTable, readChanges, type TableChange, type ToolMood, writeToolMood } from './table.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { watchStream } from './watch.ts';

export type BenchNode = 'a' | 'b';
export const NODES: readonly BenchNode[] = ['a', 'b'];

export interface BenchOptions {
  /** 10: everything that the faults wait for by themselves takes a tenth of its time. */
  readonly scale?: number;
}

export interface Bench extends AsyncDisposable {
  readonly dir: string;
  readonly timeline: Timeline;
  readonly redis: Redis;
  readonly broker: BenchRedis;
  readonly brokerLinks: Readonly<Record<BenchNode | 'worker' | 'bench', Link>>;
  /** Of each node to the Redis of b. */
  readonly linksToB: Readonly<Record<BenchNode, Link>>;
  readonly members: Readonly<Record<BenchNode, BenchRedis>>;
  readonly directors: Readonly<Record<BenchNode, Director>>;
  readonly slack: SlackStandIn;
  readonly programs: Programs;
  /** A time of the issue, as long as it is on this bench. */
  scaled(realMs: number): number;
  /** Says what was done to the bench. */
  note(what: string): void;
  worker(name?: string): Program;
  node(name: BenchNode): Program;
  startWorker(name?: string): Promise<void>;
  startNode(name: BenchNode, disk?: { readonly bytes: number }): Promise<void>;
  stateDir(name: BenchNode): string;
  /** Sets the clock of the node's machine: of its process, and of the files that its keepalived writes. */
  setClock(name: BenchNode, aheadMs: number): Promise<void>;
  /** What the process does at once: block its event loop, move its clock. */
  order(program: Program, order: Order): Promise<void>;
  /** Other rules beside member-unwritable, from now on. */
  rules(more: readonly Tree[]): Promise<void>;
  /** How ipvsadm behaves on a node. */
  tool(name: BenchNode, mood: ToolMood): void;
  weights(name: BenchNode): Record<BenchNode, number | undefined>;
  changes(name: BenchNode): TableChange[];
  status(): Promise<PoolStatus>;
  weir(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }>;
  freezeRedis(): Promise<void>;
  thawRedis(): Promise<void>;
  /** Everything is as at the start: base weights, nothing fires, nothing is held, the pool has settled. */
  calm(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const [BROKER, LINKS] = ['127.0.0.3', '127.0.0.4'];
/** Under which address each node knows b: so that the way of one of them can be cut. */
const REDIS_B: Readonly<Record<BenchNode, string>> = { a: '127.0.1.2', b: '127.0.1.22' };
/** Where the Redis of b really is. */
const BEHIND_LINK = '127.0.1.3';
const STARTS_WITHIN_MS = 30_000;
const ANSWERS_WITHIN_MS = 10_000;

export async function startBench(options: BenchOptions = {}): Promise<Bench> {
  const { scale = 10 } = options;
  const dir = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  const timeline = createTimeline();
  const stopping = { now: false };
  const programs = createPrograms(dir, (name, how) => {
    if (!stopping.now) timeline.add('bench', `${name} has ended: ${how}`);
  });
  const closers: (() => Promise<unknown> | unknown)[] = [() => rm(dir, { recursive: true, force: true })];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      stopping.now = true;
      for (const close of closers.reverse()) await close();
    })();
    return stopped;
  };
  closers.push(() => programs.stop());
  try {
    return await build();
  } catch (error) {
    await stop();
    throw error;
  }

  async function build(): Promise<Bench> {
    const [port, brokerPort, httpPort] = [await freePort(), await freePort(), await freePort()];
    const persistent = ['--appendonly', 'yes', '--appendfsync', 'everysec'];
    const broker = await startBenchRedis(programs, {
      ...{ name: 'broker', dir, address: BROKER, port: brokerPort, args: persistent },
    });
    const members = {
      a: await startBenchRedis(programs, { name: 'redis-a', dir, address: REDIS_A, port }),
      b: await startBenchRedis(programs, { name: 'redis-b', dir, address: BEHIND_LINK, port }),
    };
    const toB = (node: BenchNode) => startLink({ host: REDIS_B[node], port, target: { host: BEHIND_LINK, port } });
    const linksToB = { a: await toB('a'), b: await toB('b') };
    const toBroker = () => startLink({ host: LINKS, target: { host: BROKER, port: brokerPort } });
    const brokerLinks = { a: await toBroker(), b: await toBroker(), worker: await toBroker(), bench: await toBroker() };
    for (const link of [...Object.values(linksToB), ...Object.values(brokerLinks)]) closers.push(() => link.stop());
    const slack = await startSlack((text) => timeline.add('told', text));
    closers.push(() => slack.stop());
    const redis = new Redis({
      ...{ host: LINKS, port: brokerLinks.bench.port, maxRetriesPerRequest: null, retryStrategy: () => 50 },
      // What a fault has cut off may never be answered: whoever waits looks again.
      commandTimeout: ANSWERS_WITHIN_MS,
    });
    redis.on('error', () => {});
    closers.push(() => redis.disconnect());

    const destinations = (node: BenchNode) => [`${REDIS_A}:${port}`, `${REDIS_B[node]}:${port}`];
    const director = (name: BenchNode) =>
      createDirector(programs, {
        name,
        dir,
        service: `${VIP}:${port}`,
        destinations: destinations(name),
        isMaster: name === 'a',
      });
    const directors = { a: await director('a'), b: await director('b') };
    await writeRules(join(dir, 'rules'), []);

    const weirArgv = (...args: string[]) => [process.execPath, bundled('weir'), ...args];
    const configFile = (name: string) => join(dir, `${name}.yaml`);
    const stateDir = (name: string) => join(dir, `state-${name}`);
    const saveConfig = async (name: string, url: string, keepalived?: Tree, http = httpPort) => {
      const tree = benchYaml({
        ...{ brokerUrl: url, stateDir: stateDir(name), rules: join(dir, 'rules'), http, slackUrl: slack.url, port },
        ...{ redisB: REDIS_B[name === 'b' ? 'b' : 'a'], settleMs: Math.round(30_000 / scale) },
        ...(keepalived && { keepalived }),
      });
      await mkdir(stateDir(name), { recursive: true });
      await writeFile(configFile(name), stringify(tree));
    };
    await saveConfig('direct', `redis://${LINKS}:${brokerLinks.bench.port}`);
    const config = await loadConfig({ path: configFile('direct'), env: {}, cwd: dir });
    const workers = new Map<string, Program>();
    const nodes = new Map<BenchNode, Program>();
    const orderFile = (program: string) => join(dir, `order-${program}.json`);
    const preload = `--import=${compiled('lab/chaos/stand-ins/preload.js')}`;
    const envOf = (name: string, more: NodeJS.ProcessEnv = {}) => ({
      ...process.env,
      ...more,
      NODE_OPTIONS: preload,
      WEIR_BENCH_ORDER: orderFile(name),
    });

    const bench: Bench = {
      ...{ dir, timeline, redis, broker, brokerLinks, linksToB, members, directors, slack, programs },
      scaled: (realMs) => realMs / scale,
      note: (what) => timeline.add('bench', what),
      worker: (name = 'worker') => workers.get(name) as Program,
      node: (name) => nodes.get(name) as Program,
      async startWorker(name = 'worker') {
        const http = name === 'worker' ? httpPort : await freePort();
        await saveConfig(name, `redis://${LINKS}:${brokerLinks.worker.port}`, undefined, http);
        const argv = weirArgv('worker', '--no-observe', '-c', configFile(name));
        const program = programs.start(name, argv, envOf(name));
        workers.set(name, program);
        timeline.add('bench', `${name} starts`);
        await program.says(/worker is up/, STARTS_WITHIN_MS);
      },
      async startNode(name, disk) {
        await saveConfig(name, `redis://${LINKS}:${brokerLinks[name].port}`, directors[name].files, httpPort);
        const argv = weirArgv('node', '--name', name, '-c', configFile(name));
        const wrapped = directors[name].wrap(argv, disk && { folder: stateDir(name), bytes: disk.bytes });
        const env = envOf(`node-${name}`, { PATH: `${directors[name].bin}:${process.env.PATH}` });
        const program = programs.start(`node-${name}`, wrapped, env);
        nodes.set(name, program);
        timeline.add('bench', `node ${name} starts`);
        await program.says(/node is up/, STARTS_WITHIN_MS);
      },
      stateDir,
      async setClock(name, aheadMs) {
        await directors[name].setClock(aheadMs);
        await bench.order(bench.node(name), { clockMs: aheadMs });
      },
      async order(program, order) {
        const name = [...workers, ...[...nodes].map(([node, one]) => [`node-${node}`, one] as const)].find(
          ([, one]) => one === program,
        )?.[0];
        await writeFile(orderFile(name ?? ''), JSON.stringify(order));
        timeline.add('bench', `${name} is ordered ${JSON.stringify(order)}`);
        await program.kill('SIGUSR2');
      },
      async rules(more) {
        await writeRules(join(dir, 'rules'), more);
        timeline.add('bench', `rules beside member-unwritable: ${more.map((rule) => rule.name).join() || 'none'}`);
      },
      tool(name, mood) {
        writeToolMood(directors[name].folder, mood);
        timeline.add('bench', `ipvsadm of ${name}: ${mood}`);
      },
      weights(name) {
        const { rows } = readBenchTable(directors[name].folder);
        const [a = '', b = ''] = destinations(name);
        return { a: rows[a]?.weight, b: rows[b]?.weight };
      },
      changes: (name) => readChanges(directors[name].folder),
      async status() {
        const status = await readStatus(redis, config);
        return status.pools[0] as PoolStatus;
      },
      async weir(...args) {
        const program = programs.start('weir', weirArgv(...args, '-c', configFile('direct')));
        await until(() => !program.running, 60_000, `weir ${args.join(' ')} to end`);
        await sleep(20);
        const text = program.lines.join('\n');
        timeline.add('weir', `${args.join(' ')}: ${text}`);
        return { code: null, text };
      },
      async freezeRedis() {
        await members.b.program.kill('SIGSTOP');
        timeline.add('bench', 'the Redis of b is frozen');
      },
      async thawRedis() {
        await members.b.program.kill('SIGCONT');
        timeline.add('bench', 'the Redis of b goes on');
      },
      async calm(withinMs = 90_000) {
        await until(() => isCalm(bench), withinMs, 'the bench to be calm');
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
    closers.push(watchStream(bench, POOL));
    await Promise.all([bench.startWorker(), bench.startNode('a'), bench.startNode('b')]);
    await bench.calm();
    return bench;
  }
}
