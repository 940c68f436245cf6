/**
 * A node process beside a real keepalived: what that tells makes the node poll at once, and its VRRP password, which it
 * writes into its dump in clear, goes nowhere (T6).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAfter } from '../../../src/broker/entries/stream.ts';
import { connectBroker } from '../../../src/lib/redis/connections.ts';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import {
  CAN_RUN_KEEPALIVED,
  type KeepalivedOptions,
  startKeepalived,
  type TestKeepalived,
  VIP,
  VRRP_INTERFACE,
} from '../../observe/director/keepalived-fixture.ts';
import { startRedis } from '../../support/redis.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/waiting.ts';

const MAIN = join(import.meta.dirname, '../../../dist/bundle/weir.js');
const PASSWORD = 's3cret42';

let dir: string;
const ends: (() => Promise<unknown> | unknown)[] = [];
beforeEach(async () => {
  dir = await tempDir();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Node {
  readonly keepalived: TestKeepalived;
  readonly redis: Redis;
  sweeps(): Promise<Sweep[]>;
  /** All that it wrote to stdout and stderr. */
  log(): string;
}

/** The node is in keepalived's network namespace, and reaches the broker through its socket. */
async function startNode(poll: string, options: KeepalivedOptions): Promise<Node> {
  const broker = await startRedis();
  ends.push(broker.stop);
  const keepalived = await startKeepalived(options);
  ends.push(keepalived.stop);
  const config = join(dir, 'weir.yaml');
  await writeFile(
    config,
    [
      `state_dir: ${dir}/state`,
      `broker: {url: ${broker.url}}`,
      `poll: {${poll}, timeout: 500ms, window: 60s}`,
      `keepalived: {pid_file: ${keepalived.files.pidFile}, dump_file: ${keepalived.files.dumpFile}, run_dir: ${dirname(keepalived.fifo)}}`,
      'pools:',
      '  logs:',
      `    vip: {address: ${VIP}, port: 6379}`,
      `    vrrp: {interface: ${VRRP_INTERFACE}, virtual_router_id: 51, version: 2, advert_interval: 1s, auth: $VRRP_PASS}`,
      '    members:',
      '      a: {address: 10.99.0.1, priority: 150}',
      '      b: {address: 10.99.0.2, priority: 100}',
    ].join('\n'),
  );
  const node = spawn('nsenter', [...keepalived.inside, process.execPath, MAIN, 'node', '--name', 'a', '-c', config], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, VRRP_PASS: PASSWORD },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [node.stdout, node.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  ends.push(() => end(node));
  const redis = connectBroker({ url: broker.url }, 'producer');
  ends.push(() => redis.disconnect());
  await redis.connect();
  return {
    keepalived,
    redis,
    log: () => log,
    sweeps: async () =>
      (await readAfter(redis, 'logs', '0-0', 1_000)).map(({ body }) => body).filter((body) => body.kind === 'sweep'),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe.skipIf(!CAN_RUN_KEEPALIVED)('a node', () => {
  it('polls when keepalived tells a change, and not only when it is time', async () => {
    const node = await startNode('interval: 10s, stale_after: 30s', { fifo: 'made before' });
    /** Waits for a new sweep with this state. @returns how long after the full ten seconds, at which it polls anyway. */
    const seen = async (state: string) => {
      const before = (await node.sweeps()).length;
      const found = async () => (await node.sweeps()).slice(before).find((sweep) => sweep.director?.state === state);
      await until(async () => (await found()) !== undefined);
      return ((await found())?.at ?? 0) % 10_000;
    };
    await until(async () => (await node.sweeps()).some((sweep) => sweep.director?.state === 'MASTER'));

    // A busy machine may take until the full ten seconds once; a node that is not told always does.
    let afterMs = 0;
    for (let change = 0; change < 4 && (afterMs < 1_000 || afterMs > 9_500); change += 1) {
      if (change > 0) {
        await node.keepalived.ip('link', 'set', VRRP_INTERFACE, 'up');
        await until(async () => (await node.sweeps()).at(-1)?.director?.state === 'MASTER');
      }
      await until(() => Date.now() % 10_000 > 1_500 && Date.now() % 10_000 < 5_000);
      const told = seen('FAULT');
      await node.keepalived.ip('link', 'set', VRRP_INTERFACE, 'down');
      afterMs = await told;
    }

    expect(afterMs).toBeGreaterThan(1_000);
    expect(afterMs).toBeLessThan(9_500);
    expect(node.log()).toMatch(/"hints":\[\{"about":"instance","name":"VI_1","state":"FAULT"/);
  }, 300_000);

  it('hands the VRRP password on to nobody: no sweep, no trouble, no log', async () => {
    const node = await startNode('interval: 1s, stale_after: 3s', {
      fifo: 'made before',
      password: PASSWORD,
      advertSeconds: 1,
    });
    await until(async () => (await node.sweeps()).some((sweep) => sweep.director?.state === 'MASTER'));
    process.kill(await node.keepalived.vrrpPid(), 'SIGSTOP');
    // The dump of before still lies there while the node says that none comes.
    await until(async () => (await node.sweeps()).at(-1)?.troubles.join().includes('wrote no fresh dump') === true);

    expect(await readFile(node.keepalived.files.dumpFile, 'utf8')).toContain(PASSWORD);
    const keys = await node.redis.keys('*');
    const stored = await Promise.all(keys.map((key) => node.redis.dump(key)));
    expect(keys.length).toBeGreaterThan(0);
    expect(stored.join()).not.toContain(PASSWORD);
    expect(JSON.stringify(await node.sweeps())).not.toContain(PASSWORD);
    expect(node.log()).toContain('node is up');
    expect(node.log()).not.toContain(PASSWORD);
  });
});
