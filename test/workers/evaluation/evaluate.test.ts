import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readAudit } from '../../../src/broker/audit.ts';
import { append } from '../../../src/broker/entries/stream.ts';
import { readThreads } from '../../../src/broker/incidents.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { readDecisions, readDesiredLeases } from '../../../src/broker/store.ts';
import { verifyChain } from '../../../src/lib/audit/chain.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { brokerNow } from '../../support/clock.ts';
import { FROZEN, POLICY, poolOf, sweepOf, tableOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { harnessOn, stateOf, sweepNow } from '../evaluate-fixture.ts';

const DRAINED = { ...FROZEN, table: tableOf({ a: 100, b: 0 }) };

const redis = await redisOfFile();

const harness = (parts: Parameters<typeof harnessOn>[1] = {}) => harnessOn(redis, parts);
const sweeps = (parts: Parameters<typeof sweepNow>[1]) => sweepNow(redis, parts);
const state = () => stateOf(redis);

async function acted(): Promise<string[][]> {
  const decisions = await readDecisions(redis, 'logs', 5);
  return decisions.filter((one) => one.verdict === 'act').map((one) => [one.id, one.state]);
}

describe('the evaluation of a pool', () => {
  it('goes from sweeps to jobs, outcomes, a lease and its record', async () => {
    const deps = harness();
    await evaluatePool(poolOf(), deps);
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), deps);
    const jobs = deps.delivered.filter((item) => item.queue === 'act');
    expect(jobs.map((item) => item.node)).toEqual(['a', 'b']);
    const id = jobs[0]?.id as string;
    const outcome: Outcome = {
      kind: 'outcome',
      pool: 'logs',
      decision: id,
      node: 'a',
      member: 'b',
      at: await brokerNow(redis),
      result: 'applied',
      detail: 'b is at 0.',
    };
    await append(redis, outcome);
    await sleep(5);
    await sweeps(DRAINED);
    await evaluatePool(poolOf(), deps);
    expect(await acted()).toEqual([[id, 'verified']]);
    expect(await readDesiredLeases(redis, 'logs')).toMatchObject([{ id, member: 'b', weight: 0 }]);
    expect(await redis.exists('weir:alive')).toBe(1);
  });

  it('leaves the end of a lease in the broker for directors that are away, however often it goes on', async () => {
    const deps = harness();
    await evaluatePool(poolOf(), deps);
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), deps);
    const id = deps.delivered.find((item) => item.queue === 'act')?.id as string;
    const common = { kind: 'outcome', pool: 'logs', decision: id, node: 'a', member: 'b' } as const;
    await append(redis, { ...common, at: await brokerNow(redis), result: 'applied', detail: 'b is at 0.' });
    await sleep(5);
    await sweeps(DRAINED);
    for (let time = 0; time < 4; time += 1) {
      await evaluatePool(poolOf(), deps);
      await sweeps({ table: tableOf({ a: 100, b: 0 }) });
    }
    expect(Object.keys((await state()).ended)).toEqual([id]);
    expect(await readDesiredLeases(redis, 'logs')).toMatchObject([{ id, endedAt: expect.any(Number) }]);
  });

  it('records what was decided and what became of it, with the state or not at all', async () => {
    const deps = harness();
    await evaluatePool(poolOf(), deps);
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), deps);
    const id = deps.delivered.find((item) => item.queue === 'act')?.id as string;
    const common = { kind: 'outcome', pool: 'logs', decision: id, node: 'a', member: 'b' } as const;
    await append(redis, { ...common, at: await brokerNow(redis), result: 'applied', detail: 'b is at 0.' });
    await sleep(5);
    await sweeps(DRAINED);
    await evaluatePool(poolOf(), harness());
    const records = await readAudit(redis, 'logs');
    expect(records.map(({ writer, body }) => [writer, body.kind])).toEqual([
      ['evaluation', 'decision'], // refused for want of evidence: one node's sweep comes first
      ['evaluation', 'decision'],
      ['evaluation', 'closed'],
    ]);
    expect(records[1]?.body).toMatchObject({
      decision: { id, verdict: 'act', inputsHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(records[2]?.body).toMatchObject({ decision: id, state: 'verified' });
    expect(verifyChain(records)).toEqual([]);
    const { audit } = await state();
    expect(audit).toEqual({ seq: 3, hash: records[2]?.hash });
  });

  it('delivers what an earlier one committed and did not deliver, once', async () => {
    const errors: unknown[] = [];
    const refuse = () => Promise.reject(new Error('no'));
    const failing = harness({ deliver: refuse, onError: (error) => errors.push(error) });
    await evaluatePool(poolOf(), harness());
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), failing);
    expect(errors).not.toHaveLength(0);
    const next = harness();
    await evaluatePool(poolOf(), next);
    await evaluatePool(poolOf(), next);
    expect(
      next.delivered
        .filter((item) => item.queue === 'act')
        .map((item) => item.node)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('goes on with a state that an earlier version has written', async () => {
    await evaluatePool(poolOf(), harness());
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), harness());
    const { ruleHashes: _hashes, series: _series, ...older } = { ...(await state()), ruleSetHash: 'older' };
    await redis.hset(poolKeys('logs').state, 'json', JSON.stringify(older));
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), harness());
    expect(await state()).toMatchObject({ ruleSetHash: 'h1', series: {} });
  });

  it('reads a state that another worker has changed at the same cursor', async () => {
    const one = harness();
    await evaluatePool(poolOf(), one);
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), one);
    const settled = harness({ memory: one.memory });
    await evaluatePool(poolOf(), harness({ health: () => ({ runId: 'r2', evicts: false, troubles: [] }) }));
    const { brokerRunId } = await state();
    expect(brokerRunId).toBe('r2');
    await evaluatePool(poolOf(), settled);
    // It has seen r2 in the broker and r1 by itself, and starts the settle time anew.
    expect(await state()).toMatchObject({ brokerRunId: 'r1', settleReason: expect.stringMatching(/restarted/) });
  });

  it('commits once when two run at the same time', async () => {
    await evaluatePool(poolOf(), harness());
    await sweeps(FROZEN);
    const both = [harness(), harness()];
    await Promise.all(both.map((deps) => evaluatePool(poolOf(), deps)));
    expect(await acted()).toHaveLength(1);
    expect(await redis.hlen(poolKeys('logs').outbox)).toBe(0);
  });

  it('skips what happened while nobody evaluated, and settles anew', async () => {
    await evaluatePool(poolOf(), harness({ policy: { ...POLICY, settleMs: 60_000 } }));
    const old = await state();
    const cursor = `${(await brokerNow(redis)) - 40_000}-0`;
    await redis.hset(
      poolKeys('logs').state,
      'cursor',
      cursor,
      'json',
      JSON.stringify({ ...old, cursor, settlesAt: 0 }),
    );
    await sweeps(FROZEN);
    const deps = harness({ policy: { ...POLICY, settleMs: 60_000 } });
    await evaluatePool(poolOf(), deps);
    expect((await state()).settleReason).toContain('gap');
    expect(deps.delivered.filter((item) => item.queue === 'act')).toEqual([]);
    expect(deps.delivered.some((item) => item.queue === 'show' && item.data.thread.includes('settling'))).toBe(true);
    expect((await readThreads(redis, 'logs', 10)).map(({ title }) => title).join()).toContain('gap');
  });

  it('settles anew on another broker', async () => {
    await evaluatePool(poolOf(), harness());
    const other = harness({
      policy: { ...POLICY, settleMs: 60_000 },
      health: () => ({ runId: 'r2', evicts: false, troubles: [] }),
    });
    await sweeps(FROZEN);
    await evaluatePool(poolOf(), other);
    expect(await state()).toMatchObject({ brokerRunId: 'r2' });
    expect(other.delivered.filter((item) => item.queue === 'act')).toEqual([]);
  });

  it('batching changes nothing: one by one or all at once, the same state', async () => {
    // One clock for both: hashes of what was seen have times in them.
    const start = await brokerNow(redis);
    const run = async (each: boolean) => {
      await redis.flushall();
      await redis.hset(
        poolKeys('logs').state,
        'cursor',
        `${start - 5_000}-0`,
        'json',
        JSON.stringify({ ...(JSON.parse(seed) as PoolState), cursor: `${start - 5_000}-0`, settlesAt: 0 }),
      );
      for (const [index, parts] of [{}, FROZEN, FROZEN, DRAINED, {}].entries()) {
        for (const node of ['a', 'b']) {
          const body = sweepOf(node, start - 4_000 + index * 500, parts);
          await redis.xadd(
            poolKeys('logs').stream,
            `${start - 4_000 + index * 500}-${node === 'a' ? 1 : 2}`,
            'e',
            JSON.stringify(body),
          );
          if (each) await evaluatePool(poolOf(), harness());
        }
      }
      await evaluatePool(poolOf(), harness());
      return JSON.stringify(await state()).replaceAll(/\d{12,}/g, (ms) => String(Number(ms) - start));
    };
    await evaluatePool(poolOf(), harness());
    const seed = JSON.stringify(await state());
    expect(await run(true)).toBe(await run(false));
  });
});
