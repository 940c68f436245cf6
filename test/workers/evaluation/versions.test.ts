/** Workers and nodes of two versions at a time, in each order and back: the newer one decides, and each thing is done once. */

import { expect, it } from 'vitest';
import { readAlive } from '../../../src/broker/alive.ts';
import { append } from '../../../src/broker/entries/stream.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { readDesiredLeases, readOutbox, readVersion } from '../../../src/broker/store.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import { FORMAT_VERSION } from '../../../src/model/entries/version.ts';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import { createSweepSender } from '../../../workers/node/observer.ts';
import { FROZEN, POLICY, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { ruleSet, unwritable } from '../../support/world.ts';
import { type VersionWorker, workersOn } from './versions-fixture.ts';

const RULES = ruleSet([unwritable({ forMs: 0 })]);
const POLICY_NOW = { ...POLICY, settleMs: 0 };
const { state: STATE } = poolKeys('logs');

const redis = await redisOfFile();

const { worker, workerBefore } = workersOn(redis, RULES, POLICY_NOW);

async function see(parts: Partial<Sweep>, ...by: readonly VersionWorker[]): Promise<void> {
  for (const node of ['a', 'b']) await append(redis, sweepOf(node, await brokerTime(redis, 'logs'), parts));
  for (const one of by) await one.evaluate();
}

const drains = (...workers: readonly VersionWorker[]) =>
  workers.flatMap(({ jobs }) => jobs.filter(({ action }) => action === 'drain').map(({ node }) => node)).sort();

/** Node a has done its part of the drain. */
async function applied(by: VersionWorker): Promise<void> {
  const decision = by.jobs[0]?.decision ?? '';
  const about = { kind: 'outcome', pool: 'logs', decision, node: 'a', member: 'b' } as const;
  await append(redis, { ...about, at: await brokerTime(redis, 'logs'), result: 'applied', detail: 'b is at 0.' });
  await by.evaluate();
}

it('the newer worker decides, whichever comes first; the older one leaves the pool alone, says so once, and is no life', async () => {
  const older = worker();
  const newer = worker(FORMAT_VERSION + 1);
  await see({}, older);
  expect(await readVersion(redis, 'logs')).toBe(FORMAT_VERSION);
  await see({}, newer, older);
  await redis.del(poolKeys('logs').alive);
  await see(FROZEN, older, older);
  expect(drains(older, newer)).toEqual([]);
  expect((await readAlive(redis, ['logs'])).get('logs')).toBe(false);
  expect(older.said).toEqual([
    expect.stringMatching(/^A newer Weir decides in pool logs: its state is of version 3.*docs/),
  ]);
  await see(FROZEN, newer, older);
  expect([drains(older), drains(newer)]).toEqual([[], ['a', 'b']]);
});

it('what a newer one has committed an older one does not take back, that had read before', async () => {
  const older = worker();
  await see({}, older);
  await redis.hset(STATE, 'version', FORMAT_VERSION + 1);
  const revision = await redis.hget(STATE, 'revision');
  await see(FROZEN, older);
  expect(await redis.hget(STATE, 'revision')).toBe(revision);
  await redis.hset(STATE, 'version', FORMAT_VERSION);
  await older.evaluate();
  expect(drains(older)).toEqual(['a', 'b']);
  await redis.hset(STATE, 'version', FORMAT_VERSION + 1);
  await older.evaluate();
  expect(older.said).toHaveLength(2);
});

it.each([
  ['the one before, then this one', (before: VersionWorker, now: VersionWorker) => [before, now]],
  ['this one, then the one before', (before: VersionWorker, now: VersionWorker) => [now, before]],
  ['the one before, this one, and back', (before: VersionWorker, now: VersionWorker) => [before, now, before]],
])('with a worker of the version before, %s: one drain on each node', async (_, order) => {
  const [before, now] = [workerBefore(), worker()];
  await see({}, worker());
  // As that version left it.
  if (order(before, now)[0] === before) await redis.hdel(STATE, 'version');
  await see(FROZEN, ...order(before, now));
  await see(FROZEN, ...order(before, now));
  expect(drains(before, now)).toEqual(['a', 'b']);
});

it('going back to an older one, as docs/upgrades.md has it: the pool begins anew, and what nodes hold is learned from them', async () => {
  const newer = worker(FORMAT_VERSION + 1);
  await see({}, newer);
  await see(FROZEN, newer);
  expect(drains(newer)).toEqual(['a', 'b']);
  await applied(newer);
  await redis.del(STATE);
  const older = worker();
  const [desired] = await readDesiredLeases(redis, 'logs');
  if (desired === undefined) throw new Error('the drain has no desired lease');
  const lease = {
    ...{ id: desired.id, member: 'b', weight: 0, base: 100 },
    owner: desired.owner,
    until: desired.until,
  };
  await see({ ...FROZEN, leases: [{ ...lease, contested: false }] }, older);
  await see({ ...FROZEN, leases: [{ ...lease, contested: false }] }, older);
  expect(older.said).toEqual([]);
  expect(drains(older)).toEqual([]);
  expect(Object.keys((JSON.parse((await redis.hget(STATE, 'json')) ?? '{}') as PoolState).leases)).toEqual([
    desired.id,
  ]);
});

it('says its version in state, jobs, desired leases and sweeps; a node that says none is heard', async () => {
  const one = worker();
  await see({}, one);
  const sent: Sweep[] = [];
  const send = createSweepSender({
    append: async (sweep) => {
      sent.push(sweep);
      return append(redis, sweep);
    },
    wake: async () => {},
    onError: (error) => expect.fail(String(error)),
  });
  send(sweepOf('a', await brokerTime(redis, 'logs'), FROZEN));
  await see(FROZEN, one);
  expect(sent.map(({ version }) => version)).toEqual([FORMAT_VERSION]);
  expect(one.jobs.map(({ version }) => version)).toEqual([FORMAT_VERSION, FORMAT_VERSION]);
  await applied(one);
  expect((await readDesiredLeases(redis, 'logs')).map(({ version }) => version)).toEqual([FORMAT_VERSION]);
  expect((JSON.parse((await redis.hget(STATE, 'json')) ?? '{}') as PoolState).version).toBe(FORMAT_VERSION);
  expect((await readOutbox(redis, 'logs')).size).toBe(0);
});

it('what stands in the broker as the desk has records alone, which a worker of the version before can compare', async () => {
  await append(redis, sweepOf('a', await brokerTime(redis, 'logs'), FROZEN));
  await worker().evaluate();
  const { version, since, begun, ...parts } = JSON.parse(String(await redis.hget(STATE, 'desk')));
  expect([typeof version, typeof since, Array.isArray(begun)]).toEqual(['number', 'number', true]);
  expect(Object.values(parts).every((part) => typeof part === 'object' && part !== null)).toBe(true);
  expect(Number(await redis.hget(STATE, 'incident-number'))).toBeGreaterThan(0);
});
