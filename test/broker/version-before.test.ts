/**
 * What the last version that knew no versions has left in a broker, read by this one, kind by kind. The case was written by its
 * real processes: `npm run upgrade -- workers-first --dump test/cases/upgrade/a158b16.json`.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSlackStandIn } from '../../lab/slack/stand-in.ts';
import { type BrokerDump, restoreBroker } from '../../lab/upgrade/dump.ts';
import { readAudit } from '../../src/broker/audit.ts';
import { append, readAfter } from '../../src/broker/entries/stream.ts';
import { readDeliveries, readIncidents, readThreads, readTrend } from '../../src/broker/incidents.ts';
import { jobIdOf, openQueue } from '../../src/broker/queues.ts';
import { readDecision, readDecisions, readDesiredLeases, readHoldList, readVersion } from '../../src/broker/store.ts';
import { brokerTime } from '../../src/broker/time/clock.ts';
import { parseConfig } from '../../src/config/load.ts';
import { FORMAT_VERSION } from '../../src/model/entries/version.ts';
import { openChannels } from '../../src/operations/destinations.ts';
import { readSilences } from '../../src/operations/requests/silences.ts';
import { rulesInForce } from '../../src/operations/rules-in-force.ts';
import { readPoolState } from '../../src/operations/stored.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import { createMetrics } from '../../src/tell/metrics.ts';
import { evaluatePool } from '../../workers/evaluation/evaluate.ts';
import { openNotifiers, TELL_PACE } from '../../workers/notifications/destinations.ts';
import { startMessages } from '../../workers/notifications/messages.ts';
import { startTelling } from '../../workers/notifications/notifications.ts';
import { HEALTHY, poolOf, poolYaml, sweepOf, tableOf } from '../support/pool.ts';
import { startSteppedRedis } from '../support/stepped-redis.ts';
import { harnessOn } from '../workers/evaluate-fixture.ts';

const CASE = JSON.parse(readFileSync(join(import.meta.dirname, '../cases/upgrade/a158b16.json'), 'utf8')) as BrokerDump;
const CHANNEL = '#bench';

let redis: Redis;
const closers: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  const server = await startSteppedRedis();
  await server.step((CASE.at - Date.now()) / 1_000);
  redis = new Redis(server.path, { maxRetriesPerRequest: null });
  closers.push(
    () => server.stop(),
    () => redis.disconnect(),
  );
  await restoreBroker(redis, CASE);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function configWith(slackUrl: string) {
  const tell = `tell:\n  limit: 500/1m\n  slack: {token: xoxb-bench, channel: "${CHANNEL}", api_url: "${slackUrl}"}\n`;
  const text = `${poolYaml()}${tell}`;
  return parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: false });
}
const config = configWith('http://127.0.0.1:9/api/');

/** The ids of the case: who waits, and who holds. */
async function stored() {
  const state = (await readPoolState(redis, 'logs'))?.state;
  if (state === undefined) expect.fail('the state cannot be read');
  return { state, asked: Object.keys(state.waiting)[0] ?? '', drained: Object.keys(state.leases)[0] ?? '' };
}

it('has state, decisions, leases, holds and silences, and says no version', async () => {
  const { asked, drained } = await stored();
  const status = (await readStatus(redis, config)).pools[0];
  expect(await readVersion(redis, 'logs')).toBe(1);
  expect(status?.waiting).toMatchObject([{ id: asked, action: 'set_weight', target: 'a', weight: 50, rule: 'asks' }]);
  expect(status?.leases).toMatchObject([{ id: drained, member: 'b', weight: 0, reason: 'a new disk' }]);
  expect(await readDesiredLeases(redis, 'logs')).toMatchObject([{ id: drained, member: 'b', weight: 0 }]);
  expect(status?.holds).toMatchObject([{ scope: { kind: 'rule', name: 'held' }, reason: 'not now' }]);
  expect(await readHoldList(redis, 'logs')).toMatchObject({ live: [{ reason: 'not now' }], ended: [] });
  expect(await readSilences(redis, config)).toMatchObject([{ matcher: { rule: 'quiet' }, reason: 'known' }]);
  const decisions = (await readDecisions(redis, 'logs', 10)).map(({ id, state }) => `${id} ${state}`);
  expect(decisions).toEqual(expect.arrayContaining([`${asked} waiting`, `${drained} verified`]));
});

it('has incidents, threads, what was told, rules, audit, the course and entries', async () => {
  const [incident] = await readIncidents(redis, 'logs', 10);
  const threads = await readThreads(redis, 'logs', 10);
  expect(incident).toMatchObject({ rule: 'asks', target: 'a', title: expect.stringContaining('asks for less weight') });
  expect(threads.map(({ id }) => id)).toContain(incident?.thread);
  expect([...(await readDeliveries(redis, 'logs')).keys()]).toContain(`${incident?.thread}|slack:${CHANNEL}`);
  expect((await rulesInForce(redis))?.ruleSet.rules.map(({ name }) => name).sort()).toEqual([
    ...['asks', 'held', 'member-unwritable', 'quiet'],
  ]);
  const kept = CASE.keys['weir:{logs}:audit'];
  expect(await readAudit(redis, 'logs')).toHaveLength(kept?.type === 'stream' ? kept.value.length : -1);
  expect((await readTrend(redis, 'logs', 0)).length).toBeGreaterThan(0);
  const kinds = (await readAfter(redis, 'logs', '0-0', 100)).map(({ body }) => body.kind);
  expect(kinds).toContain('sweep');
  expect(kinds).not.toContain('unreadable');
});

