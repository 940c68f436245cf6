/** A broker with a replica and a real Sentinel: Weir asks that one where it is, or an address follows it, as a proxy's does. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../free-port.ts';
import { buildBrokerClock } from '../bench/broker-clock.ts';
import { startLink } from '../bench/link.ts';
import { NODES } from '../bench/nodes.ts';
import { startBenchRedis } from '../bench/redis.ts';
import type { Bench } from '../bench/type.ts';
import { expectOneLowering, expectTold, type Fault, lowerings, type Seen } from '../fault.ts';
import { soon, untilHeld, untilVerified, untilWeight } from '../until-seen.ts';

const [MASTER_PATH, REPLICA, SENTINEL] = ['127.0.0.5', '127.0.0.6', '127.0.0.7'];

interface Replicated {
  /** What the replica and Sentinel see the master through, and Weir where it follows Sentinel. */
  cut(): void;
  /** Sentinel misses the master soon. Waits until the replica is the master. */
  switched(): Promise<void>;
  readonly port: number;
  readonly sentinelPort: number;
}

/** The clock of the replica's machine is so many seconds ahead, behind when negative. Sentinel waits for a minute until it is told not to. */
async function replicate(bench: Bench, aheadS = 0): Promise<Replicated> {
  const { broker, programs, dir } = bench;
  const path = await startLink({ host: MASTER_PATH, target: { host: broker.address, port: broker.port } });
  const port = await freePort();
  const replicaOf = ['--replicaof', MASTER_PATH, String(path.port), '--replica-announce-ip', REPLICA];
  const clockDir = join(dir, 'replica-clock');
  await mkdir(clockDir, { recursive: true });
  const clock = await buildBrokerClock(clockDir);
  await clock.step(aheadS);
  // Protected mode takes 127.0.0.1 alone for this machine, and Sentinel comes from another address of it.
  const args = ['--appendonly', 'yes', '--bind-source-addr', REPLICA, '--protected-mode', 'no', ...replicaOf];
  const replica = await startBenchRedis(programs, {
    ...{ name: 'broker-replica', dir, address: REPLICA, port, args, env: clock.env },
  });
  const [replicaRedis, sentinelPort] = [new Redis(replica.path), await freePort()];
  replicaRedis.on('error', () => {});
  const inSync = async () => /master_link_status:up/.test(await replicaRedis.info('replication'));
  await soon(inSync, 20_000, 'the replica to be in sync');

  const conf = join(dir, 'sentinel.conf');
  const lines = [
    `port ${sentinelPort}`,
    `bind ${SENTINEL}`,
    `bind-source-addr ${SENTINEL}`,
    `dir ${dir}`,
    `sentinel monitor weir ${MASTER_PATH} ${path.port} 1`,
    'sentinel down-after-milliseconds weir 60000',
    'sentinel failover-timeout weir 6000',
  ];
  await writeFile(conf, `${lines.join('\n')}\n`);
  const program = programs.start('sentinel', ['redis-server', conf, '--sentinel']);
  await program.says(/\+monitor master weir/, 10_000);
  const ask = async (...words: string[]) => {
    const sentinel = new Redis(sentinelPort, SENTINEL);
    return await sentinel.call('SENTINEL', ...words).finally(() => sentinel.disconnect());
  };
  const isSeen = async () => /"flags","slave","/.test(JSON.stringify(await ask('replicas', 'weir')));
  await soon(isSeen, 20_000, 'Sentinel to see it');
  return {
    port,
    sentinelPort,
    cut() {
      path.set('silent', [REPLICA, SENTINEL]);
      bench.note('the replica and Sentinel have lost the master; Weir has not');
    },
    async switched() {
      await ask('set', 'weir', 'down-after-milliseconds', '1000');
      const isSwitched = async () => ((await ask('get-master-addr-by-name', 'weir')) as string[])[0] === REPLICA;
      await soon(isSwitched, 30_000, 'Sentinel to make the replica the master');
      bench.note('Sentinel has made the replica the master');
      replicaRedis.disconnect();
    },
  };
}

/** From now on the bench itself looks at the replica, and with `all` Weir too. */
function turnTo({ brokerLinks }: Bench, { port }: Replicated, all: boolean): void {
  for (const link of all ? Object.values(brokerLinks) : [brokerLinks.bench]) {
    link.target = { host: REPLICA, port };
    link.reset();
  }
}

