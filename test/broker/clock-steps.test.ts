import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAlive, sayAlive } from '../../src/broker/alive.ts';
import { append, appendTick } from '../../src/broker/entries/stream.ts';
import { poolKeys, QUEUE_PREFIX } from '../../src/broker/keys.ts';
import { cutLocks } from '../../src/broker/locks.ts';
import { closeGate, isFirst, takeTurn } from '../../src/broker/pace.ts';
import { createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import { entryTime } from '../../src/model/ids.ts';
import { type SteppedRedis, startSteppedRedis } from '../support/stepped-redis.ts';

let server: SteppedRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startSteppedRedis();
  redis = new Redis(server.path);
});
beforeEach(async () => {
  await server.step(0);
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const TICK = { kind: 'tick', pool: 'logs' } as const;
const newClock = () => createBrokerClock(() => lookAtTime(redis, 'logs'));

describe('an entry of one that says a single thing, a person at a terminal', () => {
  it('comes after the last id where the clock has stepped back', async () => {
    const before = await append(redis, TICK);
    await server.step(-120);
    const after = entryTime(await append(redis, TICK));
    expect(after - entryTime(before)).toBeLessThan(1_000);
    expect(after).toBeGreaterThanOrEqual(entryTime(before));
  });

  it('waits where the clock is ahead of the last id, and takes what is said meanwhile', async () => {
    const clock = newClock();
    await append(redis, TICK, clock);
    await server.step(86_400);
    const said = append(redis, TICK);
    await sleep(300);
    const node = await append(redis, TICK, clock);
    expect(entryTime(await said) - entryTime(node)).toBeLessThan(2_000);
  });

  it('believes the clock where nobody has said anything for three seconds', async () => {
    const before = await append(redis, TICK);
    await server.step(3_600);
    expect(entryTime(await append(redis, TICK)) - entryTime(before)).toBeGreaterThan(3_599_000);
  });
});

it('an entry that is too late to move the time leaves the lead as it was', async () => {
  const [clock, paused] = [newClock(), newClock()];
  await paused.sync();
  await append(redis, TICK, clock);
  await server.step(86_400);
  await clock.sync();
  await append(redis, TICK, clock);
  const known = await paused.known();
  await sleep(50);
  await append(redis, TICK, clock);
  await append(redis, TICK, { ...paused, known: async () => known });
  expect(Math.abs((await lookAtTime(redis, 'logs')).lead + 86_400_000)).toBeLessThan(100);
});

it('and where there is none it says none', async () => {
  const late = { ...newClock(), known: async () => Date.now() - 3_600_000 };
  await append(redis, TICK, newClock());
  await append(redis, TICK, late);
  expect((await lookAtTime(redis, 'logs')).lead).toBe(0);
});

it('a last tick that is still to come, of a broker that was set back, holds up none', async () => {
  await redis.set(poolKeys('logs').ticked, String(Date.now() + 3_600_000));
  expect(await appendTick(redis, 'logs', newClock())).toBe(true);
  expect(await appendTick(redis, 'logs', newClock())).toBe(false);
});

it('where one process follows the clock, as nodes have told it, all do', async () => {
  const [worker, node] = [newClock(), newClock()];
  await append(redis, TICK, worker);
  await append(redis, TICK, node);
  await server.step(86_400);
  for (const one of [worker, node]) await one.sync();
  expect(Math.abs(worker.lead + 86_400_000)).toBeLessThan(1_000);
  worker.follow();
  const followed = entryTime(await append(redis, TICK, worker));
  await node.sync();
  expect([worker.lead, node.lead]).toEqual([0, 0]);
  expect(Math.abs(node.now() - followed)).toBeLessThan(2_000);
  expect(Math.abs(followed - Date.now() - 86_400_000)).toBeLessThan(5_000);
});

it('one tick a second, whatever the clock does', async () => {
  const clock = newClock();
  expect(await appendTick(redis, 'logs', clock)).toBe(true);
  expect(await appendTick(redis, 'logs', clock)).toBe(false);
  for (const seconds of [-120, 86_400, 0]) {
    await sleep(950);
    await server.step(seconds);
    await clock.sync();
    expect(await appendTick(redis, 'logs', clock)).toBe(true);
    expect(await appendTick(redis, 'logs', clock)).toBe(false);
  }
});

describe('what ends by the clock of the broker does not last longer than it was meant to', () => {
  it('the turn at a place', async () => {
    const pace = { gapMs: 1_100, limit: { max: 2, perMs: 60_000 }, counts: true };
    expect(await takeTurn(redis, 'slack:#log', pace)).toBe(0);
    expect(await takeTurn(redis, 'slack:#log', pace)).toBeGreaterThan(900);
    await server.step(-120);
    expect(await takeTurn(redis, 'slack:#log', pace)).toBe(0);
    await closeGate(redis, 'slack:#log', 30_000);
    expect(await takeTurn(redis, 'slack:#log', pace)).toBeGreaterThan(29_000);
    await server.step(-240);
    expect(await takeTurn(redis, 'slack:#log', pace)).toBe(0);
  });

  it('what may be done once in a time', async () => {
    expect(await isFirst(redis, 'x', 10_000)).toBe(true);
    expect(await isFirst(redis, 'x', 10_000)).toBe(false);
    await server.step(-120);
    expect(await isFirst(redis, 'x', 10_000)).toBe(true);
    expect(await isFirst(redis, 'x', 10_000)).toBe(false);
  });

  it('the sign of life of a pool', async () => {
    await sayAlive(redis, 'logs');
    expect([...(await readAlive(redis, ['logs'])).values()]).toEqual([true]);
    await server.step(-120);
    expect([...(await readAlive(redis, ['logs'])).values()]).toEqual([false]);
    await sayAlive(redis, 'logs');
    expect([...(await readAlive(redis, ['logs'])).values()]).toEqual([true]);
  });

  it('the lock of a job, and the turn of who looks for dead ones; one that is as it should be stays', async () => {
    const queue = `${QUEUE_PREFIX}:evaluate`;
    await redis.rpush(`${queue}:active`, '7', '8');
    await redis.set(`${queue}:7:lock`, 'dead', 'PX', 5_000);
    await redis.set(`${queue}:stalled-check`, '1', 'PX', 2_000);
    await server.step(-120);
    await redis.set(`${queue}:8:lock`, 'alive', 'PX', 4_000);
    expect(await cutLocks(redis, 'evaluate')).toBe(2);
    expect(await redis.pttl(`${queue}:7:lock`)).toBeLessThanOrEqual(5_000);
    expect(await redis.pttl(`${queue}:stalled-check`)).toBeLessThanOrEqual(2_000);
    expect(await redis.pttl(`${queue}:8:lock`)).toBeLessThanOrEqual(4_000);
    expect(await cutLocks(redis, 'evaluate')).toBe(0);
  });
});
