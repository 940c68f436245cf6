/** A Redis that hangs: keepalived does not notice, Weir moves its producers. And how long that takes, stage by stage. */

import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { poolOf, untilCalm } from '../../lab/pool/steady-state.ts';
import { untilValue } from '../../lab/until.ts';
import { measure, printShares, type Trial } from './support/latency.ts';
import { atEnd, stop } from './support/shared.ts';
import { decisionsSince, idNow, newestDecision, storyteller, untilWeight } from './support/watch.ts';

const TRIALS = 20;

/** keepalived's delay_loop in the lab. */
const CHECK_EVERY_MS = 1_000;

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ producers: 8 });
  await untilCalm(lab);
});
atEnd((ended) => stop(lab, ended));

it('b hangs and no worker is there: ten of its checks later keepalived still has b at its weight', async () => {
  const tell = storyteller('b hangs, and only keepalived looks after it');
  await lab.killWorker();
  const onB = (await lab.producers.stats()).filter((one) => one.member === 'b').map((one) => one.id);
  await lab.freezeRedis('b');
  const seen = new Set<number | undefined>();
  for (let check = 0; check < 10; check += 1) {
    await sleep(CHECK_EVERY_MS);
    for (const director of ['a', 'b'] as const) seen.add((await lab.table(director)).b?.weight);
  }
  expect([...seen]).toEqual([100]);
  const stuck = (await lab.producers.stats()).filter((one) => Date.now() - one.lastOkAt > 3 * CHECK_EVERY_MS);
  expect(stuck.map((one) => one.id)).toEqual(onB);
  expect(onB.length).toBeGreaterThanOrEqual(3);
  tell(`b is at weight 100, and the ${stuck.length} producers on it have pushed nothing since`);
  await lab.thawRedis('b');
  await lab.startWorker();
  await untilCalm(lab);
});

it('b hangs: its weight goes to 0, every producer pushes again, nobody lands on b, and the weight comes back', async () => {
  const tell = storyteller('b hangs');
  const before = await lab.producers.stats();
  const onB = before.filter((one) => one.member === 'b').map((one) => one.id);
  expect(onB.length).toBeGreaterThanOrEqual(3);
  tell(`${onB.length} of ${before.length} producers are on b`);

  await lab.freezeRedis('b');
  const frozenAt = performance.now();
  await untilWeight(lab, 'a', 'b', 0, 30_000);
  tell(`b has weight 0 in the MASTER's table ${((performance.now() - frozenAt) / 1_000).toFixed(1)} s after it froze`);
  const drainedAt = performance.now();
  await untilValue(
    async () => (await lab.producers.stats()).map((one) => [one.id, one.member, Date.now() - one.lastOkAt] as const),
    (all) => all.every(([, member, quietMs]) => member === 'a' && quietMs < 2_000),
    30_000,
    'every producer to push again, on a',
  );
  tell(`every producer pushes again ${((performance.now() - drainedAt) / 1_000).toFixed(1)} s later`);
  expect(await lab.connections(50)).toMatchObject({ a: 50, b: 0, hung: 0 });

  await lab.thawRedis('b');
  await untilWeight(lab, 'a', 'b', 100, 30_000);
  await untilWeight(lab, 'b', 'b', 100, 30_000);
  tell('b answers again and has weight 100 in both tables');
  await untilCalm(lab);
});

it("the MASTER's own Redis hangs: it is drained, its stuck producers are told, the VIP fails over and they push again", async () => {
  const tell = storyteller('a hangs, and a is MASTER');
  await lab.producers.reconnect();
  const onA = await untilValue(
    async () => (await lab.producers.stats()).filter((one) => one.member === 'a').map((one) => one.id),
    (ids) => ids.length >= 3 && ids.length <= 5,
    30_000,
    'about half of the producers on a',
  );
  const newest = await newestDecision(lab);
  await lab.freezeRedis('a');
  await untilWeight(lab, 'a', 'a', 0, 30_000);
  const [decision] = await untilValue(
    () => decisionsSince(lab, newest),
    (all) =>
      all.some((one) => one.verdict === 'act' && one.target === 'a' && one.outcomes.some((out) => out.node === 'a')),
    30_000,
    'the outcome on a',
  ).then((all) => all.filter((one) => one.verdict === 'act'));
  const detail = decision?.outcomes.find((out) => out.node === 'a')?.detail ?? '';
  tell(detail);
  expect(Number(/its (\d+) producers stay stuck until the VIP fails over/.exec(detail)?.[1])).toBe(onA.length);
  await untilValue(
    () => lab.logs('worker'),
    (log) => /stuck on a/i.test(log),
    20_000,
    'people to be told of the stuck producers',
  );
  await untilValue(
    () => lab.masters(),
    (masters) => masters.join() === 'b',
    60_000,
    'the VIP on b alone',
  );
  const movedAt = performance.now();
  tell('the VIP is on b');
  await untilValue(
    async () => (await lab.producers.stats()).map((one) => [one.id, one.member, Date.now() - one.lastOkAt] as const),
    (all) => all.every(([, member, quietMs]) => member === 'b' && quietMs < 2_000),
    30_000,
    'every producer to push again, on b',
  );
  tell(`every producer pushes again ${((performance.now() - movedAt) / 1_000).toFixed(1)} s later`);
  expect(await lab.connections(50)).toMatchObject({ a: 0, b: 50, hung: 0 });

  await lab.thawRedis('a');
  for (const director of ['a', 'b'] as const) await untilWeight(lab, director, 'a', 100, 30_000);
  expect((await lab.weir(['failover', 'logs', '--to', 'a'])).code).toBe(0);
  await untilCalm(lab);
});

it(`poll to kernel table, ${TRIALS} times`, async () => {
  const trials: Trial[] = [];
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const newest = await newestDecision(lab);
    const frozenAt = await idNow(lab);
    await lab.freezeRedis('b');
    await untilWeight(lab, 'a', 'b', 0, 60_000);
    await untilValue(
      () => decisionsSince(lab, newest),
      (all) => all.some((one) => one.verdict === 'act' && one.state === 'verified'),
      60_000,
      'a verified drain',
    );
    trials.push(await measure(lab, newest, frozenAt));
    await lab.thawRedis('b');
    await untilWeight(lab, 'a', 'b', 100, 60_000);
    await untilValue(
      async () => (await poolOf(lab)).leases.length,
      (count) => count === 0,
      60_000,
      'no lease',
    );
  }
  printShares(trials);
  expect(trials).toHaveLength(TRIALS);
}, 1_800_000);
