/** A broker that Sentinels know the place of, by TLS throughout: real ones, with a real switch-over under BullMQ's connections. */

import { afterEach, expect, it } from 'vitest';
import { createAuthority } from '../../lab/certificates.ts';
import { freePort } from '../../lab/free-port.ts';
import { openQueue, openWorker } from '../../src/broker/queues.ts';
import { type BrokerRole, connectBroker } from '../../src/lib/redis/connections.ts';
import { doorOf } from '../../src/lib/redis/guarded.ts';
import { mostNamed } from '../../src/lib/redis/sentinels.ts';
import type { BrokerConfig } from '../../src/model/configuration/config.ts';
import { startSentinel } from '../support/redis/sentinel.ts';
import { startRedis } from '../support/redis.ts';
import { tempDir } from '../support/temp-dir.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const from = { host: 's', port: 1 };
const [one, other] = [
  { host: '10.0.0.1', port: 6379 },
  { host: '10.0.0.2', port: 6379 },
];

it.each([
  ['nobody says anything', [{ from, error: new Error('away') }, { from }], undefined],
  [
    'one is behind',
    [
      { from, master: one },
      { from, master: other },
      { from, master: other },
    ],
    { master: other, lead: 1 },
  ],
  [
    'they are at odds',
    [
      { from, master: one },
      { from, master: other },
    ],
    { master: one, lead: 0 },
  ],
  ['the others are away', [{ from }, { from, master: other }], { master: other, lead: 1 }],
])('the master is the one that most of them name: %s', (_, words, found) => {
  expect(mostNamed(words)).toEqual(found);
});

/** A master, its replica and three Sentinels, all by TLS and with certificates of the clients. */
async function startAll() {
  const authority = await createAuthority(await tempDir());
  const { cert, key } = await authority.issue('server', { name: 'IP:127.0.0.1' });
  const own = await authority.issue('weir');
  const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', authority.ca];
  const startOne = async (...args: string[]) => {
    const port = await freePort();
    const speaks = [
      '--tls-port',
      String(port),
      '--tls-replication',
      'yes',
      '--requirepass',
      'ours',
      '--masterauth',
      'ours',
    ];
    const server = await startRedis({ args: [...speaks, ...tls, '--repl-diskless-sync-delay', '0', ...args] });
    ends.push(server.stop);
    return { ...server, port };
  };
  const master = await startOne();
  const replica = await startOne('--replicaof', '127.0.0.1', String(master.port));
  const lines = [
    `sentinel monitor weir 127.0.0.1 ${master.port} 2`,
    'sentinel auth-pass weir ours',
    'sentinel down-after-milliseconds weir 1000',
    'sentinel failover-timeout weir 5000',
  ];
  const files = { cert, key, ca: authority.ca };
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel({ lines, tls: files })));
  for (const { stop } of sentinels) ends.push(stop);
  const broker: BrokerConfig & { url: string } = {
    url: 'weir',
    password: { reveal: () => 'ours' },
    sentinels: { at: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })), name: 'weir' },
    tls: { ca: authority.ca, ...own },
  };
  const connect = (role: BrokerRole) => {
    const redis = connectBroker(broker, role);
    ends.push(() => redis.disconnect());
    return redis;
  };
  return { master, replica, sentinels, connect };
}

it('a connection that found no Sentinel is made when there is one', async () => {
  const master = await startRedis({ tcp: true });
  ends.push(master.stop);
  const port = await freePort();
  const broker = { url: 'weir', sentinels: { at: [{ host: '127.0.0.1', port }], name: 'weir' } };
  const redis = connectBroker(broker, 'worker');
  ends.push(() => redis.disconnect());
  await expect(redis.connect()).rejects.toThrow();
  const sentinel = await startSentinel({ lines: [`sentinel monitor weir 127.0.0.1 ${master.port} 1`], port });
  ends.push(sentinel.stop);

  expect(await redis.ping()).toBe('PONG');
});

it('a master that hangs is left for the one that Sentinel makes, by producer, queue and worker', async () => {
  const { master, replica, sentinels, connect } = await startAll();
  const [producer, blocking] = [connect('producer'), connect('worker')];
  await Promise.all([producer.connect(), blocking.connect()]);
  expect(doorOf(producer)).toMatchObject({ host: '127.0.0.1', port: master.port });
  const inSync = async () => /state=online/.test(await producer.info('replication'));
  await expect.poll(inSync, { timeout: 30_000 }).toBe(true);
  // One of them away is no matter, as it is for Sentinel.
  await sentinels[0]?.stop();
  const done: string[] = [];
  const queue = openQueue<{ name: string }>(producer, 'show');
  const worker = openWorker<{ name: string }>({
    ...{ connection: blocking, name: 'show', onError: () => {} },
    process: async ({ data }) => void done.push(data.name),
  });
  ends.push(
    () => worker.close(true),
    () => queue.close(),
  );
  await queue.add('show', { name: 'before' });
  await expect.poll(() => done, { timeout: 30_000 }).toEqual(['before']);

  process.kill(master.pid, 'SIGSTOP');
  await expect.poll(() => doorOf(producer)?.port, { timeout: 60_000 }).toBe(replica.port);
  await expect
    .poll(
      () =>
        producer.role().then(
          ([role]) => role,
          () => '',
        ),
      { timeout: 30_000 },
    )
    .toBe('master');
  await expect
    .poll(
      () =>
        queue.add('show', { name: 'after' }).then(
          () => true,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
  await expect.poll(() => done, { timeout: 60_000 }).toContain('after');
}, 180_000);
