/** Faults of workers while an action is under way. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench/type.ts';
import { expectOneDrain, type Fault } from '../fault.ts';
import {
  drainOnce,
  killWhileHeld,
  thawWhenDrained,
  untilDecided,
  untilSilenceIsSeen,
  untilWeight,
} from '../until-seen.ts';

/** The lock of an evaluation lives 5 s (src/broker/queues.ts). */
const PAST_THE_LOCK_MS = 8_000;

async function killAndStart(bench: Bench): Promise<void> {
  await bench.worker().kill('SIGKILL');
  await bench.startWorker();
}

const beforeDecision: Fault = {
  name: 'worker-killed-before-deciding',
  promise: 'a worker that is killed while it evaluates is made up for by the next one: one decision, one drain, told',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilSilenceIsSeen(bench, from);
    await killAndStart(bench);
    await thawWhenDrained(bench, from);
  },
  expect: expectOneDrain,
};

const beforeApply: Fault = {
  name: 'worker-killed-before-apply',
  promise:
    'decided, not yet applied: the nodes apply it without a worker, the next worker verifies it, nobody does it twice',
  async inject(bench) {
    const from = Date.now();
    await killWhileHeld(bench, 'before', bench.worker());
    await bench.startWorker();
    await thawWhenDrained(bench, from);
  },
  expect: expectOneDrain,
};

const afterApply: Fault = {
  name: 'worker-killed-after-apply',
  promise: 'in the table, its outcome not yet said: the outcome waits for the next worker, which verifies it',
  async inject(bench) {
    const from = Date.now();
    await killWhileHeld(bench, 'after', bench.worker());
    await bench.startWorker();
    await thawWhenDrained(bench, from);
  },
  expect: expectOneDrain,
};

const beforeVerify: Fault = {
  name: 'worker-killed-before-verify',
  promise: 'applied on both nodes, not yet verified: the next worker verifies it from a fresh sweep',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilDecided(bench, from);
    await untilWeight(bench, ['a', 'b'], 0);
    await killAndStart(bench);
    await thawWhenDrained(bench, from);
  },
  expect: expectOneDrain,
};

const frozen: Fault = {
  name: 'worker-frozen',
  promise: 'a worker that is frozen past its lock is replaced by the other; woken, it neither commits nor acts',
  async inject(bench) {
    const from = Date.now();
    await bench.startWorker('worker-2');
    await bench.freezeRedis();
    await untilSilenceIsSeen(bench, from);
    await bench.worker().kill('SIGSTOP');
    bench.note('the first worker is frozen');
    await sleep(PAST_THE_LOCK_MS);
    await bench.worker().kill('SIGCONT');
    bench.note('the first worker goes on');
    await thawWhenDrained(bench, from);
    await bench.worker('worker-2').kill('SIGTERM');
  },
  expect: expectOneDrain,
};

const blocked: Fault = {
  name: 'worker-blocked',
  promise:
    'a worker whose event loop is blocked past its lock is replaced by the other; afterwards it neither commits nor acts',
  async inject(bench) {
    const from = Date.now();
    await bench.startWorker('worker-2');
    await bench.freezeRedis();
    await untilSilenceIsSeen(bench, from);
    await bench.order(bench.worker(), { blockMs: PAST_THE_LOCK_MS });
    await sleep(PAST_THE_LOCK_MS);
    await thawWhenDrained(bench, from);
    await bench.worker('worker-2').kill('SIGTERM');
  },
  expect: expectOneDrain,
};

const rolling: Fault = {
  name: 'rolling-restart',
  promise:
    'two workers are stopped and started one after the other, as in an upgrade, while an action is due: it is done once',
  async inject(bench) {
    const from = Date.now();
    await bench.startWorker('worker-2');
    const restarts = (async () => {
      for (const name of ['worker', 'worker-2']) {
        await bench.worker(name).kill('SIGTERM');
        await bench.startWorker(name);
      }
    })();
    await bench.freezeRedis();
    await restarts;
    await thawWhenDrained(bench, from);
    await bench.worker('worker-2').kill('SIGTERM');
  },
  expect: expectOneDrain,
};

/** All others are compared with this. It also shows that a bench has come through them. */
export const nothing: Fault = {
  name: 'nothing',
  promise: 'without a fault: the Redis of b is silent, both nodes drain it, it is verified, told and given back',
  inject: (bench) => drainOnce(bench),
  expect: expectOneDrain,
};

export const WORKER_FAULTS: readonly Fault[] = [
  beforeDecision,
  beforeApply,
  afterApply,
  beforeVerify,
  frozen,
  blocked,
  rolling,
];
