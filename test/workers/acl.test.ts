/** A real Redis with exactly the user of `weir acl`: all that Weir does there works, and each command is needed. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { moveByRedis } from '../../src/act/producers/move-producers.ts';
import { secret } from '../../src/config/secret.ts';
import { connectBroker, connectWatched, dropSilent } from '../../src/lib/redis/connections.ts';
import type { PoolConfig } from '../../src/model/configuration/config.ts';
import { messageOf } from '../../src/model/error.ts';
import { createWriteProbe } from '../../src/observe/redis/probe.ts';
import { createMemberReader } from '../../src/observe/redis/read-member.ts';
import { readClients } from '../../src/operations/views/clients.ts';
import { lookAtClock, lookAtRedis } from '../../src/provision/doctor/look/redis.ts';
import { aclRules, featuresOf, needsOf } from '../../src/provision/render/acl.ts';
import { aclText } from '../../src/provision/render/acl-text.ts';
import { poolOf } from '../support/pool.ts';
import { startRedis } from '../support/redis.ts';

const PASSWORD = 's3cret';
const ANSWERS_WITHIN_MS = 10_000;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A pool whose one asked member is a Redis of this test, with a queue in database 3 so that all is asked for. */
async function pooled() {
  const server = await startRedis({ tcp: true });
  const admin = connectBroker({ url: server.url }, 'worker');
  ends.push(server.stop, () => admin.disconnect());
  const { a, b } = poolOf().members as Record<'a' | 'b', PoolConfig['members'][string]>;
  const pool: PoolConfig = {
    ...poolOf(),
    // Who comes by this address came through the VIP.
    vip: { address: '127.0.0.1', port: server.port },
    members: { a: { ...a, address: '127.0.0.1' }, b },
    queues: ['logstash', 'audit logs'],
    redis: { username: 'weir', password: secret(PASSWORD), probe: 'write', database: 3 },
  };
  return { server, admin, pool, rules: aclRules(pool, featuresOf(pool), `>${PASSWORD}`) };
}

/** All that Weir does on a member, once; and what it tells of it. */
async function everything(pool: PoolConfig): Promise<string[]> {
  const told: string[] = [];
  const open = () =>
    connectWatched({ ...pool.redis, ...{ host: '127.0.0.1', port: pool.vip.port, timeoutMs: ANSWERS_WITHIN_MS } });
  const [queue = ''] = pool.queues;
  const monotonic = () => performance.now();
  const reader = createMemberReader({
    ...{
      member: 'a',
      redis: open(),
      dropSilent,
      queues: pool.queues,
      database: 3,
      vip: pool.vip,
      own: true,
      monotonic,
    },
    ...{ timeoutMs: ANSWERS_WITHIN_MS, windowMs: 15_000, minSecondsToFull: 1_800 },
    probe: createWriteProbe({ redis: open(), dropSilent, queue, monotonic }),
  });
  ends.push(() => reader.close());
  told.push(...(await reader.read()).troubles);

  const parts = { note: (sentence: string) => told.push(sentence), redis: open, consumersOnVip: () => [] };
  const { lacking } = await lookAtRedis(parts, pool, 'a');
  for (const { rule, without } of lacking ?? []) told.push(`lacks ${rule}: ${without}`);
  await lookAtClock(parts, pool, 'a');

  const { trouble = '' } = (await readClients({ ...pool, members: { a: pool.members.a as never } }))[0] ?? {};
  if (trouble !== '') told.push(`weir clients: ${trouble}`);
  const producer = connect(pool.vip.port, '127.0.0.1');
  producer.on('error', () => {});
  await once(producer, 'connect');
  producer.write('PING\r\n');
  await once(producer, 'data');
  const redis = open();
  try {
    const { signal } = new AbortController();
    await moveByRedis({ pool, member: 'a', redis, signal, repeat: false, wanted: () => true });
  } catch (error) {
    told.push(messageOf(error));
  } finally {
    redis.disconnect();
    producer.destroy();
  }
  return told;
}

