/** The probe of writes, ten thousand times: what a Redis keeps, logs, sends on and tells is as it was. */

import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { connectWatched, dropSilent } from '../../../src/lib/redis/connections.ts';
import { createWriteProbe } from '../../../src/observe/redis/probe.ts';
import { startRedis } from '../../support/redis.ts';

const PROBES = 10_000;
/** The probe is to wait for its answer, however busy the machine is. In ms. */
const PATIENCE_MS = 60_000;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A Redis with all that could notice a change: an append-only file, snapshots, a replica, notifications. */
async function watched() {
  const args = ['--appendonly', 'yes', '--save', '3600 1', '--notify-keyspace-events', 'KEA'];
  // What a replica is sent to know that its master lives counts as well: not while this runs.
  const quiet = ['--repl-ping-replica-period', '3600', '--enable-debug-command', 'yes', '--maxmemory', '64mb'];
  const server = await startRedis({ tcp: true, args: [...args, ...quiet] });
  ends.push(server.stop);
  const replica = await startRedis({ args: ['--replicaof', `127.0.0.1 ${server.port}`] });
  ends.push(replica.stop);
  const connect = (url: string) => {
    const redis = new Redis(url);
    ends.push(() => redis.disconnect());
    return redis;
  };
  const [admin, listener] = [connect(server.url), connect(server.url)];
  const told: string[] = [];
  listener.on('pmessage', (_, channel: string) => told.push(channel));
  await listener.psubscribe('__key*__:*');
  await expect.poll(() => admin.info('replication')).toMatch(/slave0:.*state=online/);
  await admin.rpush('logstash', 'one', 'two');
  await admin.set('expires', 'x', 'EX', 3_600);
  await expect.poll(() => told).toContain('__keyspace@0__:expires');
  // While the disk is slow the append-only file is written up to two seconds after the answer.
  await expect.poll(() => admin.info('persistence')).toMatch(/aof_buffer_length:0\r/);
  return { server, admin, listener, told };
}

async function traces({ admin, listener, told }: Awaited<ReturnType<typeof watched>>) {
  // Behind its answer everything that was told has come.
  await listener.ping();
  const info = new Map((await admin.info('all')).split('\r\n').map((line) => line.split(':') as [string, string]));
  return {
    changes: info.get('rdb_changes_since_last_save'),
    fileBytes: info.get('aof_current_size'),
    offset: info.get('master_repl_offset'),
    expired: info.get('expired_keys'),
    evicted: info.get('evicted_keys'),
    keyspace: info.get('db0')?.replace(/,avg_ttl=.*/, ''),
    digest: await admin.call('DEBUG', 'DIGEST'),
    told: [...told],
  };
}

it.each(['accepted', 'refused'])(
  'leave no trace where they are %s; one push leaves one in each',
  async (kind) => {
    const stage = await watched();
    const { server, admin } = stage;
    const redis = connectWatched({ host: '127.0.0.1', port: server.port, timeoutMs: PATIENCE_MS });
    const probe = createWriteProbe({ redis, dropSilent, queue: 'logstash', monotonic: () => performance.now() });
    ends.push(probe.close);
    if (kind === 'refused') await admin.config('SET', 'maxmemory', '1kb');
    const before = await traces(stage);

    const kinds = new Set<string>();
    for (let count = 0; count < PROBES; count += 1) {
      const turn = { leftMs: PATIENCE_MS, isCluster: false, askOther: () => admin.ping() };
      kinds.add((await probe.ask(turn)).kind);
    }

    expect([...kinds]).toEqual([kind]);
    const count = kind === 'accepted' ? `calls=${PROBES},` : `rejected_calls=${PROBES},`;
    expect(await admin.info('commandstats')).toMatch(new RegExp(`cmdstat_linsert:.*${count}`));
    expect(await traces(stage)).toEqual(before);

    await admin.config('SET', 'maxmemory', '64mb');
    await admin.rpush('logstash', 'three');
    // The file is written after the answer.
    await expect.poll(async () => (await traces(stage)).fileBytes).not.toBe(before.fileBytes);
    const after = await traces(stage);
    for (const name of ['changes', 'offset', 'digest', 'told'] as const) {
      expect(after[name], name).not.toEqual(before[name]);
    }
  },
  300_000,
);
