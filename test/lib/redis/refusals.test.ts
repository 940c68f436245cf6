import { expect, it } from 'vitest';
import { secret } from '../../../src/config/secret.ts';
import { connectWatched } from '../../../src/lib/redis/connections.ts';
import { hearRefusals, lockedOutBy, REFUSALS, refusalOfPushes } from '../../../src/lib/redis/refusals.ts';
import { startRedis } from '../../support/redis.ts';
import { ERROR_WORDS } from './error-words.ts';

it.each(Object.entries(ERROR_WORDS))('%s has its class in the table, and its source', (word, { tellsOf }) => {
  const said = `${word} as Redis says it`;
  expect(REFUSALS.filter(({ says }) => says.test(said))).toEqual([expect.objectContaining({ tellsOf })]);
  expect(refusalOfPushes(said)).toBe(tellsOf === 'member' ? word : undefined);
  expect(lockedOutBy(said)).toBe(tellsOf === 'member' ? undefined : tellsOf);
});

it.each([
  ['OOM', "OOM command not allowed when used memory > 'maxmemory'."],
  ['MISCONF', 'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.'],
  ['NOREPLICAS', 'NOREPLICAS Not enough good replicas to write.'],
  ['READONLY', "READONLY You can't write against a read only replica."],
  ['MASTERDOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['LOADING', 'LOADING Redis is loading the dataset in memory'],
  ['BUSY', 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'],
  ['CLUSTERDOWN', 'CLUSTERDOWN Hash slot not served'],
  ['MOVED', 'MOVED 3999 192.0.2.9:6381'],
  ['ASK', 'ASK 3999 192.0.2.9:6381'],
  ['TRYAGAIN', 'TRYAGAIN Slot is being trimmed'],
  ['OOM', "ERR command not allowed when used memory > 'maxmemory'"],
  ['MASTERDOWN', 'ERR link with MASTER is down and slave-serve-stale-data is set to no'],
])('%s is refused to producers as well', (word, said) => {
  expect(refusalOfPushes(said)).toBe(word);
  expect(lockedOutBy(said)).toBeUndefined();
});

it.each([
  ['password', 'NOAUTH Authentication required.'],
  ['password', 'WRONGPASS invalid username-password pair or user is disabled.'],
  ['password', 'ERR invalid password'],
  ['password', 'ERR operation not permitted'],
  ['permission', "NOPERM this user has no permissions to run the 'linsert' command"],
  ['permission', 'NOPERM No permissions to access a key'],
  ['protected-mode', 'DENIED Redis is running in protected mode because protected mode is enabled'],
  ['maxclients', 'ERR max number of clients reached'],
  ['maxclients', 'ERR max number of clients + cluster connections reached'],
  ['command', "ERR unknown command 'info', with args beginning with: 'all' "],
  ['command', "ERR wrong number of arguments for 'info' command"],
  ['command', 'ERR syntax error'],
  ['other', 'no upstream host'],
  ['other', 'BUSYKEY Target key name already exists.'],
  ['other', ''],
])('%s keeps who asked out, and says nothing of producers: %s', (by, said) => {
  expect(lockedOutBy(said)).toBe(by);
  expect(refusalOfPushes(said)).toBeUndefined();
});

it('who was refused and is let in then is refused no more', async () => {
  const server = await startRedis({ tcp: true, args: ['--requirepass', 'another'] });
  const redis = connectWatched({
    ...{ host: '127.0.0.1', port: server.port, timeoutMs: 50_000 },
    password: secret('s3cret'),
  });
  const admin = connectWatched({
    ...{ host: '127.0.0.1', port: server.port, timeoutMs: 50_000 },
    password: secret('another'),
  });
  const refusal = hearRefusals(redis);
  try {
    await redis.connect().catch(() => {});
    await expect.poll(() => refusal()?.message).toMatch(/^WRONGPASS /);

    await admin.connect();
    await admin.config('SET', 'requirepass', 's3cret');
    await expect.poll(() => redis.status).toBe('ready');

    expect(refusal()).toBeUndefined();
  } finally {
    redis.disconnect();
    admin.disconnect();
    await server.stop();
  }
});
