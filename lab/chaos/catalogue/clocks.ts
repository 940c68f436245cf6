/**
 * Clocks that are wrong. All times in Weir are the broker's: a node's own clock must not matter, and a step of the broker's
 * must not either (docs/time.md).
 */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { JOB_EXPIRES_MS } from '../../../src/rules/state/state.ts';
import { NODES } from '../bench/nodes.ts';
import type { Bench } from '../bench/type.ts';
import { expectNothingLate, expectOneDrain, type Fault } from '../fault.ts';
import { drainOnce, untilDecided, untilTold, untilVerified, untilWeight } from '../until-seen.ts';

const FIVE_MINUTES = 300_000;

const ahead: Fault = {
  name: 'clock-ahead',
  promise: "the clock of the MASTER's node is five minutes ahead: what it sees is fresh, and what it does is done once",
  async inject(bench) {
    await bench.setClock('a', FIVE_MINUTES);
    await sleep(3_000);
    await drainOnce(bench);
    await bench.calm();
    await bench.setClock('a', 0);
    await sleep(2_000);
  },
  expect: expectOneDrain,
};

const back: Fault = {
  name: 'clock-jumps-back',
  promise: 'that clock jumps back in the middle of a drain: polls go on, and the lease is held and given back',
  async inject(bench) {
    await bench.setClock('a', FIVE_MINUTES);
    await sleep(2_000);
    const jump = sleep(2_500).then(() => bench.setClock('a', 0));
    await drainOnce(bench);
    await jump;
    await sleep(2_000);
  },
  expect: expectOneDrain,
};

const TWO_MINUTES_S = 120;
const DAY_S = 86_400;

/** The rule of the pack, but that it waits for a shorter time. */
const TROUBLE = {
  ...{ name: 'broker-trouble', for_each: 'pool', when: 'pool.broker_trouble != ""', for: '1s', severity: 'warn' },
  tell: { title: 'Broker: {{ pool.broker_trouble }}' },
};

/** People are told of troubles of the broker while the fault is under way. */
async function withTrouble(bench: Bench, fault: () => Promise<void>): Promise<void> {
  await bench.rules([TROUBLE]);
  await sleep(bench.scaled(30_000) + 1_000);
  await fault();
  await bench.setBrokerClock(0);
  await sleep(2_000);
  await bench.rules([]);
  await sleep(2_000);
}

/** b is silent while the clock is set. It is drained all the same, and people are told of the clock. */
async function drainWhileSet(bench: Bench, seconds: number): Promise<void> {
  const from = Date.now();
  await bench.setBrokerClock(seconds);
  await sleep(1_000);
  await drainOnce(bench);
  await untilTold(bench, /The clock of the broker is/, from, 60_000);
}

const brokerBack: Fault = {
  name: 'broker-clock-back',
  promise: "the broker's clock is set back by two minutes: ticks and timers go on, b is drained once, people are told",
  async inject(bench) {
    await withTrouble(bench, () => drainWhileSet(bench, -TWO_MINUTES_S));
  },
  expect: expectOneDrain,
};

const brokerAhead: Fault = {
  name: 'broker-clock-ahead',
  promise:
    "the broker's clock is set a day ahead, and back while b is drained: not followed, told, no lease ends by it, b is drained once",
  async inject(bench) {
    await withTrouble(bench, async () => {
      const from = Date.now();
      await bench.setBrokerClock(DAY_S);
      await sleep(1_000);
      await bench.freezeRedis();
      await untilWeight(bench, NODES, 0);
      await untilVerified(bench, from);
      await untilTold(bench, /The clock of the broker is/, from, 60_000);
      for (const seconds of [DAY_S, 0]) {
        await bench.setBrokerClock(seconds);
        await sleep(3_000);
        assert.deepEqual([bench.weights('a').b, bench.weights('b').b], [0, 0]);
      }
      await bench.thawRedis();
    });
  },
  expect: expectOneDrain,
};

const killedInThatSecond: Fault = {
  name: 'broker-clock-back-worker-killed',
  promise:
    'the worker is killed in the second in which the clock of the broker is set back: no lock holds up the next one',
  async inject(bench) {
    await bench.worker().kill('SIGKILL');
    await bench.setBrokerClock(-TWO_MINUTES_S);
    await bench.startWorker();
    await drainOnce(bench);
    await bench.setBrokerClock(0);
    await sleep(2_000);
  },
  expect: expectOneDrain,
};

const paused: Fault = {
  name: 'node-paused',
  promise:
    'the machine of a node is stopped by its hypervisor with a job before it, and its clocks with it: what is over is not done',
  async inject(bench) {
    const from = Date.now();
    await bench.freezeRedis();
    await untilDecided(bench, from);
    const pauseMs = JOB_EXPIRES_MS + 2_000;
    await bench.order(bench.node('a'), { pauseMs });
    await sleep(1_000);
    await bench.thawRedis();
    await sleep(pauseMs + 1_000);
    // NTP sets the clock of the machine. The monotonic clock is not touched.
    await bench.order(bench.node('a'), { clockMs: 0 });
    await sleep(1_000);
  },
  expect: expectNothingLate,
};

export const CLOCK_FAULTS: readonly Fault[] = [ahead, back, brokerBack, brokerAhead, killedInThatSecond, paused];
