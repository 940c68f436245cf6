import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { append, appendTick, readAfter } from '../../src/broker/entries/stream.ts';
import { checkBroker } from '../../src/broker/health.ts';
import { poolKeys } from '../../src/broker/keys.ts';
import { type EvaluateJob, openQueue, openWorker, wake } from '../../src/broker/queues.ts';
import {
  type Commit,
  commit,
  readDecisions,
  readDesiredLeases,
  readOutbox,
  readState,
  removeFromOutbox,
} from '../../src/broker/store.ts';
import { createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import { sweepOf } from '../support/pool.ts';
import { redisOfFile } from '../support/redis-of-file.ts';
import { START } from '../support/world.ts';

const redis = await redisOfFile();

function decision(id: string, state: Decision['state'] = 'open'): Decision {
  return {
    id,
    pool: 'logs',
    at: START,
    rule: 'r',
    ruleText: '',
    ruleSetHash: 'h',
    target: 'b',
    action: 'drain',
    by: 'rule:r',
    reason: '',
    verdict: 'act',
    rails: [],
    values: {},
    state,
    nodes: [],
    outcomes: [],
    history: [],
  };
}

function input(parts: Partial<Commit>): Commit {
  return {
    version: 2,
    readCursor: '',
    cursor: '1-0',
    stateJson: '{}',
    outbox: [],
    decisions: [],
    desired: [],
    audit: [],
    holds: { live: [], ended: [] },
    forgotten: [],
    ...parts,
  };
}

const LEASE = { id: '1-0.r.b', pool: 'logs', member: 'b', weight: 0, until: START, owner: 'rule:r', reason: '' };

describe('the commit', () => {
  it('of an older version than has ever been there writes nothing', async () => {
    expect(await commit(redis, 'logs', input({ version: 3 }))).toBeDefined();
    const older = input({ version: 2, readCursor: '1-0', cursor: '2-0' });
    expect(await commit(redis, 'logs', older)).toBeUndefined();
    expect((await readState(redis, 'logs'))?.cursor).toBe('1-0');
    expect(await commit(redis, 'logs', { ...older, version: 3 })).toBeDefined();
  });

  it('writes everything at once when the cursor is the one that was read', async () => {
    const show = { queue: 'show' as const, id: 'n1', data: { pool: 'logs', thread: 't', place: 'slack:#x' } };
    expect(
      await commit(redis, 'logs', input({ outbox: [show], decisions: [decision('1-0.r.b')], desired: [LEASE] })),
    ).toBe(1);
    expect(await readState(redis, 'logs')).toMatchObject({ cursor: '1-0', json: '{}' });
    expect([...(await readOutbox(redis, 'logs')).values()]).toEqual([show]);
    expect((await readDecisions(redis, 'logs', 10)).map((one) => one.id)).toEqual(['1-0.r.b']);
    expect(await readDesiredLeases(redis, 'logs')).toEqual([{ ...LEASE, version: 2 }]);
  });

  it('writes nothing when somebody else has committed since: a frozen worker that wakes late changes nothing', async () => {
    await commit(redis, 'logs', input({}));
    await commit(redis, 'logs', input({ readCursor: '1-0', cursor: '2-0', stateJson: '{"n":2}' }));
    const late = input({ readCursor: '1-0', cursor: '3-0', stateJson: '{"n":3}', decisions: [decision('3-0.r.b')] });
    expect(await commit(redis, 'logs', late)).toBeUndefined();
    expect(await readState(redis, 'logs')).toMatchObject({ cursor: '2-0', json: '{"n":2}' });
    expect(await readDecisions(redis, 'logs', 10)).toEqual([]);
  });

  it('changes a decision in place and forgets what is told to be forgotten', async () => {
    await commit(redis, 'logs', input({ decisions: [decision('1-0.r.b')], desired: [LEASE] }));
    const later = input({
      readCursor: '1-0',
      cursor: '2-0',
      decisions: [decision('1-0.r.b', 'verified'), decision('2-0.r.a')],
      forgotten: [LEASE.id],
    });
    await commit(redis, 'logs', later);
    expect((await readDecisions(redis, 'logs', 10)).map((one) => [one.id, one.state])).toEqual([
      ['2-0.r.a', 'open'],
      ['1-0.r.b', 'verified'],
    ]);
    expect(await readDesiredLeases(redis, 'logs')).toEqual([]);
  });

  it('keeps what stands in the outbox until it is struck off', async () => {
    const show = { queue: 'show' as const, id: 'n1', data: { pool: 'logs', thread: 't', place: 'slack:#x' } };
    await commit(redis, 'logs', input({ outbox: [show] }));
    const items = await readOutbox(redis, 'logs');
    await removeFromOutbox(redis, 'logs', [...items.keys()]);
    expect((await readOutbox(redis, 'logs')).size).toBe(0);
  });
});

describe('the stream', () => {
  it('gives back what was appended, in order, after a cursor', async () => {
    const first = await append(redis, sweepOf('a', START));
    await append(redis, { kind: 'tick', pool: 'logs' });
    expect((await readAfter(redis, 'logs', '0-0', 10)).map((entry) => entry.body.kind)).toEqual(['sweep', 'tick']);
    expect((await readAfter(redis, 'logs', first, 10)).map((entry) => entry.body.kind)).toEqual(['tick']);
  });

  it('lets one tick a second through, whoever tries', async () => {
    const tries = await Promise.all(Array.from({ length: 8 }, () => appendTick(redis, 'logs')));
    expect(tries.filter(Boolean)).toHaveLength(1);
  });

  it('gives what is not JSON as an entry that cannot be read: a cursor passes it', async () => {
    await redis.xadd(poolKeys('logs').stream, '*', 'e', '{broken');
    await append(redis, { kind: 'tick', pool: 'logs' });
    expect((await readAfter(redis, 'logs', '0-0', 10)).map(({ body }) => body)).toEqual([
      { kind: 'unreadable', pool: 'logs', writer: 'somebody', why: 'it is no JSON' },
      { kind: 'tick', pool: 'logs' },
    ]);
  });
});

it('an evaluation of a pool never runs twice at once, and the last wake-up is never lost', async () => {
  const queue = openQueue<EvaluateJob>(redis, 'evaluate');
  let running = 0;
  let most = 0;
  let lastRunAt = 0;
  const process = async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(20);
    running -= 1;
    lastRunAt = performance.now();
    return null;
  };
  const workers = [1, 2].map(() =>
    openWorker<EvaluateJob>({ connection: redis, name: 'evaluate', process, onError: () => {} }),
  );
  let lastWakeAt = 0;
  for (let i = 0; i < 60; i += 1) {
    await wake(queue, 'logs');
    lastWakeAt = performance.now();
    await sleep(3);
  }
  await expect.poll(() => lastRunAt > lastWakeAt && running === 0, { timeout: 50_000 }).toBe(true);
  expect(most).toBe(1);
  await Promise.all(workers.map((worker) => worker.close()));
  await queue.close();
});

