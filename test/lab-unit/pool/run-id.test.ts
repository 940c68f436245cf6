import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIdOf } from '../../../lab/pool/run-id.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

describe('of a real Redis', () => {
  const started: TestRedis[] = [];
  beforeEach(async () => {
    started.push(await startRedis(), await startRedis());
  });
  afterEach(() => Promise.all(started.splice(0).map((redis) => redis.stop())));

  it('the run_id tells which one answered', async () => {
    const ask = async (redis: TestRedis) =>
      (await promisify(execFile)('redis-cli', ['-s', redis.path, 'INFO', 'server'])).stdout;

    const infos = await Promise.all(started.map(ask));

    const ids = infos.map(runIdOf);
    expect(ids.filter((id) => id?.length !== 40)).toEqual([]);
    expect(new Set(ids).size).toBe(2);
    // The whole line, as it goes over the wire.
    expect(infos.map((info, index) => info.includes(`run_id:${ids[index]}\r\n`))).toEqual([true, true]);
  });
});

describe('in a text', () => {
  it.each([
    ['', 'nothing yet'],
    ['# Server\r\nredis_version:7.0.15\r\n', 'it comes further on'],
    ['run_id:', 'the answer is cut before it'],
    ['master_run_id:0123abcd\r\n', 'the one of another server'],
    ['-LOADING Redis is loading the dataset in memory\r\n', 'an error'],
  ])('%j has none: %s', (text) => {
    expect(runIdOf(text)).toBeUndefined();
  });

  it('ends with its line', () => {
    expect(runIdOf('$99\r\nmaster_run_id:1111\r\nrun_id:0123abcd\r\ntcp_port:6379\r\n')).toBe('0123abcd');
  });
});
