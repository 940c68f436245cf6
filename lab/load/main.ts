/**
 * `npm run bench`, second part: one `weir worker` with many pools, each heard once a second from every node. Prints what
 * share of a core the worker and its broker take, and whether the worker's memory stands still. The sweeps are made up;
 * worker, rules and broker are real.
 *
 *     node dist/lab/load/main.js [--pools 200] [--members 5] [--rules 50] [--minutes 10]
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { lookAtTime } from '../../src/broker/time/clock.ts';
import { formatBytes } from '../../src/lib/text/units.ts';
import { freePort } from '../free-port.ts';
import { bundled } from '../paths.ts';
import { untilValue } from '../until.ts';
import { type Feed, feed } from './feed.ts';
import { growthPerHour, usageOf } from './usage.ts';
import { ruleFiles, weirYaml } from './world.ts';

const { values } = parseArgs({
  options: {
    pools: { type: 'string', default: '200' },
    members: { type: 'string', default: '5' },
    rules: { type: 'string', default: '50' },
    minutes: { type: 'string', default: '10' },
  },
});
const [pools = 0, members = 0, rules = 0, minutes = 0] = [
  values.pools,
  values.members,
  values.rules,
  values.minutes,
].map(Number);

/** The first minutes are left out: code is compiled and the first evaluations are made. */
const WARM_UP_MS = 30_000;
const LOOK_EVERY_MS = 10_000;
const UP_WITHIN_MS = 60_000;

const dir = await mkdtemp(join(tmpdir(), 'weir-load-'));
const children: ChildProcess[] = [];
let fed: Feed | undefined;
try {
  const [port, http] = [await freePort(), await freePort()];
  const broker = start('redis-server', [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', ''],
    ...['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
  ]);
  const url = `redis://127.0.0.1:${port}`;
  await ruleFiles(join(dir, 'rules'), rules);
  await writeFile(join(dir, 'weir.yaml'), weirYaml({ url, http, pools, members }));
  const redis = new Redis(url);
  redis.on('error', () => {}); // It is there in a moment.
  await untilValue(
    () => redis.ping().catch(() => ''),
    (pong) => pong === 'PONG',
    UP_WITHIN_MS,
    'the broker to answer',
  );
  const worker = start(process.execPath, [bundled('weir'), 'worker', '-c', join(dir, 'weir.yaml'), '--no-observe']);
  fed = feed(redis, { pools, members });
  const ready = async () =>
    fetch(`http://127.0.0.1:${http}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await untilValue(ready, (is) => is, UP_WITHIN_MS, 'the worker to be ready');
  await sleep(WARM_UP_MS);
  await watch(worker, broker, redis);
  redis.disconnect();
} finally {
  fed?.stop();
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => (child.exitCode ?? child.signalCode) || once(child, 'exit')));
  await rm(dir, { recursive: true, force: true });
}

async function watch(worker: ChildProcess, broker: ChildProcess, redis: Redis): Promise<void> {
  const pids = { worker: worker.pid ?? 0, broker: broker.pid ?? 0 };
  const samples: { atMs: number; rssBytes: number }[] = [];
  const begun = { atMs: performance.now(), worker: await usageOf(pids.worker), broker: await usageOf(pids.broker) };
  const endMs = begun.atMs + minutes * 60_000;
  while (performance.now() < endMs) {
    await sleep(LOOK_EVERY_MS);
    samples.push({ atMs: performance.now(), rssBytes: (await usageOf(pids.worker)).rssBytes });
  }
  const tookMs = performance.now() - begun.atMs;
  const share = async (who: 'worker' | 'broker') =>
    `${Math.round((((await usageOf(pids[who])).cpuMs - begun[who].cpuMs) / tookMs) * 100)} % of one core`;
  const behind = await lagMs(redis);
  const [first, last] = [samples[0]?.rssBytes ?? 0, samples.at(-1)?.rssBytes ?? 0];
  console.log(`${pools} pools of ${members} at 1 Hz, ${rules} rules, ${minutes} min`);
  console.log(`  worker  ${await share('worker')}`);
  console.log(`  broker  ${await share('broker')}`);
  console.log(
    `  worker's memory ${formatBytes(first)}, at the end ${formatBytes(last)}: ${formatBytes(growthPerHour(samples))} an hour`,
  );
  console.log(`  the pool that is furthest behind was evaluated ${Math.round(behind)} ms ago`);
}

/** How far the slowest pool is behind the clock of the broker. */
async function lagMs(redis: Redis): Promise<number> {
  const cursors = await Promise.all(
    Array.from({ length: pools }, (_, i) => redis.hget(`weir:{pool-${i}}:state`, 'cursor')),
  );
  const { clock } = await lookAtTime(redis, 'pool-0');
  return clock - Math.min(...cursors.map((cursor) => Number((cursor ?? '0').split('-')[0])));
}

/** They end with this process, whatever happens to it. */
function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}