/** All of Weir is started again, and asks Sentinel. It goes on doing so: its Sentinel runs as long as the bench. */
async function followSentinel(bench: Bench, { sentinelPort }: Replicated): Promise<void> {
  const broker = { sentinels: [`${SENTINEL}:${sentinelPort}`], name: 'weir' };
  for (const name of ['worker', ...NODES]) bench.edit(name, (tree) => ({ ...tree, broker }));
  await Promise.all([bench.worker().kill('SIGTERM'), ...NODES.map((node) => bench.node(node).kill('SIGTERM'))]);
  await Promise.all([bench.startWorker(), ...NODES.map((node) => bench.startNode(node))]);
  await bench.calm();
  bench.note('Weir asks Sentinel for its broker');
}

async function drained(bench: Bench, from: number): Promise<void> {
  await bench.freezeRedis();
  await untilWeight(bench, ['a', 'b'], 0);
  await untilVerified(bench, from);
}

async function staysDrained(bench: Bench): Promise<void> {
  await soon(async () => (await bench.status()).leases.length > 0, 30_000, 'the lease to be known again');
  bench.note('the broker knows the lease again');
  await sleep(bench.scaled(30_000) + 4_000);
  assert.equal(bench.weights('a').b, 0);
  await bench.thawRedis();
}

const losesWrites: Fault = {
  name: 'sentinel-failover',
  promise:
    'Weir asks Sentinel; a failover that loses a decision and its lease, the old master lives on: Weir leaves it by itself, they are rebuilt from the nodes, nothing is done twice',
  async inject(bench) {
    const from = Date.now();
    const replicated = await replicate(bench);
    await followSentinel(bench, replicated);
    replicated.cut();
    await drained(bench, from);
    await replicated.switched();
    const isLeft = async () => !/ name=weir /.test(String(await bench.redis.call('CLIENT', 'LIST')));
    await soon(isLeft, 30_000, 'Weir to leave the old master');
    bench.note('Weir has left the old master, which still answers');
    turnTo(bench, replicated, false);
    await bench.broker.program.kill('SIGKILL');
    await staysDrained(bench);
  },
  expect: expectRebuilt,
};

const midAction: Fault = {
  name: 'sentinel-failover-mid-action',
  promise:
    'Weir asks Sentinel; the master is killed while a node acts: the action is done once, the new master hears of it, it is verified and given back',
  async inject(bench) {
    const replicated = await replicate(bench);
    await followSentinel(bench, replicated);
    const from = Date.now();
    bench.tool('a', 'hold-before');
    await bench.freezeRedis();
    await untilHeld(bench, 'a', 'before', from);
    await bench.broker.program.kill('SIGKILL');
    bench.note('the master is killed');
    bench.tool('a', 'works');
    await replicated.switched();
    turnTo(bench, replicated, false);
    await untilWeight(bench, ['a', 'b'], 0);
    await untilVerified(bench, from);
    await soon(async () => (await bench.status()).settlesAt === undefined, 30_000, 'the pool to settle');
    await sleep(2_000);
    await bench.thawRedis();
  },
  expect(seen) {
    expectOneLowering(seen);
    expectTold(seen.told);
  },
};

function expectRebuilt({ changes, told }: Seen): void {
  assert.deepEqual([lowerings(changes.a).length, lowerings(changes.b).length], [1, 1]);
  expectTold(told);
}

const behind: Fault = {
  name: 'replica-behind-takes-over',
  promise:
    'an address that follows the master, as of a proxy, and a failover that loses the lease to a replica whose clock is a minute behind: time goes on, the lease is known again and given back',
  async inject(bench) {
    const from = Date.now();
    const replicated = await replicate(bench, -60);
    replicated.cut();
    await drained(bench, from);
    await replicated.switched();
    turnTo(bench, replicated, true);
    await bench.broker.program.kill('SIGKILL');
    await staysDrained(bench);
  },
  expect: expectRebuilt,
};

/** These run on a bench of their own, or last: its broker is another one from then on. */
export const SENTINEL_FAULTS: readonly Fault[] = [losesWrites];
export const MASTER_FAULTS: readonly Fault[] = [midAction];
export const REPLICA_FAULTS: readonly Fault[] = [behind];
