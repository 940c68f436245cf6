/** A broker with a replica and a real Sentinel, behind an address that follows the master, as a proxy in front does it. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../free-port.ts';
import { buildBrokerClock } from '../bench/broker-clock.ts';
import { startLink } from '../bench/link.ts';
import { startBenchRedis } from '../bench/redis.ts';
import type { Bench } from '../bench/type.ts';
import { expectTold, type Fault, lowerings, type Seen } from '../fault.ts';
import { soon, untilVerified, untilWeight } from '../until-seen.ts';

const [MASTER_PATH, REPLICA, SENTINEL] = ['127.0.0.5', '127.0.0.6', '127.0.0.7'];

/**
 * Replication and Sentinel see the master through one path, which is cut; Weir goes on with the master meanwhile. The clock of
 * the replica's machine is so many seconds ahead, behind when negative.
 */
async function failOver(bench: Bench, whileCut: () => Promise<void>, aheadS = 0): Promise<void> {
  const { broker, programs, dir } = bench;
  const path = await startLink({ host: MASTER_PATH, target: { host: broker.address, port: broker.port } });
  const port = await freePort();
  const replicaOf = ['--replicaof', MASTER_PATH, String(path.port), '--replica-announce-ip', REPLICA];
  const clockDir = join(dir, 'replica-clock');
  await mkdir(clockDir, { recursive: true });
  const clock = await buildBrokerClock(clockDir);
  await clock.step(aheadS);
  const replica = await startBenchRedis(programs, {
    ...{ name: 'broker-replica', dir, address: REPLICA, port, args: ['--appendonly', 'yes', ...replicaOf] },
    env: clock.env,
  });
  const [replicaRedis, sentinelPort] = [new Redis(replica.path), await freePort()];
  const inSync = async () => /master_link_status:up/.test(await replicaRedis.info('replication'));
  await soon(inSync, 20_000, 'the replica to be in sync');

  const conf = join(dir, 'sentinel.conf');
  const lines = [
    `port ${sentinelPort}`,
    `bind ${SENTINEL}`,
    `dir ${dir}`,
    `sentinel monitor weir ${MASTER_PATH} ${path.port} 1`,
    'sentinel down-after-milliseconds weir 2000',
    'sentinel failover-timeout weir 6000',
  ];
  await writeFile(conf, `${lines.join('\n')}\n`);
  const program = programs.start('sentinel', ['redis-server', conf, '--sentinel']);
  await program.says(/\+monitor master weir/, 10_000);
  const sentinel = new Redis(sentinelPort, SENTINEL);
  const ask = (...args: string[]) => sentinel.call('SENTINEL', ...args);
  await soon(async () => JSON.stringify(await ask('replicas', 'weir')).includes(REPLICA), 20_000, 'Sentinel to see it');

  path.set('silent');
  bench.note('the replica and Sentinel have lost the master; Weir has not');
  await whileCut();
  const switched = async () => ((await ask('get-master-addr-by-name', 'weir')) as string[])[0] === REPLICA;
  await soon(switched, 30_000, 'Sentinel to make the replica the master');
  bench.note('Sentinel has made the replica the master: what was written since is lost');
  for (const link of Object.values(bench.brokerLinks)) {
    link.target = { host: REPLICA, port };
    link.reset();
  }
  await broker.program.kill('SIGKILL');
  for (const one of [replicaRedis, sentinel]) one.disconnect();
  await program.kill('SIGTERM');
  await path.stop();
}

async function drainAndFailOver(bench: Bench, aheadS: number): Promise<void> {
  const from = Date.now();
  const whileCut = async () => {
    await bench.freezeRedis();
    await untilWeight(bench, ['a', 'b'], 0);
    await untilVerified(bench, from);
  };
  await failOver(bench, whileCut, aheadS);
  await soon(async () => (await bench.status()).leases.length > 0, 30_000, 'the lease to be known again');
  bench.note('the broker knows the lease again');
  await sleep(bench.scaled(30_000) + 4_000);
  assert.equal(bench.weights('a').b, 0);
  await bench.thawRedis();
}

const losesWrites: Fault = {
  name: 'sentinel-failover',
  promise:
    'a failover of the broker that loses a decision and its lease: they are rebuilt from the nodes, nothing is done twice',
  async inject(bench) {
    await drainAndFailOver(bench, 0);
  },
  expect: expectRebuilt,
};

function expectRebuilt({ changes, told }: Seen): void {
  assert.deepEqual([lowerings(changes.a).length, lowerings(changes.b).length], [1, 1]);
  expectTold(told);
}

const behind: Fault = {
  name: 'replica-behind-takes-over',
  promise:
    'the same, and the clock of the replica is a minute behind: time goes on, the lease is known again and given back',
  async inject(bench) {
    await drainAndFailOver(bench, -60);
  },
  expect: expectRebuilt,
};

export const SENTINEL_FAULTS: readonly Fault[] = [losesWrites];

/** These run on a bench of their own, or last: its broker is another one from then on. */
export const REPLICA_FAULTS: readonly Fault[] = [behind];
