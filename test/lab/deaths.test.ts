/** What dies while keepalived watches, which is faster than Weir: its help is no failure of Weir's, and no way around it. */

import { beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { untilCalm } from '../../lab/pool/steady-state.ts';
import { until, untilValue } from '../../lab/until.ts';
import { readState } from '../../src/broker/store.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import type { PoolState } from '../../src/rules/state/state.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { decisionsSince, newestDecision, storyteller, untilWeight } from './support/watch.ts';

/** A key in 100 ms. */
const LOADS_FOR_KEYS = 250;

let lab: Lab;

beforeAll(async () => {
  // The breaker as it is by default.
  lab = await borrow({ config: { policy: { breaker: { unverified: 2, rearm: '1h' } } } });
  await untilCalm(lab);
});
atEnd(giveBack);

/** The drain of b since `newest`, as soon as it has come to an end. */
async function untilDrainEnds(newest: string | undefined): Promise<Decision> {
  const ended = ({ target, verdict, state }: Decision) => target === 'b' && verdict === 'act' && state !== 'open';
  const all = await untilValue(
    () => decisionsSince(lab, newest),
    (some) => some.some(ended),
    60_000,
    'the end of a drain',
  );
  return all.find(ended) as Decision;
}

async function untilUnlisted(director: 'a' | 'b'): Promise<void> {
  await until(
    async () => (await lab.table(director)).b === undefined,
    30_000,
    `no row of b in the table of ${director}`,
  );
}

async function strikes(): Promise<number | undefined> {
  const stored = await readState(lab.broker, 'logs');
  return stored && (JSON.parse(stored.json) as PoolState).strikes.count;
}

async function isLoading(): Promise<boolean> {
  return (await lab.redis('b').info('persistence')).loading === '1';
}

it('Redis of b killed twice within an hour: both drains are seen to work, and the breaker stays closed', async () => {
  const tell = storyteller('Redis of b is killed');
  for (const time of ['first', 'second']) {
    const newest = await newestDecision(lab);
    await lab.killRedis('b');
    const killedAt = performance.now();
    const drain = await untilDrainEnds(newest);
    tell(`the ${time} time: ${drain.state} ${((performance.now() - killedAt) / 1_000).toFixed(1)} s later`);
    for (const { node, detail } of drain.outcomes) tell(`${node}: ${detail}`);
    expect(drain, JSON.stringify(drain.outcomes)).toMatchObject({ state: 'verified' });
    await untilUnlisted('a');
    await lab.startRedis('b');
    for (const director of ['a', 'b'] as const) await untilWeight(lab, director, 'b', 100, 60_000);
    await untilCalm(lab);
    expect(await strikes()).toBe(0);
  }
  const newest = await newestDecision(lab);
  await lab.freezeRedis('b');
  expect(await untilDrainEnds(newest)).toMatchObject({ state: 'verified' });
  tell('b hangs, and is drained as ever');
  await lab.thawRedis('b');
  await untilWeight(lab, 'a', 'b', 100, 60_000);
  await untilCalm(lab);
});

it('the host of b killed and booted with a Redis that loads: no producer meets LOADING, its weight comes back after it', async () => {
  const tell = storyteller('the host of b');
  await lab.saveRedis('b', LOADS_FOR_KEYS);
  const newest = await newestDecision(lab);
  await lab.killHost('b');
  await untilUnlisted('a');
  tell('killed; keepalived has taken b out');
  const drain = await untilDrainEnds(newest);
  for (const { node, detail } of drain.outcomes) tell(`${node}: ${detail}`);
  expect(drain).toMatchObject({ state: 'verified' });

  await lab.startLoadingRedis('b');
  await lab.bootHost('b');
  tell('booted, and its Redis loads');
  const weights = new Map<number | undefined, number>();
  let opened = 0;
  while (await isLoading()) {
    const { weight } = (await lab.table('a')).b ?? {};
    const met = await lab.connections(10);
    // Meanwhile it may have loaded, and then it may have its first producers.
    if (!(await isLoading())) break;
    weights.set(weight, (weights.get(weight) ?? 0) + 1);
    expect(met).toMatchObject({ a: 10, b: 0, hung: 0 });
    opened += 10;
  }
  tell(`loaded; its weights meanwhile: ${JSON.stringify([...weights])}, and ${opened} new connections met a`);
  // Listed while it loads, and never with a weight.
  expect([...weights.keys()].filter((weight) => weight !== undefined)).toEqual([0]);
  for (const director of ['a', 'b'] as const) await untilWeight(lab, director, 'b', 100, 60_000);
  await untilCalm(lab);
  tell('b has its weight in both tables');
  expect(await strikes()).toBe(0);
});
