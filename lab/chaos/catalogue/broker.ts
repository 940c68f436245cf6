/** Faults of the broker. */

import assert from 'node:assert/strict';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench/type.ts';
import {
  actsOf,
  expectNoAction,
  expectOneDrain,
  expectOneLowering,
  expectTold,
  type Fault,
  type Seen,
} from '../fault.ts';
import { soon, thawWhenDrained, untilDecided, untilTold, untilVerified, untilWeight } from '../until-seen.ts';

/** Kills the broker, and starts it again after the given time. */
async function restartBroker(bench: Bench, awayMs: number, how: { empty?: boolean; args?: readonly string[] } = {}) {
  await bench.broker.program.kill('SIGKILL');
  await sleep(awayMs);
  await bench.broker.start(how);
  bench.note(`the broker is back${how.empty ? ', empty' : ''}`);
}

/** Waits until the nodes' files have told the broker of the lease. */
async function untilLeaseIsBack(bench: Bench) {
  await soon(async () => (await bench.status()).leases.length > 0, 30_000, 'the lease to be known again');
  bench.note('the broker knows the lease again');
}

/** Each weight was taken once, and people were told, whatever the broker has forgotten. */
function expectLeaseTakenOnce(seen: Seen): void {
  expectOneLowering(seen);
  expectTold(seen.told);
}

const withFile: Fault = {
  name: 'broker-killed',
  promise:
    'with its append-only file nothing that was decided is lost: the drain is done once, verified and given back',
  async inject(bench) {
    const from = Date.now();
    bench.tool('a', 'hold-before');
    await bench.freezeRedis();
    await soon(() => bench.changes('a').some((one) => one.held && one.at >= from), 30_000, 'a to act');
    // What appendfsync everysec promises: a second is on disk.
    await sleep(1_200);
    await bench.broker.program.kill('SIGKILL');
    bench.tool('a', 'works');
    await sleep(1_000);
    await bench.broker.start();
    bench.note('the broker is back');
    await untilWeight(bench, ['a', 'b'], 0);
    await soon(async () => (await bench.status()).settlesAt === undefined, 30_000, 'the pool to settle');
    await sleep(2_000);
    await bench.thawRedis();
  },
  expect(seen) {
    assert.equal(actsOf(seen).length, 1);
    expectLeaseTakenOnce(seen);
  },
};

const empty: Fault = {
  name: 'broker-back-empty',
  promise:
    'a broker that comes back without its memory: leases are rebuilt from the files of the nodes, nothing is done twice',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilWeight(bench, ['a', 'b'], 0);
    await untilVerified(bench, from);
    await restartBroker(bench, bench.scaled(20_000), { empty: true });
    await untilLeaseIsBack(bench);
    await sleep(bench.scaled(30_000) + 5_000);
    assert.equal(bench.weights('a').b, 0);
    await bench.thawRedis();
  },
  expect: expectLeaseTakenOnce,
};

const frozen: Fault = {
  name: 'broker-frozen',
  promise: 'a broker that hangs for 30 s: nodes tell it, take no action meanwhile, and it is made up for afterwards',
  async inject(bench) {
    const from = Date.now();
    await bench.broker.program.kill('SIGSTOP');
    bench.note('the broker is frozen');
    await bench.freezeRedis();
    await untilTold(bench, /has lost the broker/, from);
    await sleep(Math.max(0, from + bench.scaled(30_000) - Date.now()));
    await bench.broker.program.kill('SIGCONT');
    bench.note('the broker goes on');
    await untilDecided(bench, from);
    await thawWhenDrained(bench, from);
  },
  expect: expectOneDrain,
};

const full: Fault = {
  name: 'broker-full',
  promise: 'a full broker takes no entry: nothing is decided and nobody spins; when it has room again it goes on',
  async inject(bench) {
    const before = bench.worker().lines.length;
    await bench.redis.config('SET', 'maxmemory', '1mb');
    bench.note('the broker is full');
    await bench.freezeRedis();
    await sleep(bench.scaled(60_000));
    await bench.redis.config('SET', 'maxmemory', '0');
    const perSecond = (bench.worker().lines.length - before) / (bench.scaled(60_000) / 1_000);
    bench.note(`the broker has room again; the worker has logged ${perSecond.toFixed(1)} lines a second meanwhile`);
    assert.ok(perSecond < 5, `${perSecond} lines a second in the log of the worker`);
    const from = Date.now();
    await thawWhenDrained(bench, from - 1_000);
  },
  expect: expectOneDrain,
};

const evicts: Fault = {
  name: 'broker-evicts',
  promise: 'on a broker that may evict keys Weir tells and does not act, until it is noeviction again',
  async inject(bench) {
    await bench.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    bench.note('the broker may evict');
    // The broker is looked at every 10 s.
    await sleep(11_000);
    await bench.freezeRedis();
    await sleep(5_000);
    await bench.thawRedis();
    await sleep(1_500);
    await bench.redis.config('SET', 'maxmemory-policy', 'noeviction');
    bench.note('the broker is noeviction again');
    await sleep(11_000);
  },
  expect(seen) {
    expectNoAction(seen);
    const refused = seen.decisions.filter((one) => one.verdict === 'refuse');
    assert.match(refused[0]?.rails.at(-1)?.sentence ?? '', /may evict keys/);
    expectTold(seen.told);
  },
};

const withoutFile: Fault = {
  name: 'broker-killed-without-file',
  promise:
    'without an append-only file it comes back empty in the middle of an action: nothing twice, the lease is rebuilt',
  async inject(bench) {
    const from = Date.now();
    bench.tool('a', 'hold-before');
    await bench.freezeRedis();
    await soon(() => bench.changes('a').some((one) => one.held && one.at >= from), 30_000, 'a to act');
    await bench.broker.program.kill('SIGKILL');
    bench.tool('a', 'works');
    await bench.broker.start({ empty: true, args: ['--appendonly', 'no'] });
    bench.note('the broker is back, empty and without a file');
    await untilWeight(bench, ['a', 'b'], 0);
    await untilLeaseIsBack(bench);
    await sleep(bench.scaled(30_000) + 4_000);
    await bench.thawRedis();
    await bench.calm();
    await restartBroker(bench, 100, { empty: true });
  },
  expect: expectLeaseTakenOnce,
};

/**
 * Entries that are older than this are not evaluated (workers/evaluation/ready.ts), as with a backup of yesterday. In
 * ms.
 */
const OLDER_THAN_MS = 35_000;

const fromBackup: Fault = {
  name: 'broker-from-backup',
  promise:
    'a broker restored from a backup knows nothing of what was done since: the lease is rebuilt, nothing is done twice',
  async inject(bench) {
    const [folder, backup] = [join(bench.dir, 'broker'), join(bench.dir, 'broker-backup')];
    await cp(folder, backup, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    bench.note('the broker was backed up');
    const from = Date.now();
    await bench.freezeRedis();
    await untilWeight(bench, ['a', 'b'], 0);
    await untilVerified(bench, from);
    await sleep(Math.max(0, from + OLDER_THAN_MS - Date.now()));
    await bench.broker.program.kill('SIGKILL');
    await rm(folder, { recursive: true });
    await rename(backup, folder);
    await bench.broker.start();
    bench.note('the broker is back, from its backup');
    await untilLeaseIsBack(bench);
    await sleep(bench.scaled(30_000) + 5_000);
    assert.equal(bench.weights('a').b, 0);
    await bench.thawRedis();
  },
  expect: expectLeaseTakenOnce,
};

export const BROKER_FAULTS: readonly Fault[] = [full, frozen, evicts, withFile, empty, withoutFile, fromBackup];
