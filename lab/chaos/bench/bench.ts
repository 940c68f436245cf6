/**
 * A pool outside the lab, for faults of processes, of the broker, of files and of programs: real Weir processes, a real
 * broker, real Redis servers, all on loopback. Stand-ins: ipvsadm and the table (table.ts), keepalived (director.ts),
 * Slack. What needs ip_vs, keepalived or a network is in the lab.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import type { PoolStatus } from '../../../src/model/people/status.ts';
import { readStatus } from '../../../src/operations/views/status.ts';
import { freePort } from '../../free-port.ts';
import { until } from '../../until.ts';
import type { Tree } from '../../weir/weir-yaml.ts';
import { startSlack } from '../stand-ins/slack.ts';
import { createTimeline } from '../timeline.ts';
import { buildBrokerClock } from './broker-clock.ts';
import { isCalm } from './calm.ts';
import { createDirector } from './director.ts';
import { startLink } from './link.ts';
import type { BenchNode } from './nodes.ts';
import { createPrograms } from './programs.ts';
import { startBenchRedis } from './redis.ts';
import { configFile, createRoles } from './roles.ts';
import { listInTable, readBenchTable, readChanges, writeToolMood } from './table.ts';
import type { Bench } from './type.ts';
import { watchStream } from './watch.ts';
import { benchYaml, forOtherBuild, POOL, REDIS_A, VIP, writeRules } from './yaml.ts';

export interface BenchOptions {
  /** How many times faster the bench waits: with 10 everything that the faults wait for takes a tenth of its time. */
  readonly scale?: number;
  /** The `weir` that it begins with: a file of another build. Left out: this one. */
  readonly build?: string;
}

const [BROKER, LINKS] = ['127.0.0.3', '127.0.0.4'];
/** The address under which each node knows b: the way of one of them can be cut. */
const REDIS_B: Readonly<Record<BenchNode, string>> = { a: '127.0.1.2', b: '127.0.1.22' };
/** The address that the Redis of b has. */
const BEHIND_LINK = '127.0.1.3';
const ANSWERS_WITHIN_MS = 10_000;

export async function startBench(options: BenchOptions = {}): Promise<Bench> {
  const { scale = 10, build: first } = options;
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
    const brokerClock = await buildBrokerClock(dir);
    const broker = await startBenchRedis(programs, {
      ...{ name: 'broker', dir, address: BROKER, port: brokerPort, args: persistent, env: brokerClock.env },
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
      // What a fault has cut off may never be answered, so whoever waits looks again.
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

    const stateDir = (name: string) => join(dir, `state-${name}`);
    const yamlOf = (name: string, brokerUrl: string, http: number, keepalived?: Tree) =>
      benchYaml({
        ...{ brokerUrl, stateDir: stateDir(name), rules: join(dir, 'rules'), http, slackUrl: slack.url, port },
        ...{ redisB: REDIS_B[name === 'b' ? 'b' : 'a'], settleMs: Math.round(30_000 / scale) },
        ...(keepalived && { keepalived }),
      });
    const brokerUrl = (link: keyof typeof brokerLinks) => `redis://${LINKS}:${brokerLinks[link].port}`;
    const note = (what: string) => timeline.add('bench', what);
    const direct = configFile(dir, 'direct');
    const directYaml = yamlOf('direct', brokerUrl('bench'), httpPort);
    // Commands may be run with either build.
    await writeFile(direct, stringify(forOtherBuild(directYaml)));
    const config = await loadConfig({ path: direct, env: {}, cwd: dir });
    const roles = createRoles({ dir, programs, directors, httpPort, brokerUrl, yamlOf, stateDir, note });

    const bench: Bench = {
      ...roles,
      ...{ dir, timeline, redis, broker, brokerLinks, linksToB, members, directors, slack, programs },
      scaled: (realMs) => realMs / scale,
      note,
      stateDir,
      list(name, listed) {
        const [, place = ''] = destinations(name);
        listInTable(directors[name].folder, place, listed);
      },
      async setClock(name, aheadMs) {
        await directors[name].setClock(aheadMs);
        await bench.order(bench.node(name), { clockMs: aheadMs });
      },
      async setBrokerClock(seconds) {
        await brokerClock.step(seconds);
        timeline.add('bench', `the clock of the broker's machine is ${seconds} s ahead`);
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
        const program = programs.start('weir', roles.argv('weir', ...args, '-c', direct));
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
    for (const name of ['weir', 'worker', 'node-a', 'node-b']) bench.build(name, first);
    await Promise.all([bench.startWorker(), bench.startNode('a'), bench.startNode('b')]);
    await bench.calm();
    return bench;
  }
}
