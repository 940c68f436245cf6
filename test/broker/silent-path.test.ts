/** A path to the broker that goes silent: no end, no error, no answer. As when a machine or a link in between dies. */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import { openQueue, openWorker } from '../../src/broker/queues.ts';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;
let direct: Redis;
let proxy: Server;
let port: number;
const sockets = new Set<Socket>();

/** Longer than BullMQ's read blocks where there is no job, which is 5 s. */
const SILENT_PATH_MS = 7_000;

beforeAll(async () => {
  server = await startRedis({ tcp: true });
  direct = new Redis(server.path, { maxRetriesPerRequest: null });
  port = await freePort();
  proxy = createServer((socket) => {
    const up = connect(server.port, '127.0.0.1');
    for (const one of [socket, up]) {
      sockets.add(one);
      one.on('error', () => {});
    }
    socket.pipe(up).pipe(socket);
  }).listen(port, '127.0.0.1');
  await once(proxy, 'listening');
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  direct.disconnect();
  await server.stop();
});

/** What is open now passes nothing on any more; what connects later does. */
function goSilent(): void {
  for (const socket of sockets) {
    socket.unpipe();
    socket.pause();
  }
}

it('is left for another one, and jobs are taken again', async () => {
  const connection = connectBroker({ url: `redis://127.0.0.1:${port}` }, 'worker', SILENT_PATH_MS);
  const done: string[] = [];
  const worker = openWorker<{ n: string }>({
    connection,
    name: 'act-a',
    process: async (job) => {
      done.push(job.data.n);
    },
    onError: () => {},
  });
  const queue = openQueue<{ n: string }>(direct, 'act-a');
  await queue.add('drain', { n: 'first' });
  await expect.poll(() => done, { timeout: 50_000 }).toEqual(['first']);
  goSilent();
  await queue.add('drain', { n: 'second' });
  await expect.poll(() => done, { timeout: 120_000, interval: 250 }).toEqual(['first', 'second']);
  await worker.close(true);
  await queue.close();
  connection.disconnect();
}, 180_000);