async function usedOn(admin: Redis): Promise<string[]> {
  const stats = await admin.info('commandstats');
  const names = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map((match) => match[1] ?? '');
  // What this test itself does, and what needs no permission.
  return names.filter((name) => !/^(acl\|.*|config\|resetstat|ping|auth|hello)$/.test(name)).sort();
}

it('everything works, nothing is refused, and nothing is granted that is not used', async () => {
  const { admin, pool, rules } = await pooled();
  await admin.call('ACL', 'SETUSER', 'weir', ...rules);
  await admin.config('RESETSTAT');

  expect(await everything(pool)).toEqual([]);

  expect(await admin.call('ACL', 'LOG')).toEqual([]);
  const granted = rules.filter((rule) => rule.startsWith('+')).map((rule) => rule.slice(1));
  expect(await usedOn(admin)).toEqual([...granted].sort());
});

const TOLD: Readonly<Record<string, RegExp>> = {
  info: /^Redis of member a refuses INFO: NOPERM/,
  llen: /^Queue logstash of member a cannot be counted: NOPERM/,
  select: /^Database 3 of member a cannot be read: NOPERM/,
  'client|setname': /^lacks \+client\|setname: Nobody can tell which of its clients are Weir/,
  linsert: /^Whether member a takes pushes is read from INFO alone: NOPERM/,
  'client|list': /^The consumers of member a cannot be counted: NOPERM/,
  'client|kill': /^The Redis of a does not let Weir end its clients: NOPERM/,
  'config|get': /^The Redis of a in pool logs: its settings: NOPERM/,
  role: /^The Redis of a in pool logs: its role: NOPERM/,
  time: /^The clock of a: its Redis is asked for it, and NOPERM/,
};

it('without one of its commands, or a key, what that is for fails and is told; the doctor names it', async () => {
  const { admin, pool, rules } = await pooled();
  const commands = needsOf(pool, featuresOf(pool)).map(({ command }) => command);
  expect(Object.keys(TOLD).sort()).toEqual([...commands].sort());

  for (const command of commands) {
    await admin.call('ACL', 'SETUSER', 'weir', ...rules.filter((rule) => rule !== `+${command}`));
    const told = await everything(pool);
    expect(told, command).toContainEqual(expect.stringMatching(TOLD[command] ?? /never/));
    expect(told.filter((sentence) => sentence.startsWith('lacks ')).map((one) => one.split(':')[0])).toEqual([
      `lacks +${command}`,
    ]);
  }
  for (const key of ['%R~logstash', '%R~audit?logs', '%W~weir:probe*']) {
    await admin.call('ACL', 'SETUSER', 'weir', ...rules.filter((rule) => rule !== key));
    const lacks = (await everything(pool)).filter((sentence) => sentence.startsWith('lacks '));
    expect(lacks, key).toEqual([expect.stringContaining(`lacks ${key}: `)]);
  }
}, 300_000);

it('it may not read or write what producers push, and Redis refuses the line that has no password yet', async () => {
  const { server, admin, pool, rules } = await pooled();
  const [, , ...words] = aclText(pool).line.split(' ');
  await expect(admin.call('ACL', 'SETUSER', ...(words as [string]))).rejects.toThrow('<PASSWORD>');
  await admin.call('ACL', 'SETUSER', 'weir', ...rules);
  const weir = connectWatched({ ...pool.redis, host: '127.0.0.1', port: server.port, timeoutMs: ANSWERS_WITHIN_MS });
  await weir.connect();
  ends.push(() => weir.disconnect());

  await expect(weir.linsert('logstash', 'BEFORE', 'x', 'y')).rejects.toThrow('NOPERM');
  await expect(weir.llen('of-somebody-else')).rejects.toThrow('NOPERM');
  await expect(weir.lrange('logstash', 0, 0)).rejects.toThrow('NOPERM');
  await expect(weir.config('SET', 'maxmemory', '0')).rejects.toThrow('NOPERM');
});
