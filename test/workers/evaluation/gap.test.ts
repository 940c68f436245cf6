/** What was said, done and told while nobody evaluated: the real evaluation on a real Redis. */

import { describe, expect, it } from 'vitest';
import { append, readWords, trim } from '../../../src/broker/entries/stream.ts';
import { readThreads } from '../../../src/broker/incidents.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { readDecision, readDecisions } from '../../../src/broker/store.ts';
import { readIncidentState } from '../../../src/operations/requests/silences.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { brokerNow } from '../../support/clock.ts';
import { FROZEN, POLICY, poolOf, sweepOf, tableOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { appendAgo, evaluatedAgo, harnessOn, stateOf, sweepNow } from '../evaluate-fixture.ts';

const DRAINED = { ...FROZEN, table: tableOf({ a: 100, b: 0 }) };
const HOUR = 3_600_000;
const POOL = { kind: 'pool' } as const;
const HOLD = { kind: 'hold', pool: 'logs', scope: POOL, by: 'ann@x', reason: 'I pull cables', holdMs: HOUR } as const;

const redis = await redisOfFile();

const evaluate = async () => {
  const deps = harnessOn(redis);
  await evaluatePool(poolOf(), deps);
  return deps;
};

async function begun(): Promise<void> {
  await sweepNow(redis);
  await evaluate();
}

/** As if the pool's cursor had been there; what is appended after it is in the gap. */
const away = (ms: number) => evaluatedAgo(redis, ms);

describe('in a gap of the evaluation', () => {
  it('a hold counts, from when it was said', async () => {
    await begun();
    await away(60_000);
    const id = await appendAgo(redis, 40_000, HOLD);
    await sweepNow(redis);
    await evaluate();
    const { holds, settleReason } = await stateOf(redis);
    expect(settleReason).toContain('gap');
    expect(holds.pool).toMatchObject({ by: 'ann@x', until: Number(id.split('-')[0]) + HOUR });
  });

  it('a worker whose machine was paused does not know how late it is: the stream says it, and nothing is decided on history', async () => {
    await begun();
    await away(60_000);
    for (const ago of [50_000, 49_000]) {
      for (const node of ['a', 'b'])
        await appendAgo(redis, ago, sweepOf(node, (await brokerNow(redis)) - ago, { ...FROZEN }));
    }
    await appendAgo(redis, 40_000, HOLD);
    await sweepNow(redis);
    const paused = harnessOn(redis, { brokerNow: async () => (await brokerNow(redis)) - 59_000 });
    await evaluatePool(poolOf(), paused);
    const { holds, settleReason } = await stateOf(redis);
    expect(settleReason).toContain('gap');
    expect(holds.pool).toMatchObject({ by: 'ann@x' });
    expect(paused.delivered.filter(({ queue }) => queue === 'act')).toEqual([]);
    expect(await readDecisions(redis, 'logs', 5)).toEqual([]);
  });

  it('words count in their order: a hold that was taken away again is none, one whose time is over neither', async () => {
    await begun();
    await away(120_000);
    await appendAgo(redis, 110_000, HOLD);
    await appendAgo(redis, 100_000, { ...HOLD, scope: { kind: 'member', name: 'b' }, holdMs: 20_000 });
    await appendAgo(redis, 90_000, { kind: 'resume', pool: 'logs', scope: POOL, by: 'ann@x' });
    await appendAgo(redis, 50_000, { kind: 'ack', pool: 'logs', by: 'bob@x' });
    await sweepNow(redis);
    await evaluate();
    const { holds, ackedAt, endedHolds } = await stateOf(redis);
    expect(holds).toEqual({});
    expect(Object.keys(endedHolds).some((key) => key.startsWith('pool@'))).toBe(true);
    expect((await brokerNow(redis)) - ackedAt).toBeGreaterThan(40_000);
    const titles = (await readThreads(redis, 'logs', 20)).map(({ title }) => title).join('; ');
    expect(titles).toMatch(/gap/);
    expect(titles).toMatch(/ann@x/);
  });

  it('silences and alerts count, requests and readings do not', async () => {
    await begun();
    await away(120_000);
    const silence = { kind: 'silence', pool: 'logs', matcher: {}, by: 'ann@x', reason: 'moving', silenceMs: HOUR };
    const id = await appendAgo(redis, 110_000, silence);
    const labels = { alertname: 'Fire' };
    const alert = { fingerprint: 'f1', name: 'Fire', labels, firing: true, startsAt: 1 };
    await appendAgo(redis, 100_000, { kind: 'alerts', pool: 'logs', alerts: [alert] });
    await appendAgo(redis, 90_000, {
      kind: 'request',
      pool: 'logs',
      action: 'drain',
      target: 'b',
      by: 'x',
      force: true,
    });
    for (const ms of [80_000, 70_000]) {
      for (const node of ['a', 'b']) await appendAgo(redis, ms, sweepOf(node, (await brokerNow(redis)) - ms, FROZEN));
    }
    await sweepNow(redis);
    const deps = await evaluate();
    expect(Object.keys((await readIncidentState(redis, 'logs'))?.silences ?? {})).toEqual([id]);
    expect(Object.keys((await stateOf(redis)).alerts ?? {})).toEqual(['f1']);
    expect(await readDecisions(redis, 'logs', 10)).toEqual([]);
    expect(deps.delivered.filter(({ queue }) => queue === 'act')).toEqual([]);
  });

  it('what a node has done is no failure: its word counts, and sweeps may still show it', async () => {
    await begun();
    await sweepNow(redis, FROZEN);
    const deps = await evaluate();
    const id = deps.delivered.find(({ queue }) => queue === 'act')?.id as string;
    // Decided, done and then nobody evaluated for so long that every deadline has passed.
    const { open } = await stateOf(redis);
    const json = JSON.stringify({ ...(await stateOf(redis)), open: { [id]: { ...open[id], answerBy: 1 } } });
    await redis.hset(poolKeys('logs').state, { json });
    await away(90_000);
    const at = (await brokerNow(redis)) - 85_000;
    const outcome = {
      kind: 'outcome',
      pool: 'logs',
      decision: id,
      member: 'b',
      at,
      result: 'applied',
      detail: 'b is at 0.',
    };
    for (const node of ['a', 'b']) await appendAgo(redis, 85_000, { ...outcome, node });
    await appendAgo(redis, 0, { kind: 'tick', pool: 'logs' });
    await evaluate();
    expect(await readDecision(redis, 'logs', id)).toMatchObject({
      state: 'open',
      outcomes: [{ node: 'a' }, { node: 'b' }],
    });
    await sweepNow(redis, DRAINED);
    await evaluate();
    expect(await readDecision(redis, 'logs', id)).toMatchObject({ state: 'verified' });
    expect((await stateOf(redis)).strikes.count).toBe(0);
  });

  it('a yes is taken and the rails refuse: nothing is done on what nobody saw', async () => {
    await begun();
    const request = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann@x', force: false } as const;
    const asked = await append(redis, { ...request, ask: true });
    await sweepNow(redis);
    await evaluate();
    const id = `${asked}.request.b`;
    expect(await readDecision(redis, 'logs', id)).toMatchObject({ state: 'waiting' });
    await away(60_000);
    await appendAgo(redis, 40_000, {
      ...{ kind: 'answer', pool: 'logs', decision: id, by: 'bob@x', via: 'terminal', answer: 'approve' },
    });
    await sweepNow(redis);
    const deps = await evaluate();
    expect(await readDecision(redis, 'logs', id)).toMatchObject({ approval: { answers: [{ by: 'bob@x' }] } });
    expect(deps.delivered.filter(({ queue }) => queue === 'act')).toEqual([]);
  });
});

describe('before the first evaluation', () => {
  it('what was said counts', async () => {
    await appendAgo(redis, 600_000, HOLD);
    await sweepNow(redis);
    await evaluatePool(poolOf(), harnessOn(redis, { policy: { ...POLICY, settleMs: 60_000 } }));
    expect(Object.keys((await stateOf(redis)).holds)).toEqual(['pool']);
  });
});

describe('the stream', () => {
  it("keeps what people say when its fuse cuts it off, until it was read, and an entry of an older version's too", async () => {
    await begun();
    await away(HOUR);
    const id = await append(redis, HOLD);
    for (let i = 0; i < 300; i += 1) await append(redis, { kind: 'tick', pool: 'logs' });
    await redis.xtrim(poolKeys('logs').stream, 'MAXLEN', 10);
    await appendAgo(redis, 0, { ...HOLD, by: 'an older version' });
    const upTo = `${(await brokerNow(redis)) + 1}-0`;
    const words = await readWords(redis, 'logs', { after: '0-0', upTo });
    expect(words.map(({ body }) => (body.kind === 'hold' ? body.by : body.kind))).toEqual([
      'ann@x',
      'an older version',
    ]);
    expect(words[0]?.id).toBe(id);
    await trim(redis, 'logs', Number(id.split('-')[0]) + 1);
    expect(await redis.hlen(poolKeys('logs').words)).toBe(0);
  });

  it('trims nothing that was not read', async () => {
    const at = (await brokerNow(redis)) - 3 * HOUR;
    for (const ms of [0, HOUR, 2 * HOUR]) await appendAgo(redis, 3 * HOUR - ms, { kind: 'tick', pool: 'logs' });
    await trim(redis, 'logs', at + HOUR + 60_000);
    // By whole nodes of the stream: more may stay, never less.
    await redis.xtrim(poolKeys('logs').stream, 'MINID', String(at + 60_000 - HOUR));
    expect(await redis.xlen(poolKeys('logs').stream)).toBeGreaterThanOrEqual(2);
  });
});
