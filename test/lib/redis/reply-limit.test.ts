/**
 * A Redis that answers with a text of 2 GB. Before there was a limit, a worker of 100 MB had grown to 1,064 MB after 7 s
 * of two such members, and stayed there; now it keeps 16 MiB at most of a member's reply, and 64 MiB of the broker's.
 */

import { afterEach, expect, it } from 'vitest';
import { type EndlessServer, startEndlessServer } from '../../../lab/attacks/tools/endless-reply.ts';
import { connectBroker, connectWatched } from '../../../src/lib/redis/connections.ts';
import { readerAt } from '../../observe/member/member-fixture.ts';
import { startRedis } from '../../support/redis.ts';

const MIB = 1024 * 1024;
/** What kernel and sockets of both sides hold. */
const IN_BUFFERS = 16 * MIB;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function attacker(answersFirst?: number): Promise<EndlessServer> {
  const server = await startEndlessServer(answersFirst);
  ends.push(() => server.stop());
  return server;
}

it('a member whose INFO does not end reads as a fault with a sentence, and costs no memory', async () => {
  const { port, sentBytes } = await attacker(1);
  const { read, close } = readerAt(port, { reader: { timeoutMs: 20_000 } });
  ends.push(close);
  const before = process.memoryUsage().rss;

  const { signals, troubles } = await read();

  expect(signals).toEqual({ answering: false, writable: false });
  expect(troubles).toEqual([
    `Member a: The reply to INFO from 127.0.0.1:${port} is longer than 16.0 MiB, and Weir has dropped the connection: look at what answers there.`,
  ]);
  expect(sentBytes()).toBeLessThan(16 * MIB + IN_BUFFERS);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
});

it('the first word of a connection has the same limit', async () => {
  const { port, sentBytes } = await attacker();
  const redis = connectWatched({ host: '127.0.0.1', port, timeoutMs: 20_000 });
  ends.push(() => redis.disconnect());
  const dropped = new Promise((resolve) => redis.once('error', resolve));
  redis.connect().catch(() => {});

  expect(String(await dropped)).toContain('is longer than 16.0 MiB');
  expect(sentBytes()).toBeLessThan(16 * MIB + IN_BUFFERS);
});

it.each(['patient', 'worker'] as const)('the broker too, for a %s connection and its copies', async (role) => {
  const { port, sentBytes } = await attacker();
  const url = `redis://127.0.0.1:${port}`;
  const redis = connectBroker({ url }, role);
  const copy = redis.duplicate();
  ends.push(() => [redis, copy].map((one) => one.disconnect()));
  for (const one of [redis, copy]) {
    const before = sentBytes();
    const dropped = new Promise((resolve) => one.once('error', resolve));
    one.connect().catch(() => {});
    expect(String(await dropped)).toContain('from the broker is longer than 64.0 MiB');
    one.disconnect();
    expect(sentBytes() - before).toBeLessThan(64 * MIB + IN_BUFFERS);
  }
});

it('many replies are no long one: what they are together does not count', async () => {
  const server = await startRedis({ tcp: true });
  const redis = connectWatched({ host: '127.0.0.1', port: server.port, timeoutMs: 20_000 });
  ends.push(
    () => server.stop(),
    () => redis.disconnect(),
  );
  await redis.connect();
  await redis.set('text', 'x'.repeat(MIB));

  const lengths = await Promise.all(Array.from({ length: 40 }, async () => (await redis.get('text'))?.length));

  expect(new Set(lengths)).toEqual(new Set([MIB]));
});