it('goes on: the hold and the silence are in force, the answer is taken, the lease stays, nothing is done or told again', async () => {
  const { state, asked, drained } = await stored();
  const rules = (await rulesInForce(redis))?.ruleSet;
  if (rules === undefined) expect.fail('no rules are in force');
  const deps = harnessOn(redis, {
    ruleSet: async () => rules,
    health: () => ({ runId: state.brokerRunId, evicts: false, troubles: [] }),
    brokerNow: () => brokerTime(redis, 'logs'),
  });
  const wanted = state.leases[drained];
  if (wanted === undefined) expect.fail('no lease is in force');
  const { id, member, weight, until, owner } = wanted;
  const lease = { id, member, weight, until, owner, base: 100, contested: false };
  const see = async (depth: number) => {
    for (const node of ['a', 'b']) {
      const members = { a: { ...HEALTHY, queue_depth: depth }, b: { ...HEALTHY, queue_depth: 0 } };
      const held = { members, table: tableOf({ a: 100, b: 0 }), leases: [lease] };
      await append(redis, sweepOf(node, await brokerTime(redis, 'logs'), held));
    }
    await evaluatePool(poolOf(), deps);
  };
  await see(10);
  expect(deps.delivered).toEqual([]);
  await append(redis, {
    ...{ kind: 'answer', pool: 'logs', decision: asked, by: 'ann@x', via: 'terminal', answer: 'deny' },
  });
  for (let seconds = 0; seconds < 2; seconds += 1) {
    await see(200);
    await sleep(1_100);
  }
  await see(200);

  expect(await readVersion(redis, 'logs')).toBe(FORMAT_VERSION);
  expect(await readDecision(redis, 'logs', asked)).toMatchObject({ state: 'denied' });
  const held = (await readDecisions(redis, 'logs', 10)).find(({ rule }) => rule === 'held');
  expect([held?.verdict, held?.rails.at(-1)?.rail]).toEqual(['refuse', 'hold']);
  const quiet = (await readIncidents(redis, 'logs', 10)).find(({ rule }) => rule === 'quiet');
  expect(quiet?.silencedBy).toBe((await readSilences(redis, config))[0]?.id);
  expect(Object.keys((await stored()).state.leases)).toEqual([drained]);
  expect(deps.delivered.filter(({ queue }) => queue === 'act')).toEqual([]);
  const told = deps.delivered.flatMap(({ queue, data }) => (queue === 'show' ? [data.thread] : []));
  expect(told).not.toContain(quiet?.thread);
  expect(deps.aside).toEqual([]);
});

it('has jobs: what waits in tell and show is told once, and a job that was done is known', async () => {
  const slack = await startSlackStandIn({ botToken: 'xoxb-bench' });
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const own = configWith(slack.apiUrl);
  const channels = await openChannels(own.tell);
  const notifiers = await openNotifiers(own.tell, {
    ...{ redis, channels, onError, pace: { ...TELL_PACE, slackGapMs: 1 } },
  });
  const blocking = redis.duplicate({ maxRetriesPerRequest: null });
  const [queue, showQueue, actQueue] = [
    openQueue(redis, 'messages'),
    openQueue(redis, 'show'),
    openQueue(redis, 'act-b'),
  ];
  const parts = { redis, blocking, config: own, notifiers, metrics: createMetrics(), onError };
  const messages = startMessages({ ...parts, queue: queue as never, onFailed: () => (_job, error) => onError(error) });
  const telling = startTelling({
    ...parts,
    ...{ queue: showQueue as never, courseMs: 3_600_000, status: () => readStatus(redis, own) },
  });
  closers.push(
    () => slack.stop(),
    () => Promise.all([queue, showQueue, actQueue].map((one) => one.close())),
    () => blocking.disconnect(),
    () => telling.stop(),
    () => messages.close(),
  );

  const posted = () => slack.roots(CHANNEL).map(({ text }) => text.replace(/^\S+ /, ''));
  await expect
    .poll(() => posted().sort(), { timeout: 60_000 })
    .toEqual([expect.stringMatching(/drain b/), expect.stringMatching(/rule files (?:are not used|rejected)/i)]);
  const tell = openQueue(redis, 'tell');
  closers.push(() => tell.close());
  for (const one of [tell, queue, showQueue]) {
    await expect.poll(() => one.getJobCountByTypes('active', 'waiting', 'delayed'), { timeout: 60_000 }).toBe(0);
  }
  expect(posted()).toHaveLength(2);
  const { drained } = await stored();
  await actQueue.add('drain', {}, { jobId: jobIdOf(drained) });
  expect(await actQueue.getJobCountByTypes('active', 'waiting')).toBe(0);
  expect(errors).toEqual([]);
});
