import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { messageOf } from '../../src/model/error.ts';
import { poolYaml } from '../support/pool.ts';

const load = (more: string) =>
  parseConfig({ file: 'weir.yaml', text: poolYaml(more), env: {}, cwd: '/', root: true }).pools.logs;

function complaint(more: string): string {
  try {
    load(more);
  } catch (error) {
    return messageOf(error);
  }
  throw new Error(`${more} loads`);
}

describe('the queues of a pool', () => {
  it('are in database 0 unless weir.yaml says another one', () => {
    expect(load('queues: [logstash]')?.redis).not.toHaveProperty('database');
    expect(load('redis: {database: 0}')?.redis).not.toHaveProperty('database');
    expect(load('redis: {database: 3}')?.redis).toMatchObject({ database: 3 });
  });

  it.each([
    ['redis: {database: -1}', '5:23 pools.logs.redis.database is -1, expected a whole number from 0 to 2147483646'],
    ['redis: {database: logs}', '5:23 pools.logs.redis.database is "logs", expected a whole number from 0'],
    ['redis: {databse: 3}', '5:13 "databse" is not a key of pools.logs.redis: did you mean "database"?'],
  ])('are in no such database: %s', (more, expected) => {
    expect(complaint(more)).toContain(`weir.yaml:${expected}`);
  });

  it.each([
    ['queues: [{stream: logs}]', '5:14 pools.logs.queues[0] is a mapping'],
    ['queues: [logstash, {key: logs, data_type: channel}]', '5:24 pools.logs.queues[1] is a mapping'],
    ['queues: [7]', '5:14 pools.logs.queues[0] is 7'],
  ])('are lists, and nothing else: %s', (more, expected) => {
    const why = 'expected the key of a list: Weir counts lists, and neither streams nor channels';
    expect(complaint(more)).toBe(`weir.yaml:${expected}, ${why}`);
  });
});
