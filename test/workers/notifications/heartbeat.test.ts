/** The heartbeat, with a real Redis and real HTTP servers in the process. */

import type { RequestListener } from 'node:http';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sayAlive } from '../../../src/broker/alive.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { secret } from '../../../src/config/secret.ts';
import { beat } from '../../../workers/notifications/heartbeat.ts';
import { startHttp, type TestHttp } from '../../support/http.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';

const redis = await redisOfFile();

const PATH = '/ping/0b5e-hidden';
const POOLS = ['logs', 'audit'];

let http: TestHttp;
let seen: string[];
let answer: RequestListener;

beforeEach(async () => {
  for (const pool of POOLS) await sayAlive(redis, pool);
  seen = [];
  answer = (_, response) => response.end('OK');
  http = await startHttp((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
});
afterEach(() => http.stop());

const send = (timeoutMs?: number) => beat({ redis, pools: POOLS, address: secret(`${http.url}${PATH}`) }, timeoutMs);

async function fault(timeoutMs?: number): Promise<string> {
  const error = await send(timeoutMs).then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  expect(error?.stack).not.toContain('hidden');
  expect(error?.stack).not.toContain(http.url);
  return error?.message ?? 'no error';
}

describe('the heartbeat', () => {
  it('is one GET, whoever of the workers comes first', async () => {
    expect(await Promise.all([send(), send(), send()])).toEqual(expect.arrayContaining([true, false, false]));
    expect(seen).toEqual([`GET ${PATH}`]);
  });

  it('is not sent while a pool is not evaluated, though the others are', async () => {
    await redis.del(poolKeys('audit').alive);
    expect(await send()).toBe(false);
    expect(seen).toEqual([]);
    await sayAlive(redis, 'audit');
    expect(await send()).toBe(true);
  });

  it('is not sent on a sign of life that a step of the clock keeps alive', async () => {
    await redis.pexpire(poolKeys('audit').alive, 150_000);
    expect(await send()).toBe(false);
  });

  it('is not sent without the broker', async () => {
    const away = new Redis(1, '127.0.0.1', { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
    away.on('error', () => undefined);
    await expect(beat({ redis: away, pools: POOLS, address: secret(http.url) })).rejects.toThrow();
    expect(seen).toEqual([]);
    away.disconnect();
  });

  it('that has failed is the turn of whoever asks next, and its error does not say the address', async () => {
    answer = (_, response) => response.writeHead(500).end();
    expect(await fault()).toBe('tell.heartbeat answered a GET with 500. It is sent again in a minute.');
    answer = (_, response) => response.end();
    expect(await send()).toBe(true);
  });

  it('follows nobody to another address', async () => {
    answer = (_, response) => response.writeHead(302, { Location: `${http.url}/elsewhere` }).end();
    expect(await fault()).toMatch(/answered a GET with 302, and is not followed elsewhere/);
    expect(seen).toEqual([`GET ${PATH}`]);
  });

  it('waits for nobody for ever', async () => {
    answer = () => undefined;
    expect(await fault(100)).toBe('tell.heartbeat took no GET: no answer within 100 ms. It is sent again in a minute.');
    await http.stop();
    expect(await fault()).toBe('tell.heartbeat took no GET: ECONNREFUSED. It is sent again in a minute.');
  });
});
