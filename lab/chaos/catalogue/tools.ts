/** Faults of ipvsadm, and of what a Redis answers to INFO. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkMood } from '../bench/link.ts';
import type { ToolMood } from '../bench/table.ts';
import type { Bench } from '../bench/type.ts';
import { actsOf, expectOneDrain, expectTold, type Fault, lowerings, type Seen } from '../fault.ts';
import { untilOutcome, untilTold, untilVerified, untilWeight } from '../until-seen.ts';

function expectNothingOnA(result: RegExp): (seen: Seen) => void {
  return (seen) => {
    const acts = actsOf(seen);
    assert.equal(acts.length, 1);
    const answer = acts[0]?.outcomes.find((one) => one.node === 'a');
    assert.match(`${answer?.result}: ${answer?.detail}`, result);
    assert.equal(lowerings(seen.changes.a).length, 0);
    expectTold(seen.told);
  };
}

/** ipvsadm of the MASTER fails when it is needed. */
async function without(bench: Bench, from: number): Promise<void> {
  await bench.freezeRedis();
  await untilOutcome(bench, 'a', /^failed/, from);
  assert.equal(bench.weights('a').b, 100);
  await untilTold(bench, /Not done/, from);
  await bench.thawRedis();
  await sleep(1_500);
}

function tool(mood: ToolMood, promise: string, said: RegExp): Fault {
  return {
    name: `ipvsadm-${mood}`,
    promise,
    async inject(bench) {
      const from = Date.now();
      bench.tool('a', mood);
      await without(bench, from);
      bench.tool('a', 'works');
    },
    expect: expectNothingOnA(said),
  };
}

const missing: Fault = {
  name: 'ipvsadm-missing',
  promise: 'ipvsadm is not installed: nothing is changed, and the sentence says what to install',
  async inject(bench) {
    const from = Date.now();
    await bench.directors.a.install(false);
    bench.note('ipvsadm of a is gone');
    await without(bench, from);
    await bench.directors.a.install(true);
  },
  expect: expectNothingOnA(/failed: ipvsadm is not installed/),
};

export const TOOL_FAULTS: readonly Fault[] = [
  missing,
  tool(
    'refuses',
    'ipvsadm has no right to: nothing is changed, and the sentence says which',
    /failed: .*CAP_NET_ADMIN/,
  ),
  tool(
    'hangs',
    'ipvsadm that hangs is ended after 5 s: nothing is changed, and that is said',
    /failed: .*gave no answer/,
  ),
  tool('rubbish', 'ipvsadm prints rubbish: nothing is changed, and that is said', /failed: /),
  tool(
    'lies',
    'ipvsadm says that it did and did not: the table counts, not its exit code',
    /failed: .*the table then showed/,
  ),
];

function answers(mood: LinkMood, promise: string): Fault {
  return {
    name: `redis-answers-${mood}`,
    promise,
    async inject(bench) {
      const from = Date.now();
      for (const link of Object.values(bench.linksToB)) link.set(mood);
      bench.note(`the Redis of b answers: ${mood}`);
      await untilWeight(bench, ['a', 'b'], 0);
      await untilVerified(bench, from);
      for (const link of Object.values(bench.linksToB)) {
        link.set('pass');
        link.reset();
      }
      bench.note('the Redis of b answers as before');
    },
    expect: expectOneDrain,
  };
}

export const ANSWER_FAULTS: readonly Fault[] = [
  answers('slow', 'a Redis that answers INFO after 2 s gave no answer: it is drained once, told and given back'),
  answers('garbage', 'a Redis that answers with random bytes gave no answer: it is drained once, told and given back'),
  answers(
    'half',
    'a Redis that breaks off in the middle of INFO gave no answer: it is drained once, told and given back',
  ),
];
