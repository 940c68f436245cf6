/** What anybody who reaches the page's port does there. Each flood has an end. */

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { poolKeys } from '../../../src/broker/keys.ts';
import { until as untilSeen } from '../../until.ts';
import { type HostAttack, heldUnless } from '../attack.ts';
import { type Host, isUp } from '../host.ts';
import { askWithoutReading, connectSilently } from '../tools/http-flood.ts';

const TOKEN = 'page-token-0123456789';
const authorization = `Bearer ${TOKEN}`;

interface Page {
  readonly port: number;
  readonly url: string;
  readonly redis: Redis;
  said(): string;
}

const pages = new WeakMap<Host, Map<string, Promise<Page>>>();

/** A worker of its own with its page, the same one for all attacks on it. */
function pageOf(host: Host, kind: 'open' | 'token'): Promise<Page> {
  const known = pages.get(host) ?? new Map<string, Promise<Page>>();
  pages.set(host, known);
  const page = known.get(kind) ?? openPage(host, kind);
  known.set(kind, page);
  return page;
}

async function openPage(host: Host, kind: string): Promise<Page> {
  const broker = await host.redis(`broker-of-page-${kind}`, '--appendonly', 'yes');
  const { path, http } = await host.config(`page-${kind}`, {
    broker: `{url: "redis://127.0.0.1:${broker.port}"}`,
    ...(kind === 'token' && { http: `{listen: "127.0.0.1:PORT", token: ${TOKEN}}` }),
  });
  const worker = host.start(['worker', '--no-observe', '-c', path]);
  await isUp(worker);
  const redis = new Redis(broker.path);
  await untilSeen(() => redis.hget(poolKeys('logs').state, 'cursor'), 30_000, 'an evaluation');
  host.ends(() => redis.disconnect());
  return { port: http, url: `http://127.0.0.1:${http}`, redis, said: worker.said };
}

/** The whole answer to what is written as it is; what was there after a second where the connection stays. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (data) => (answer += String(data)));
    socket.on('error', done).on('close', done);
    setTimeout(done, 1_000).unref();
  });
}

/** How old the evaluation is, at most, while something goes on for so long; in ms. */
async function worstLag({ redis }: Page, forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let worst = 0;
  while (performance.now() < until) {
    const cursor = (await redis.hget(poolKeys('logs').state, 'cursor')) ?? '0-0';
    worst = Math.max(worst, Date.now() - Number(cursor.split('-')[0]));
    await sleep(200);
  }
  return worst;
}

/** From another address of this machine: what an honest client sees. */
async function honest(port: number): Promise<number> {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.77' }, () => {
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    });
    let text = '';
    socket.on('data', (data) => (text += String(data)));
    socket.on('error', () => resolve('')).on('close', () => resolve(text));
    setTimeout(() => socket.destroy(), 5_000).unref();
  });
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

const silent: HostAttack = {
  of: 'M6',
  tries: '512 connections that say nothing, and an honest client beside them',
  async run(host) {
    const { port } = await pageOf(host, 'token');
    const flood = await connectSilently(port, 512);
    const status = await honest(port);
    flood.stop();
    return heldUnless(
      status !== 200,
      `${flood.closed()} were cut off at once; /healthz from another address: ${status}`,
    );
  },
};

const unread: HostAttack = {
  of: 'M6',
  tries: '200 connections that ask on and on and do not read, for 10 s',
  async run(host) {
    const page = await pageOf(host, 'token');
    const flood = askWithoutReading(page.port, 200);
    const worst = await worstLag(page, 10_000);
    flood.stop();
    return heldUnless(
      worst > 10_000,
      `${flood.closed()} were cut off; the evaluation was ${(worst / 1_000).toFixed(1)} s behind at most`,
    );
  },
};

