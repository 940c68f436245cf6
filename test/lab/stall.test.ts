/** Consumers that stop: all of them is a stall that nothing done to a member can cure, one of them is that member's affair. */

import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { poolOf, untilCalm } from '../../lab/pool/steady-state.ts';
import { QUEUE } from '../../lab/pool/topology.ts';
import { untilValue } from '../../lab/until.ts';
import { hastyRules } from './support/hasty-rules.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { decisionsSince, firing, newestDecision, storyteller, untilDone, untilWeight } from './support/watch.ts';

/** Fast enough to fill 64 MiB in two or three minutes, in few pushes: the guest has one processor. */
const FAST = { perSecond: 6, bytes: 20_000 };

const WINDOW_MS = 15_000;

let lab: Lab;
let rules: string;

beforeAll(async () => {
  rules = await hastyRules();
  lab = await borrow({ rules });
  await untilCalm(lab);
  await lab.producers.setRate(FAST);
});
atEnd(giveBack);

async function weights(): Promise<(number | undefined)[]> {
  const [a, b] = await Promise.all([lab.table('a'), lab.table('b')]);
  return [a.a?.weight, a.b?.weight, b.a?.weight, b.b?.weight];
}

it('one consumer stops: only its member is acted on, and is given back when the consumer is back', async () => {
  const tell = storyteller("b's consumer stops");
  // As long as nobody has seen a's consumer take more than it gets, the rail capacity keeps b where it is.
  await lab.stopConsumers('a');
  await lab.fill('a', 0.4, QUEUE);
  await lab.startConsumers('a');
  await untilValue(
    async () => (await poolOf(lab)).facts.members.a,
    (a) => Number(a?.consume_rate) > 2.5 * Number(a?.inflow_rate),
    60_000,
    "a's consumer to show what it can take",
  );
  await untilCalm(lab);
  const newest = await newestDecision(lab);
  await lab.stopConsumers('b');
  await untilWeight(lab, 'a', 'b', 0, 120_000);
  tell('b has weight 0');
  await untilValue(
    async () => (await lab.producers.stats()).map((one) => one.member),
    (members) => members.every((member) => member === 'a'),
    60_000,
    'every producer on a',
  );
  const acted = (await decisionsSince(lab, newest)).filter((one) => one.verdict === 'act');
  expect(acted.map((one) => [one.rule, one.target])).toEqual([['member-filling', 'b']]);
  tell(`acted: ${acted.map((one) => `${one.rule} ${one.action} ${one.target}`).join(', ')}`);
  await lab.startConsumers('b');
  await untilWeight(lab, 'a', 'b', 100, 120_000);
  tell('b has its weight back');
  await lab.producers.reconnect();
  await untilCalm(lab);
});

it('with the other member drained by hand the same is refused, and the refusal names the rail', async () => {
  const tell = storyteller("a is drained by hand, then b's consumer stops");
  const drained = await untilDone(lab, 'drain', 'logs/a', '--for', '5m', '--reason', 'a test');
  tell(drained.split('\n')[0] ?? '');
  const newest = await newestDecision(lab);
  await lab.stopConsumers('b');
  const refused = await untilValue(
    async () =>
      (await decisionsSince(lab, newest)).filter((one) => one.target === 'b' && one.rails.at(-1)?.pass === false),
    (all) => all.some((one) => one.rails.at(-1)?.rail === 'blast radius'),
    120_000,
    'a refusal by the rail blast radius',
  );
  tell(refused.map((one) => `refused by ${one.rails.at(-1)?.rail}: ${one.rails.at(-1)?.sentence}`).join(' | '));
  expect((await lab.table('a')).b?.weight).toBe(100);
  expect((await decisionsSince(lab, newest)).filter((one) => one.verdict === 'act')).toEqual([]);
  const why = await lab.weir(['why', 'logs/b']);
  expect(why.stdout).toContain('blast radius');

  await lab.startConsumers('b');
  // While it fires b would be drained as soon as a serves again.
  await untilValue(
    poolOf.bind(undefined, lab),
    (pool) => firing(pool, 'member-filling') === undefined,
    180_000,
    'member-filling to be over',
  );
  await untilDone(lab, 'restore', 'logs/a');
  await lab.producers.reconnect();
  await untilCalm(lab);
}, 1_800_000);

it('both stop: it is called a stall, the forecast is right, nothing is moved, also when one is full first', async () => {
  const tell = storyteller('both consumers stop');
  const before = await lab.producers.stats();
  expect(before.filter(({ member }) => member === 'a').length).toBeGreaterThanOrEqual(3);
  expect(before.filter(({ member }) => member === 'b').length).toBeGreaterThanOrEqual(3);
  await lab.fill('b', 0.5); // so that b is full first, and not before the forecast can be judged
  const newest = await newestDecision(lab);
  await lab.stopConsumers();
  const stoppedAt = performance.now();
  const seconds = () => ((performance.now() - stoppedAt) / 1_000).toFixed(0);

  await untilValue(
    poolOf.bind(undefined, lab),
    (pool) => firing(pool, 'downstream-stalled') !== undefined,
    120_000,
    'downstream-stalled',
  );
  tell(`downstream-stalled fires ${seconds()} s after the stop`);
  expect(performance.now() - stoppedAt).toBeGreaterThan(WINDOW_MS);
  const forecast = Number((await poolOf(lab)).facts.pool.seconds_to_full);
  const forecastAt = performance.now();
  const seenWeights: (number | undefined)[][] = [];

  await untilValue(
    async () => {
      seenWeights.push(await weights());
      return (await poolOf(lab)).facts.pool.full_members;
    },
    (full) => Number(full) >= 1,
    400_000,
    'one member to be full',
  );
  const truth = (performance.now() - forecastAt) / 1_000;
  tell(
    `forecast ${forecast.toFixed(0)} s to full, it took ${truth.toFixed(0)} s: ${((forecast / truth - 1) * 100).toFixed(0)} %`,
  );
  expect(forecast).toBeGreaterThan(truth * 0.8);
  expect(forecast).toBeLessThan(truth * 1.2);

  const pool = await untilValue(
    poolOf.bind(undefined, lab),
    (seen) => firing(seen, 'logs-refused') !== undefined,
    60_000,
    'logs-refused',
  );
  tell(firing(pool, 'logs-refused')?.title ?? '');
  expect(Number(pool.facts.pool.refused_writes)).toBeGreaterThan(0);
  await untilValue(
    () => lab.logs('worker'),
    (log) => /Logs are refused/.test(log),
    20_000,
    'people to be told of refused logs',
  );
  // Some time with one member full: what would drain it must not.
  for (let look = 0; look < 20; look += 1) {
    seenWeights.push(await weights());
    await sleep(500);
  }
  expect(new Set(seenWeights.map(String))).toEqual(new Set(['100,100,100,100']));
  const decisions = await decisionsSince(lab, newest);
  expect(decisions.filter((one) => one.verdict === 'act')).toEqual([]);
  for (const one of decisions)
    tell(`${one.verdict} ${one.action} ${one.target}: ${one.rails.at(-1)?.rail}: ${one.rails.at(-1)?.sentence}`);
}, 1_800_000);
