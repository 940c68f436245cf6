/** What a person acknowledges is an incident and nothing else; its number is never given twice, whoever evaluates. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { append } from '../../../src/broker/entries/stream.ts';
import { readIncidents, readThreads } from '../../../src/broker/incidents.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { readDecisions } from '../../../src/broker/store.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import { acknowledge, trust } from '../../../src/operations/requests/acknowledge.ts';
import { askAndWait } from '../../../src/operations/requests/submit.ts';
import { storyOf } from '../../../src/operations/views/why.ts';
import type { IncidentState } from '../../../src/tell/incidents/state.ts';
import { type EvaluateDependencies, evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { FROZEN, POLICY, POLL, poolOf, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { harnessOn, stateOf } from '../../workers/evaluate-fixture.ts';

const redis = await redisOfFile();

const { state: STATE } = poolKeys('logs');

let stopped = false;
let evaluating: Promise<void> = Promise.resolve();

beforeEach(() => {
  stopped = false;
});
afterEach(async () => {
  stopped = true;
  await evaluating;
});

function worker(): EvaluateDependencies {
  return harnessOn(redis, { poll: { ...POLL, staleAfterMs: 30_000 } });
}

/** As the queue does it: again and again, until the test is over. */
function evaluate(deps: EvaluateDependencies): void {
  evaluating = (async () => {
    while (!stopped) {
      await evaluatePool(poolOf(), deps);
      await sleep(50);
    }
  })();
}

async function see(parts: Parameters<typeof sweepOf>[2], by: EvaluateDependencies): Promise<void> {
  for (const node of ['a', 'b']) await append(redis, sweepOf(node, await brokerTime(redis, 'logs'), parts));
  await evaluatePool(poolOf(), by);
}

const CONFIG = { file: 'weir.yaml', pools: { logs: poolOf() }, policy: POLICY, poll: POLL } as unknown as WeirConfig;

it('an incident whose rule acts is acknowledged by its own id; its decision leads there, and changes nothing', async () => {
  const deps = worker();
  await see(FROZEN, deps);
  await see(FROZEN, deps);
  const [decision] = await readDecisions(redis, 'logs', 1);
  const [incident] = await readIncidents(redis, 'logs', 1);
  if (decision === undefined || incident === undefined) throw new Error('it fires, and something is decided');
  expect([decision.rule, decision.target]).toEqual([incident.rule, incident.target]);
  expect(incident.id).toBe('logs-1');
  const before = await stateOf(redis);
  const said = (about: string) => acknowledge(redis, CONFIG, about, 'ann').catch((error: Error) => error.message);
  expect(await said(decision.id)).toMatch(/no incident. Its incident: `weir ack logs-1`.*`weir trust logs`/);
  expect(await said('logs')).toMatch(/logs is a pool, and no incident.*`weir trust logs`/);
  expect(await acknowledge(redis, CONFIG, undefined, 'ann')).toMatch(/^logs-1 {2}page since .*: b: /);
  // A phone begins it with a capital.
  for (const about of ['logs-1', 'Logs-1']) {
    const { decisions } = await storyOf(redis, CONFIG, { about, rule: undefined, count: 3 });
    expect(decisions).toContainEqual(decision);
  }

  evaluate(deps);
  expect(await acknowledge(redis, CONFIG, 'Logs-1', 'ann')).toMatch(/^Acknowledged by ann: b: /);
  const [thread] = await readThreads(redis, 'logs', 1);
  expect(thread).toMatchObject({ id: 'logs-1', state: 'acked', acked: { by: 'ann' } });
  const { ackedAt, strikes } = await stateOf(redis);
  expect({ ackedAt, strikes }).toEqual({ ackedAt: before.ackedAt, strikes: before.strikes });
  await expect(acknowledge(redis, CONFIG, 'logs-1', 'bob')).rejects.toThrow('ann has acknowledged it already');

  // A request has a thread too, and it is nobody's to take on.
  const asks = { kind: 'request', pool: 'logs', action: 'drain', target: 'a', by: 'bob', force: false } as const;
  const request = await askAndWait(redis, asks);
  expect(await said(request.id)).toMatch(/is a decision, and no incident/);

  expect(await trust(redis, CONFIG, 'logs', 'ann')).toContain('ann trusts the rules of pool logs again');
  expect((await stateOf(redis)).ackedAt).toBeGreaterThan(0);
});

it('two workers by turns, one of them new, never give a number twice; nor after one that counts none', async () => {
  const [one, other] = [worker(), worker()];
  const ids: string[] = [];
  const fire = async (by: EvaluateDependencies, next: EvaluateDependencies) => {
    await see(FROZEN, by);
    ids.push(...(await readIncidents(redis, 'logs', 1)).map(({ id }) => id));
    await see({}, next);
  };
  await fire(one, other);
  await fire(other, one);
  await fire(worker(), worker());
  // The version before writes a desk without the number, and has dropped what is over.
  const incidentState = JSON.parse((await redis.hget(STATE, 'desk')) ?? '{}') as IncidentState;
  const { lastNumber: _, ...before } = { ...incidentState, incidents: {}, threads: {}, timers: {} };
  await redis.hset(STATE, 'desk', JSON.stringify(before));
  await redis.hincrby(STATE, 'revision', 1);
  await fire(one, other);
  await fire(worker(), one);
  expect(ids).toEqual(['logs-1', 'logs-2', 'logs-3', 'logs-4', 'logs-5']);
});

it('an incident of the version before has the id of its decision: it is what is acknowledged', async () => {
  const deps = worker();
  await see(FROZEN, deps);
  const [incident] = await readIncidents(redis, 'logs', 1);
  const long = `${incident?.episode}.${incident?.rule}.${incident?.target}`;
  expect((await readDecisions(redis, 'logs', 10)).map(({ id }) => id)).toContain(long);
  // The broker as that version left it.
  const keys = poolKeys('logs');
  const renamed = (json: string | null) => {
    const text = (json ?? '').replaceAll('"logs-1"', JSON.stringify(long));
    return text.replace(/"episode":"[^"]*",("pool")/g, '$1').replace(/,"lastNumber":\d+/, '');
  };
  await redis.hset(STATE, 'desk', renamed(await redis.hget(STATE, 'desk')));
  await redis.hdel(STATE, 'incident-number');
  for (const hash of [keys.incidents, keys.threads]) {
    await redis.hset(hash, long, renamed(await redis.hget(hash, 'logs-1')));
    await redis.hdel(hash, 'logs-1');
  }
  for (const list of [keys.incidentIds, keys.threadIds]) await redis.lset(list, 0, long);
  const upgraded = worker();
  await see(FROZEN, upgraded);
  evaluate(upgraded);
  expect(await acknowledge(redis, CONFIG, long, 'ann')).toMatch(/^Acknowledged by ann/);
  expect((await stateOf(redis)).ackedAt).toBe(0);
  const open = (await readIncidents(redis, 'logs', 10)).filter(({ resolvedAt }) => resolvedAt === undefined);
  expect(open.map(({ id }) => id)).toEqual([long]);
});