const guesses: HostAttack = {
  of: 'M6',
  tries: 'guesses of the token on one connection for 3 s; a short token where others reach it',
  async run(host) {
    const { url, said } = await pageOf(host, 'token');
    const until = performance.now() + 3_000;
    let count = 0;
    for (; performance.now() < until; count += 1) {
      await fetch(`${url}/metrics`, { headers: { authorization: `Bearer guess-${count}` } });
    }
    const short = await host.config('short', {
      broker: '{url: "redis://127.0.0.1:1"}',
      http: '{listen: "0.0.0.0:PORT", token: a}',
    });
    const { code } = await host.weir(['status', '-c', short.path]);
    const isTold = said().includes('came with a wrong token');
    return heldUnless(
      count > 20 || !isTold || code !== 2,
      `${count} guesses in 3 s, told in the log; a token of one character: refused`,
    );
  },
};

const redirect: HostAttack = {
  of: 'M8',
  tries: 'a link from elsewhere to //evil.example/login and four like it',
  async run(host) {
    const { url, port } = await pageOf(host, 'token');
    const went: string[] = [];
    for (const path of ['//evil.example/login', '///evil.example', '/\\evil.example/', '/%2f/evil.example', '//e@x']) {
      const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n`;
      const answer = await raw(port, head);
      const to = /content="0;url=([^"]*)"|^location: (.*)$/im.exec(answer);
      const target = new URL((to?.[1] ?? to?.[2] ?? '/').trim(), url);
      if (target.origin !== url) went.push(target.origin);
    }
    return heldUnless(
      went.length > 0,
      went.length > 0 ? `went on to ${went.join(', ')}` : 'goes on to this host and no other',
    );
  },
};

const strangers: HostAttack = {
  of: 'L3',
  tries: '/readyz without a token, while the broker refuses',
  async run(host) {
    const broker = await host.redis('broker-that-refuses', '--requirepass', 'theirs');
    const { path, http } = await host.config('refused', {
      broker: `{url: "redis://127.0.0.1:${broker.port}", password: ours-and-wrong}`,
      http: `{listen: "127.0.0.1:PORT", token: ${TOKEN}}`,
    });
    const worker = host.start(['worker', '--no-observe', '-c', path]);
    await isUp(worker);
    const response = await fetch(`http://127.0.0.1:${http}/readyz`);
    const text = await response.text();
    await worker.end();
    return heldUnless(/WRONGPASS|NOAUTH|NOPERM|info|broker/i.test(text), `${response.status} ${JSON.stringify(text)}`);
  },
};

const proxied: HostAttack = {
  of: 'L8',
  tries: 'without a token: a proxy’s request with X-Forwarded-For',
  async run(host) {
    const { port } = await pageOf(host, 'open');
    const answers = await Promise.all(
      ['X-Forwarded-For', 'Forwarded', 'X-Real-IP'].map((name) =>
        raw(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${name}: 10.9.9.9\r\nConnection: close\r\n\r\n`),
      ),
    );
    const statuses = answers.map((answer) => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    return heldUnless(statuses.includes('200'), `answered ${statuses.join(', ')}`);
  },
};

function alerts(count: number, more: Readonly<Record<string, string>> = {}): string {
  const filling = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`label_${i}`, 'x'.repeat(200)]));
  const all = Array.from({ length: count }, (_, index) => ({
    ...{ status: 'firing', startsAt: '2026-11-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z', annotations: {} },
    labels: { alertname: `A${index}`, pool: 'logs', ...filling, ...more },
    fingerprint: index === 0 ? '__proto__' : `f${index}`,
  }));
  return JSON.stringify({ version: '4', status: 'firing', receiver: 'weir', alerts: all });
}

const hook: HostAttack = {
  of: 'L9',
  tries: '40 posts of 900 alerts; one with the fingerprint __proto__',
  async run(host) {
    const { url, redis } = await pageOf(host, 'token');
    const headers = { authorization, 'content-type': 'application/json' };
    const before = await redis.memory('USAGE', poolKeys('logs').stream, 'SAMPLES', 0);
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      statuses.push((await fetch(`${url}/hooks/alertmanager`, { method: 'POST', headers, body: alerts(900) })).status);
    }
    await sleep(1_000);
    const grown =
      (Number(await redis.memory('USAGE', poolKeys('logs').stream, 'SAMPLES', 0)) - Number(before)) / 2 ** 20;
    const state = (await redis.hget(poolKeys('logs').state, 'json')) ?? '';
    const refused = statuses.filter((status) => status !== 200).length;
    const isThere = state.includes('"__proto__"') || state.includes('A0');
    return heldUnless(
      grown > 3,
      `${refused} of 40 refused; ${grown.toFixed(1)} MiB more in the broker; __proto__ is ${isThere ? 'one like any other' : 'not there'}`,
    );
  },
};

const smuggled = (port: number): readonly (readonly [string, string])[] => [
  [
    'CL and TE',
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
  ],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello'],
  ['a blank in the name', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['an absolute address', 'GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
  ['traversal', `GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`],
];

const asked: HostAttack = {
  of: 'held: http',
  tries: 'every page without a token, smuggled requests, traversal, names that point at loopback',
  async run(host) {
    const [{ url, port }, open] = [await pageOf(host, 'token'), await pageOf(host, 'open')];
    const through: string[] = [];
    for (const path of ['/', '/metrics', '/api/v1/status', '/nothing', '//healthz', '/healthz/../metrics']) {
      const { status } = await fetch(`${url}${path}`);
      if (status === 200) through.push(path);
    }
    for (const [name, text] of smuggled(port)) if (/ 200 /.test(await raw(port, text))) through.push(name);
    for (const name of [
      'evil.example',
      `evil.example:${open.port}`,
      '127.0.0.1.evil.example',
      'localhost.evil.example',
    ]) {
      const answer = await raw(open.port, `GET /api/v1/status HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
      if (/ 200 /.test(answer)) through.push(`Host: ${name}`);
    }
    const { headers } = await fetch(`${url}/healthz`);
    if (headers.get('access-control-allow-origin') !== null) through.push('CORS');
    return heldUnless(through.length > 0, through.join(', ') || 'nothing came through');
  },
};

const MARKUP = '"\'><img src=x onerror=alert(1)><script>alert(2)</script>\u202e';

const markup: HostAttack = {
  of: 'held: xss',
  tries: 'markup as an observer, a trouble, a hold, an alert and a consumer',
  async run(host) {
    const { url, redis } = await pageOf(host, 'token');
    const at = Date.now();
    const lease = { id: MARKUP, member: 'b', weight: 0, base: 100, owner: MARKUP, until: at + 9e6, contested: false };
    for (const body of [
      {
        kind: 'sweep',
        pool: 'logs',
        observer: MARKUP,
        at,
        members: { b: {} },
        consumers: { [MARKUP]: {} },
        leases: [lease],
        troubles: [MARKUP],
      },
      { kind: 'hold', pool: 'logs', by: MARKUP, scope: { kind: 'pool' }, reason: MARKUP, holdMs: 600_000 },
      {
        kind: 'alerts',
        pool: 'logs',
        alerts: [{ fingerprint: 'x', name: MARKUP, labels: { x: MARKUP }, firing: true }],
      },
    ]) {
      await redis.xadd(poolKeys('logs').stream, '*', 'e', JSON.stringify(body));
    }
    await sleep(3_000);
    const response = await fetch(url, { headers: { authorization } });
    const html = await response.text();
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
    const isThere = html.includes('&lt;img src=x') || html.includes('&#60;img');
    const nonce = /script-src[^;]*'nonce-/.test(response.headers.get('content-security-policy') ?? '');
    const is = html.includes('<img src=x') || html.includes('<script>alert') || metrics.includes('<img src=x\n');
    return heldUnless(
      is || !isThere || !nonce,
      isThere ? 'it is shown as text; scripts need a nonce' : 'it was not shown',
    );
  },
};

export const PAGE_ATTACKS: readonly HostAttack[] = [
  ...[silent, unread, guesses, redirect, strangers, proxied, hook, asked, markup],
];
