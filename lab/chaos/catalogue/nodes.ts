/** Faults of node processes, of their way to the broker, and of the jobs that wait for them. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueue } from '../../../src/broker/queues.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import { JOB_EXPIRES_MS } from '../../../src/rules/state/state.ts';
import {
  actsOf,
  expectNoAction,
  expectNothingLate,
  expectOneDrain,
  expectOneLowering,
  expectTold,
  type Fault,
} from '../fault.ts';
import {
  drainOnce,
  killWhileHeld,
  soon,
  thawWhenDrained,
  untilDecided,
  untilOutcome,
  untilSilenceIsSeen,
  untilTold,
  untilVerified,
  untilWeight,
} from '../until-seen.ts';

const beforeApply: Fault = {
  name: 'node-killed-before-apply',
  promise:
    'its lease is on disk and the table untouched: it says at its start that the action was cut short; never twice',
  async inject(bench) {
    const from = Date.now();
    await killWhileHeld(bench, 'before', bench.node('a'));
    await bench.startNode('a');
    // A failed step is tried again after 15 s.
    await untilVerified(bench, from);
    await bench.thawRedis();
  },
  expect(seen) {
    assert.deepEqual(
      actsOf(seen).map(({ state }) => state),
      ['failed', 'verified'],
    );
    expectOneLowering(seen);
    expectTold(seen.told);
  },
};

const afterApply: Fault = {
  name: 'node-killed-after-apply',
  promise:
    'in the table and not yet read back: at its start it finds the weight in place and holds the lease; never twice',
  async inject(bench) {
    const from = Date.now();
    await killWhileHeld(bench, 'after', bench.node('a'));
    await bench.startNode('a');
    await untilVerified(bench, from);
    await bench.thawRedis();
  },
  expect: expectOneDrain,
};

const beforeVerify: Fault = {
  name: 'node-killed-before-verify',
  promise: 'applied, not yet seen by a sweep: it comes back with its lease, and the action is verified',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilWeight(bench, ['a', 'b'], 0);
    await untilOutcome(bench, 'a', /^applied/, from);
    await bench.node('a').kill('SIGKILL');
    await bench.startNode('a');
    await untilVerified(bench, from);
    await bench.thawRedis();
  },
  expect: expectOneDrain,
};

const frozen: Fault = {
  name: 'node-frozen',
  promise: 'a node that is frozen with a job before it and wakes when that has expired does not do it',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilDecided(bench, from);
    await bench.node('a').kill('SIGSTOP');
    bench.note(`node a is frozen; b has weight ${bench.weights('a').b} in its table`);
    await sleep(1_000);
    await bench.thawRedis();
    await sleep(JOB_EXPIRES_MS + 1_000);
    await bench.node('a').kill('SIGCONT');
    bench.note('node a goes on');
    await sleep(2_000);
  },
  expect: expectNothingLate,
};

const staleJobs: Fault = {
  name: 'ten-thousand-stale-jobs',
  promise:
    'ten thousand jobs that nobody decided just now are dropped unread by the kernel, and what is decided meanwhile is done',
  async inject(bench) {
    const queue = openQueue<ActionJob>(bench.redis, 'act-a');
    const at = Date.now() - 60_000;
    const job = (index: number): ActionJob => ({
      decision: `${at}-${index}.member-unwritable.b`,
      ...{ pool: 'logs', node: 'a', action: 'drain', member: 'b' },
      entryId: `${at}-${index}`,
      expiresAt: at + JOB_EXPIRES_MS,
      lease: { weight: 0, until: at + 1_800_000, owner: 'rule:member-unwritable', reason: 'stale' },
    });
    for (let first = 0; first < 10_000; first += 1_000) {
      const jobs = Array.from({ length: 1_000 }, (_, index) => job(first + index));
      await queue.addBulk(jobs.map((data) => ({ name: data.action, data, opts: { jobId: data.decision } })));
    }
    bench.note('10,000 stale jobs stand in the queue of a');
    await drainOnce(bench);
    await soon(async () => (await queue.getWaitingCount()) === 0, 60_000, 'the stale jobs to be dropped');
    bench.note('the queue of a is empty');
    await queue.close();
  },
  expect: expectOneDrain,
};

const cutWithLease: Fault = {
  name: 'node-cut-from-broker',
  promise:
    'a node that is cut from the broker for five minutes ends its lease by itself when that runs out, tells by itself, and reports later',
  async inject(bench) {
    const from = Date.now();
    await bench.weir('drain', 'logs/b', '--for', `${bench.scaled(120_000) / 1_000}s`, '--reason', 'a fault');
    await untilWeight(bench, ['a', 'b'], 0);
    bench.brokerLinks.a.set('silent');
    bench.note('a is cut from the broker');
    await soon(() => bench.weights('a').b !== 0, bench.scaled(300_000), 'a to end the lease by itself');
    await untilTold(bench, /Node a has lost the broker/, from);
    await sleep(Math.max(0, from + bench.scaled(300_000) - Date.now()));
    bench.brokerLinks.a.set('pass');
    bench.note('a has its way to the broker back');
    await untilTold(bench, /Node a has the broker back/, from, 60_000);
  },
  expect(seen) {
    assert.equal(actsOf(seen).length, 1);
    expectOneLowering(seen);
  },
};

const bothCut: Fault = {
  name: 'nodes-cut-from-worker',
  promise: 'while no node is heard nothing is decided; nodes say by themselves that they are alone; then it goes on',
  async inject(bench) {
    const from = Date.now();
    const { a, b } = bench.brokerLinks;
    for (const link of [a, b]) link.set('silent');
    bench.note('both nodes are cut from broker and worker');
    await bench.freezeRedis();
    await untilTold(bench, /Node a has lost the broker/, from);
    await untilTold(bench, /Node b has lost the broker/, from);
    await sleep(Math.max(0, from + bench.scaled(120_000) - Date.now()));
    for (const link of [a, b]) link.set('pass');
    bench.note('both have their way back');
    await thawWhenDrained(bench, from);
  },
  expect: expectOneDrain,
};

const cutFromPeer: Fault = {
  name: 'node-cut-from-peer',
  promise: 'the MASTER does not reach the Redis of b: what its own node sees of b counts, nothing is decided or done',
  async inject(bench) {
    bench.linksToB.a.set('silent');
    bench.note('a is cut from the Redis of b');
    await sleep(bench.scaled(60_000));
    bench.linksToB.a.set('pass');
    bench.note('a reaches it again');
    await sleep(2_000);
  },
  expect(seen) {
    expectNoAction(seen);
    assert.deepEqual(seen.decisions, []);
  },
};

const keepalivedHangs: Fault = {
  name: 'keepalived-hangs',
  promise: "while the MASTER's keepalived hangs nobody knows who is MASTER: nothing is done, and the refusal says so",
  async inject(bench) {
    const from = Date.now();
    await bench.directors.a.keepalived.kill('SIGSTOP');
    bench.note('keepalived of a hangs');
    await sleep(5_000);
    await bench.freezeRedis();
    await untilSilenceIsSeen(bench, from);
    await sleep(4_000);
    await bench.thawRedis();
    await sleep(1_500);
    await bench.directors.a.keepalived.kill('SIGCONT');
    bench.note('keepalived of a goes on');
  },
  expect(seen) {
    expectNoAction(seen);
    const refused = seen.decisions.filter((one) => one.verdict === 'refuse');
    assert.deepEqual([...new Set(refused.map((one) => one.rails.at(-1)?.rail))], ['fresh']);
    expectTold(seen.told);
  },
};

export const NODE_FAULTS: readonly Fault[] = [
  beforeApply,
  afterApply,
  beforeVerify,
  frozen,
  bothCut,
  cutFromPeer,
  keepalivedHangs,
  cutWithLease,
  staleJobs,
];