it('a pool that is woken while it is evaluated is evaluated once more, however often it is woken', async () => {
  const queue = openQueue<EvaluateJob>(redis, 'evaluate');
  let letGo = () => {};
  const isLetGo = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let begun = 0;
  const process = async () => {
    begun += 1;
    await isLetGo;
    return null;
  };
  const worker = openWorker<EvaluateJob>({ connection: redis, name: 'evaluate', process, onError: () => {} });
  await wake(queue, 'logs');
  await expect.poll(() => begun).toBe(1);
  for (let time = 0; time < 3; time += 1) await wake(queue, 'logs');
  letGo();
  await expect.poll(() => begun).toBe(2);
  await expect.poll(() => queue.getJobCountByTypes('waiting', 'active')).toBe(0);
  expect(begun).toBe(2);
  await worker.close();
  await queue.close();
});

it('the clock is broker time and goes on without the broker', async () => {
  let monotonic = 0;
  const clock = createBrokerClock(() => lookAtTime(redis, 'logs'), { monotonic: () => monotonic });
  const timeThere = async () => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1_000 + Number(micros) / 1_000;
  };
  const earliest = await timeThere();
  await clock.sync();
  // To the millisecond, however slow the way is.
  expect(clock.now()).toBeGreaterThanOrEqual(Math.floor(earliest));
  expect(clock.now()).toBeLessThanOrEqual(Math.ceil(await timeThere()));
  const before = clock.now();
  monotonic += 5_000;
  expect(clock.now() - before).toBe(5_000);
});

describe('the look at the broker', () => {
  it('finds an eviction policy and a broker that forgets', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const health = await checkBroker(redis);
    expect(health.evicts).toBe(true);
    expect(health.troubles.join(' ')).toMatch(/maxmemory-policy is allkeys-lru.*appendonly/s);
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.config('SET', 'appendonly', 'yes');
    await expect.poll(async () => (await checkBroker(redis)).troubles, { timeout: 50_000 }).toEqual([]);
    await redis.config('SET', 'appendonly', 'no');
  });
});
