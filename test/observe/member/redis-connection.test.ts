import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { NO_ANSWER } from '../../../src/observe/redis/read-member.ts';
import { startRedis } from '../../support/redis.ts';
import { readerAt } from './member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

interface Way {
  /** What becomes of a piece of a reply on this connection, which is the first, second, ... one: false swallows it. */
  reply: (connection: number) => Promise<boolean>;
}

/** A way to a real Redis on which the test decides what arrives. */
async function wayToRedis(way: Way): Promise<number> {
  const redis = await startRedis({ tcp: true });
  ends.push(redis.stop);
  let connections = 0;
  return listen((socket) => {
    connections += 1;
    const connection = connections;
    const onward = createConnection(redis.port, '127.0.0.1').on('error', () => {});
    socket.pipe(onward);
    socket.on('close', () => onward.destroy());
    onward.on('data', async (piece) => {
      if ((await way.reply(connection)) && !socket.destroyed) socket.write(piece);
    });
  });
}

it('a connection on which nothing arrives any more is given up, and a new one asks on', async () => {
  let newest = 0;
  const way: Way = {
    reply: async (connection) => {
      newest = Math.max(newest, connection);
      return true;
    },
  };
  const port = await wayToRedis(way);
  const reader = readerAt(port, { reader: { timeoutMs: 1_000 } });
  ends.push(reader.close);
  await expect.poll(() => reader.read(), { timeout: 50_000 }).toMatchObject({ signals: { answering: true } });

  const cut = newest;
  way.reply = async (connection) => connection > cut;

  expect(await reader.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
  await expect
    .poll(() => reader.read(), { timeout: 50_000, interval: 400 })
    .toMatchObject({ signals: { answering: true, writable: true } });
});

it('a probe on whose connection nothing arrives is asked again on a new one: that is no pause', async () => {
  // The reader's own connection is the first one.
  const port = await wayToRedis({ reply: async (connection) => connection !== 2 });
  const reader = readerAt(port, { probe: true, reader: { timeoutMs: 2_000 } });
  ends.push(reader.close);
  const refusals = new Set<unknown>();

  await expect
    .poll(
      async () => {
        const { signals } = await reader.read();
        refusals.add(signals.refusal);
        return signals;
      },
      { timeout: 50_000 },
    )
    .toMatchObject({ writable: true, write_seconds: expect.any(Number) });

  expect(refusals).not.toContain('PAUSED');
});

// A stand-in speaks Redis' protocol here: no real one can be made to break off between two replies.
it('a connection that breaks off after INFO is no answer: an answer is whole', async () => {
  const info = 'role:master\r\nrun_id:1\r\n';
  const port = await listen((socket) => {
    socket.on('data', (asked) => {
      if (/\r\nclient\r\n/i.test(String(asked))) socket.write('+OK\r\n');
      if (/\r\ninfo\r\n/i.test(String(asked))) socket.end(`$${info.length}\r\n${info}\r\n`);
    });
  });
  const reader = readerAt(port);
  ends.push(reader.close);

  expect(await reader.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
});
