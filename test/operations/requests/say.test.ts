/** What a person is told of a word: it counts when it stands in the pool's state, and not before. With a real Redis. */

import { beforeEach, describe, expect, it } from 'vitest';
import { append } from '../../../src/broker/entries/stream.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import type { HoldRequest } from '../../../src/model/entries/requests.ts';
import { sayAndWait, type Word } from '../../../src/operations/requests/say.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { poolOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { evaluatedAgo, harnessOn, stateOf, sweepNow } from '../../workers/evaluate-fixture.ts';

const redis = await redisOfFile();

const HOUR = 3_600_000;
const holdOn = (pool: string): HoldRequest => ({
  ...{ kind: 'hold', pool, scope: { kind: 'pool' }, by: 'ann@x', reason: 'cables', holdMs: HOUR },
});

beforeEach(async () => {
  for (const pool of ['logs', 'other']) {
    await sweepNow(redis, {}, pool);
    await evaluate(pool);
  }
});

const evaluate = (pool = 'logs') => evaluatePool({ ...poolOf(), name: pool }, harnessOn(redis));

/** Says it, and lets a worker read it once it stands on the stream. */
async function say(words: readonly Word[], meanwhile: () => Promise<unknown>, withinMs?: number): Promise<string> {
  const before = await redis.xlen(poolKeys('logs').stream);
  const saying = sayAndWait(redis, words, withinMs === undefined ? {} : { withinMs }).then(
    () => 'it counts',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
  await expect.poll(() => redis.xlen(poolKeys('logs').stream)).toBeGreaterThan(before);
  await meanwhile();
  return saying;
}

/** As a worker that has read everything and folded nothing: one of a version before, after a gap. */
async function pass(): Promise<void> {
  const [[last] = []] = await redis.xrevrange(poolKeys('logs').stream, '+', '-', 'COUNT', 1);
  await redis.hset(poolKeys('logs').state, {
    cursor: last,
    json: JSON.stringify({ ...(await stateOf(redis)), cursor: last }),
  });
}

const WORDS: readonly (readonly [string, Word])[] = [
  ['a hold', holdOn('logs')],
  ['a resume', { kind: 'resume', pool: 'logs', scope: { kind: 'pool' }, by: 'ann@x' }],
  ['an ack', { kind: 'ack', pool: 'logs', by: 'ann@x' }],
  ['a silence', { kind: 'silence', pool: 'logs', matcher: {}, by: 'ann@x', reason: 'r', silenceMs: HOUR }],
];

describe('a word', () => {
  it.each(WORDS)('%s counts once a worker has folded it', async (_, word) => {
    expect(await say([word], evaluate)).toBe('it counts');
  });

  it.each(WORDS.filter(([, { kind }]) => kind !== 'resume'))('%s that was passed over does not', async (_, word) => {
    expect(await say([word], pass)).toMatch(/^refused: Not .* in logs, though a worker has read it/);
  });

  it('that takes a hold away counts when there is none, and not when there still is one', async () => {
    const resume: Word = { kind: 'resume', pool: 'logs', scope: { kind: 'pool' }, by: 'ann@x' };
    await append(redis, holdOn('logs'));
    await evaluate();
    expect(await say([resume], pass)).toMatch(/^refused: Hold not removed in logs/);
    expect(await say([resume], evaluate)).toBe('it counts');
    expect((await stateOf(redis)).holds).toEqual({});
  });

  it('that takes a silence away counts when it is gone', async () => {
    const id = await append(redis, WORDS[3]?.[1] as Word);
    await evaluate();
    const end: Word = { kind: 'unsilence', pool: 'logs', id, by: 'ann@x' };
    expect(await say([end], pass)).toMatch(/^refused: Silence not ended in logs/);
    expect(await say([end], evaluate)).toBe('it counts');
  });

  it('that no worker reads does not count yet, and the person hears it', async () => {
    const told = await say([holdOn('logs')], async () => undefined, 300);
    expect(told).toMatch(/^unreachable: Not held yet in logs: no worker has read it; is `weir worker` running\?/);
  });

  it('of a pool that nobody evaluates keeps it from no other pool', async () => {
    const told = await say([holdOn('logs'), holdOn('other')], () => evaluate('other'), 1_000);
    expect(told).toMatch(/Not held yet in logs: .* It counts in other\.$/);
    expect(Object.keys((await stateOf(redis, 'other')).holds)).toEqual(['pool']);
  });

  it('that was said in a gap of the evaluation counts when a worker is back', async () => {
    await evaluatedAgo(redis, 60_000);
    const told = await say([holdOn('logs')], async () => {
      await sweepNow(redis);
      await evaluate();
    });
    expect(told).toBe('it counts');
    expect((await stateOf(redis)).settleReason).toContain('gap');
  });
});
