/** What one address may do to the page's port. Each flood is bounded; what it did before there were limits stands beside it. */

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { askWithoutReading, connectSilently } from '../../../lab/attacks/tools/http-flood.ts';
import { respondText } from '../../../src/tell/http/handler.ts';
import { type Limits, networkOf } from '../../../src/tell/http/limits.ts';
import { createHttpServer } from '../../../src/tell/http/server.ts';
import { createTally } from '../../../src/tell/http/tally.ts';
import { healthOf } from '../../support/http.ts';
import { secret } from '../fixtures/news.ts';

const TOKEN = 'page-token-0123456789';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(limits: Partial<Limits> = {}, token = TOKEN) {
  const refused: string[] = [];
  const server = createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    token: secret(token),
    handlers: [(_, response) => respondText(response, 200, 'here')],
    limits,
    onRefused: (sentence, path, source) => refused.push(`${source} ${path} ${sentence}`),
  });
  const url = await server.start();
  ends.push(() => server.stop());
  return { url, port: Number(new URL(url).port), refused };
}

const authorization = `Bearer ${TOKEN}`;

it('who connects and says nothing is gone after 6 s: it was 30 s, in which 512 of them locked everybody out', async () => {
  const { port } = await serve();
  const startedAt = performance.now();
  const flood = await connectSilently(port, 40);
  ends.push(flood.stop);

  await expect.poll(flood.closed, { timeout: 25_000 }).toBe(40);
  expect(performance.now() - startedAt).toBeGreaterThan(4_000);
});

it('one address has so many connections, and others are served beside it', async () => {
  const { url, port, refused } = await serve({ connections: 30 });
  const flood = await connectSilently(port, 100);
  ends.push(flood.stop);

  await expect.poll(flood.closed).toBeGreaterThanOrEqual(70);
  expect(refused[0]).toBe('127.0.0.1 (connection) asks for more than one address may, and is cut off');
  flood.stop();
  await expect.poll(() => healthOf(url)).toBe(200);
});

it('an address that asks too often is told to wait; a proxy speaks for many', async () => {
  const ask = async (url: string) => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => fetch(url, { headers: { authorization } })));
    return new Set(answers.map(({ status }) => status));
  };
  const { url } = await serve({ perSecond: 1, inOneGo: 20 });
  const behindProxy = await serve({ perSecond: 1, inOneGo: 20, connections: 1, proxies: ['127.0.0.1'] });

  expect(await ask(url)).toEqual(new Set([200, 429]));
  expect(await ask(behindProxy.url)).toEqual(new Set([200]));
});

it('who asks on without reading is hung up on: 200 such connections held the evaluation up for 24 s', async () => {
  const { port, url } = await serve({ perSecond: 1e9, inOneGo: 1e9 });
  const before = process.memoryUsage().rss;
  const flood = askWithoutReading(port, 20);
  ends.push(flood.stop);

  await expect.poll(flood.closed).toBeGreaterThan(100);
  flood.stop();
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

it('a client that waits for each answer may ask on one connection', async () => {
  const { port } = await serve();
  const socket = connect(port, '127.0.0.1');
  ends.push(() => socket.destroy());
  let answers = 0;
  socket.on('data', (data) => {
    answers += String(data).split('HTTP/1.1 200').length - 1;
    if (answers < 40) socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`);
  });
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`);

  await expect.poll(() => answers).toBe(40);
});

it('a guess of the token takes half a second and is told; it was 2,160 guesses a second, and nobody knew', async () => {
  const { url, refused } = await serve();
  const startedAt = performance.now();
  for (const [path, headers] of [
    ['/metrics', { authorization: 'Bearer guess' }],
    ['/?token=guess', {}],
  ] as const) {
    expect((await fetch(`${url}${path}`, { headers })).status).toBe(401);
  }
  expect(performance.now() - startedAt).toBeGreaterThan(950);
  expect(refused).toEqual(Array.from({ length: 2 }, () => '127.0.0.1 (token) came with a wrong token'));

  // Who gave none has not guessed.
  expect((await fetch(url)).status).toBe(401);
  expect(refused).toHaveLength(2);
});

it('what comes again and again is told once, and then how often, however many kinds of it there are', async () => {
  const told: [string, number][] = [];
  const tally = createTally((thing, times) => told.push([thing, times]), 200);
  ends.push(() => tally.stop());
  for (let i = 0; i < 500; i += 1) tally.note('guess');
  expect(told).toEqual([['guess', 1]]);
  await expect
    .poll(() => told)
    .toEqual([
      ['guess', 1],
      ['guess', 499],
    ]);

  await sleep(300);
  for (let i = 0; i < 5_000; i += 1) tally.note(`guess ${i}`);
  expect(told.length).toBeLessThan(1_010);
});

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.0.0.9', '10.0.0.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
