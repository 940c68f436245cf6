/** Rules that ask for too much. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { NODES } from '../bench/nodes.ts';
import type { Bench } from '../bench/type.ts';
import { type Fault, lowerings } from '../fault.ts';
import { soon } from '../until-seen.ts';

const QUEUE = 'logstash';
const DRAIN = { action: 'drain', lease: '30m', verify: { expect: 'member.weight == 0.0', within: '5s' } };

const deep = {
  name: 'queue-deep',
  for_each: 'member',
  when: 'member.queue_depth > 100.0',
  clear_when: 'member.queue_depth < 50.0',
  for: '2s',
  keep_firing_for: '5s',
  severity: 'warn',
  mode: 'auto',
  do: [DRAIN],
  tell: { title: 'queue is deep: {{ member.queue_depth | number }} items' },
};

async function setDepth(redis: Redis, depth: number): Promise<void> {
  await redis
    .multi()
    .del(QUEUE)
    .rpush(QUEUE, ...Array.from({ length: depth }, () => 'x'))
    .exec();
}

const flapping: Fault = {
  name: 'flapping',
  promise: 'a figure that goes to and fro around its threshold for ten minutes is one finding and one action',
  async inject(bench) {
    const redis = new Redis(bench.members.b.path);
    await bench.rules([deep]);
    await sleep(bench.scaled(30_000) + 1_000);
    const until = Date.now() + bench.scaled(600_000);
    let flaps = 0;
    for (; Date.now() < until; flaps += 1) {
      await setDepth(redis, flaps % 2 === 0 ? 110 : 90);
      await sleep(1_000 + (flaps % 5) * 700);
    }
    bench.note(`the queue of b has changed sides ${flaps} times`);
    await redis.del(QUEUE);
    await soon(() => NODES.every((node) => bench.weights(node).b === 100), 60_000, 'b to be given back');
    redis.disconnect();
    await bench.rules([]);
    await sleep(2_000);
  },
  expect({ decisions, changes, told }) {
    const acts = decisions.filter((one) => one.verdict === 'act' && one.rule === 'queue-deep');
    assert.equal(acts.length, 1);
    for (const node of NODES) assert.equal(lowerings(changes[node]).length, 1);
    assert.equal(told.filter((text) => /FIRING/.test(text)).length, 1);
  },
};

const always = {
  name: 'always',
  for_each: 'member',
  when: 'member.answering',
  for: '1s',
  severity: 'warn',
  mode: 'auto',
  do: [DRAIN],
  tell: { title: 'always fires' },
};

const everybody: Fault = {
  name: 'always-firing-rule',
  promise:
    'a rule that fires for every member all the time takes one at most: somebody always serves, refusals are counted',
  async inject(bench) {
    await bench.rules([always]);
    const served: number[] = [];
    const until = Date.now() + bench.scaled(30_000) + bench.scaled(120_000);
    while (Date.now() < until) {
      for (const node of NODES) served.push(servingIn(bench, node));
      await sleep(20);
    }
    bench.note(`at least ${Math.min(...served)} member had weight in each table, looked at ${served.length} times`);
    assert.ok(Math.min(...served) >= 1);
    await bench.rules([]);
    await sleep(2_000);
  },
  expect({ decisions, changes, told }) {
    const mine = decisions.filter((one) => one.rule === 'always');
    assert.ok(mine.filter((one) => one.verdict === 'act').length <= 1, 'more than one act');
    assert.ok(
      mine.some((one) => one.verdict === 'refuse'),
      'nothing was refused',
    );
    for (const node of NODES) assert.ok(lowerings(changes[node]).length <= 1);
    assert.ok(told.some((text) => /always fires/.test(text)));
  },
};

function servingIn(bench: Bench, node: 'a' | 'b'): number {
  return Object.values(bench.weights(node)).filter((weight) => (weight ?? 0) > 0).length;
}

export const RULE_FAULTS: readonly Fault[] = [everybody, flapping];
