/** What a connection hands on when a log-in is refused. */

import { once } from 'node:events';
import { inspect } from 'node:util';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrokerRole, connectBroker, connectWatched } from '../../../src/lib/redis/connections.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const PASSWORD = 'ours-SENTINEL-9';
const secret = { reveal: () => PASSWORD };

let server: TestRedis;
beforeAll(async () => {
  server = await startRedis({ tcp: true, args: ['--requirepass', 'theirs'] });
});
afterAll(() => server.stop());

const roles: readonly BrokerRole[] = ['producer', 'patient', 'worker'];
const CONNECTIONS: readonly (readonly [string, () => Redis])[] = [
  ...roles.map((role) => [role, () => connectBroker({ url: server.url, password: secret }, role)] as const),
  ['watched', () => connectWatched({ host: '127.0.0.1', port: server.port, password: secret, timeoutMs: 5_000 })],
];

it.each(CONNECTIONS)('%s: whoever prints the error of a refused log-in prints no password', async (_, open) => {
  const redis = open();
  const told = once(redis, 'error');
  const thrown = await redis.connect().then(
    () => undefined,
    (error: unknown) => error,
  );
  const [error] = await told;
  redis.disconnect();
  expect(inspect(error, { depth: 10 })).toMatch(/WRONGPASS|invalid username-password/);
  expect(inspect([error, thrown], { depth: 10 })).not.toContain('SENTINEL');
});

it('a user of its own logs in, whatever the role', async () => {
  const admin = connectBroker({ url: server.url, password: { reveal: () => 'theirs' } }, 'patient');
  await admin.connect();
  await admin.call('ACL', 'SETUSER', 'ours', 'on', `>${PASSWORD}`, '~*', '+@all');
  for (const role of roles) {
    const redis = connectBroker({ url: server.url, username: 'ours', password: secret }, role);
    await redis.connect();
    expect(await redis.call('ACL', 'WHOAMI')).toBe('ours');
    redis.disconnect();
  }
  admin.disconnect();
});
