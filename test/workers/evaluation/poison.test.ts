/** One bad entry, and one bad value, stop nobody: the real evaluation on a real Redis. */

import { beforeEach, describe, expect, it } from 'vitest';
import { readAlive } from '../../../src/broker/alive.ts';
import { readThreads } from '../../../src/broker/incidents.ts';
import { ALIVE_KEY, poolKeys } from '../../../src/broker/keys.ts';
import { readDesiredLeases, readState } from '../../../src/broker/store.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import type { Judge } from '../../../src/model/decisions/rail.ts';
import { readStatus } from '../../../src/operations/views/status.ts';
import { judge } from '../../../src/rails/index.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { actJob } from '../../../workers/node/act.ts';
import { brokerNow } from '../../support/clock.ts';
import { FROZEN, POLICY, POLL, poolOf, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { appendAgo, evaluatedAgo, harnessOn, stateOf, sweepNow } from '../evaluate-fixture.ts';

const redis = await redisOfFile();

beforeEach(async () => {
  await sweepNow(redis);
  await evaluate();
});

async function evaluate(parts: Parameters<typeof harnessOn>[1] = {}, pool = 'logs') {
  const deps = harnessOn(redis, parts);
  await evaluatePool({ ...poolOf(), name: pool }, deps);
  return deps;
}

/** A sweep as a node of another version sends it. */
async function badSweep(pool = 'logs'): Promise<string> {
  const { leases: _, ...old } = sweepOf('a', await brokerNow(redis), { pool });
  return appendAgo(redis, 0, old, pool);
}

const titles = async () => (await readThreads(redis, 'logs', 50)).map(({ title }) => title);

describe('an entry that cannot be read', () => {
  it('makes time pass, is counted, and is told once per writer', async () => {
    const id = await badSweep();
    expect((await evaluate()).aside).toEqual(['a']);
    expect((await stateOf(redis)).cursor).toBe(id);
    for (let i = 0; i < 5; i += 1) await badSweep();
    await appendAgo(redis, 0, { kind: 'weather', pool: 'logs', by: 'zoe' });
    expect((await evaluate()).aside).toEqual(['a', 'a', 'a', 'a', 'a', 'zoe']);
    const told = (await titles()).filter((title) => title.includes('cannot read'));
    expect(told.sort()).toEqual([
      'Entry set aside: this worker cannot read what a wrote',
      'Entry set aside: this worker cannot read what zoe wrote',
    ]);
  });

  it('stops no decision on what others see', async () => {
    await badSweep();
    await sweepNow(redis, FROZEN);
    expect((await evaluate()).delivered.some(({ queue }) => queue === 'act')).toBe(true);
  });

  it('is no obstacle however many there are in a row', async () => {
    for (let i = 0; i < 501; i += 1) await redis.xadd(poolKeys('logs').stream, '*', 'e', '{torn');
    await sweepNow(redis, FROZEN);
    const deps = await evaluate();
    expect(deps.aside).toHaveLength(501);
    expect(deps.delivered.some(({ queue }) => queue === 'act')).toBe(true);
  });

  it('in a gap is told as well', async () => {
    await evaluatedAgo(redis, 60_000);
    await appendAgo(redis, 40_000, { kind: 'hold', pool: 'logs', by: 'ann@x' });
    await sweepNow(redis);
    expect((await evaluate()).aside).toEqual(['ann@x']);
  });
});

describe('an entry that throws where it is folded', () => {
  /** Judges as the rails do, and throws where there is something to decide, as often as said. */
  const faulty = (times: number): Judge => {
    let left = times;
    return (...parts) => {
      left -= 1;
      if (left >= 0) throw new Error('no such number');
      return judge(...parts);
    };
  };

  it('is set aside with its error, and the next one is folded', async () => {
    // Two sweeps: the first one that has evidence throws, the next one decides.
    await sweepNow(redis, FROZEN);
    await sweepNow(redis, FROZEN);
    const errors: unknown[] = [];
    const deps = await evaluate({ judge: faulty(1), onError: (error) => void errors.push(error) });
    expect(errors.map(String)).toEqual(['Error: no such number']);
    expect(deps.aside).toHaveLength(1);
    expect(deps.delivered.some(({ queue }) => queue === 'act')).toBe(true);
    const [thread] = (await readThreads(redis, 'logs', 50)).filter(({ title }) => title.includes('cannot read'));
    expect(JSON.stringify(thread?.items)).toContain('folding it failed: no such number');
  });

  it('again and again: it is evaluated, and nobody says that all is well', async () => {
    await redis.del(poolKeys('logs').alive, ALIVE_KEY);
    await sweepNow(redis, FROZEN);
    await evaluate({ judge: faulty(1_000), onError: () => undefined });
    expect(await readAlive(redis, ['logs'])).toEqual(new Map([['logs', false]]));
    await sweepNow(redis);
    await evaluate();
    expect(await readAlive(redis, ['logs'])).toEqual(new Map([['logs', true]]));
  });

  it('whatever it is, for the fault is in the state: nothing is committed, nobody says that all is well', async () => {
    const { cursor, ...rest } = await stateOf(redis);
    await redis.hset(poolKeys('logs').state, { json: JSON.stringify({ ...rest, cursor, holds: { pool: null } }) });
    await redis.hincrby(poolKeys('logs').state, 'revision', 1);
    await redis.del(poolKeys('logs').alive, ALIVE_KEY);
    await sweepNow(redis);
    await expect(evaluate()).rejects.toThrow();
    expect((await stateOf(redis)).cursor).toBe(cursor);
    expect(await readAlive(redis, ['logs'])).toEqual(new Map([['logs', false]]));
  });
});

describe('the sign of life', () => {
  const config = { pools: { logs: poolOf(), other: { ...poolOf(), name: 'other' } }, policy: POLICY, poll: POLL };

  it('is each pool its own: another one does not hide that this one is not evaluated', async () => {
    await redis.del(poolKeys('logs').alive, ALIVE_KEY);
    await sweepNow(redis, {}, 'other');
    await evaluate({}, 'other');
    expect(await readAlive(redis, ['logs', 'other'])).toEqual(
      new Map([
        ['logs', false],
        ['other', true],
      ]),
    );
    const { troubles } = await readStatus(redis, config as unknown as Parameters<typeof readStatus>[1]);
    expect(troubles.join()).toContain('No worker has evaluated a rule of logs for 30 s');
  });

  it('of a worker of a version before counts for every pool, and that version sees one of this', async () => {
    await redis.flushall();
    await redis.set(ALIVE_KEY, String(Date.now()), 'EX', 30);
    expect(await readAlive(redis, ['logs', 'other'])).toEqual(
      new Map([
        ['logs', true],
        ['other', true],
      ]),
    );
    await sweepNow(redis);
    await evaluate();
    expect(await redis.exists(ALIVE_KEY)).toBe(1);
    expect(await readAlive(redis, ['logs', 'other'])).toEqual(
      new Map([
        ['logs', true],
        ['other', false],
      ]),
    );
  });
});

describe('a value in the broker that is none', () => {
  it.each(['{torn', 'null', '[]', '{"version":1}'])(
    'a state: the pool is begun anew, and people hear of it: %s',
    async (json) => {
      await redis.hset(poolKeys('logs').state, { json });
      await redis.hincrby(poolKeys('logs').state, 'revision', 1);
      await sweepNow(redis);
      await evaluate();
      expect((await stateOf(redis)).settleReason).toMatch(/cannot be read, and Weir begins it anew/);
      expect((await titles()).join()).toMatch(/begins it anew/);
    },
  );

  it('a desk: telling is begun anew, the state stays', async () => {
    const before = await stateOf(redis);
    await redis.hset(poolKeys('logs').state, { desk: '{"version":1}' });
    await redis.hincrby(poolKeys('logs').state, 'revision', 1);
    await sweepNow(redis, FROZEN);
    await evaluate();
    expect((await stateOf(redis)).settlesAt).toBe(before.settlesAt);
    expect((await readState(redis, 'logs'))?.incidentJson).toContain('"silences"');
  });

  it('in the outbox is dropped and named, and what is behind it is delivered', async () => {
    const errors: unknown[] = [];
    await redis.hset(poolKeys('logs').outbox, { 'act/a/0': '{torn', 'act/a/1': '{"queue":"nowhere"}' });
    await sweepNow(redis, FROZEN);
    const deps = await evaluate({ onError: (error) => void errors.push(error) });
    expect(errors.map(String).join()).toMatch(/Dropped from the outbox of logs: act\/a\/0 is no.*act\/a\/1 is no/s);
    expect(deps.delivered.some(({ queue }) => queue === 'act')).toBe(true);
    expect(await redis.hlen(poolKeys('logs').outbox)).toBe(0);
  });

  it('a decision that an outcome is about is as one that is not on record', async () => {
    await redis.hset(poolKeys('logs').decisions, { '1-0.r.b': '{torn' });
    const about = { kind: 'outcome', pool: 'logs', decision: '1-0.r.b', node: 'a', member: 'b', at: 1 };
    await appendAgo(redis, 0, { ...about, result: 'applied', detail: '' });
    expect((await evaluate()).aside).toEqual([]);
  });

  it('a desired lease that cannot be read is passed over and named, the others are read', async () => {
    const lease = { id: '1-0.r.b', pool: 'logs', member: 'b', weight: 0, until: 9, owner: 'rule:r', reason: 'x' };
    await redis.hset(poolKeys('logs').leases, { x: '{torn', y: '{"id":"y"}', [lease.id]: JSON.stringify(lease) });
    const named: string[] = [];
    expect(await readDesiredLeases(redis, 'logs', (ids) => void named.push(...ids))).toEqual([lease]);
    expect(named.sort()).toEqual(['x', 'y']);
  });
});

describe('a job that a node cannot read', () => {
  const deps = (said: Outcome[]) => ({
    runJob: () => Promise.reject(new Error('it must not come to the hand')),
    report: (outcome: Outcome) => void said.push(outcome),
    now: () => 5,
  });

  it('is refused, and the pool hears what is wrong', async () => {
    const said: Outcome[] = [];
    const data = { decision: '1-0.r.b', pool: 'logs', node: 'a', member: 'b', action: 'explode' };
    await actJob({ data } as unknown as Parameters<typeof actJob>[0], undefined, deps(said));
    expect(said).toMatchObject([
      { result: 'refused', decision: '1-0.r.b', node: 'a', detail: expect.stringContaining('cannot read the job') },
    ]);
  });

  it('and does not say whose it is: nobody is told, nothing is done', async () => {
    const said: Outcome[] = [];
    await actJob({ data: null } as unknown as Parameters<typeof actJob>[0], undefined, deps(said));
    expect(said).toEqual([]);
  });
});
