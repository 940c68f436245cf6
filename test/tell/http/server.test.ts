import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { Status } from '../../../src/model/people/status.ts';
import { createHandlers, type WebSources } from '../../../src/tell/http/handlers.ts';
import { createHttpServer, type HttpServerOptions } from '../../../src/tell/http/server.ts';
import { createMetrics } from '../../../src/tell/metrics.ts';
import { secret } from '../fixtures/news.ts';
import { healthy, stalled } from '../fixtures/status.ts';

const TOKEN = 'correct horse battery staple'.replaceAll(' ', '-');
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(sources: Partial<WebSources> = {}, options: Partial<HttpServerOptions> = {}): Promise<string> {
  const handlers = createHandlers({
    status: async () => healthy,
    incidents: async () => [],
    ages: async () => ({ upMs: 5_000, pools: [['logs', 1_000]] }),
    ready: async () => [],
    metrics: () => createMetrics().text(healthy, 1_000),
    ...sources,
  });
  const server = createHttpServer({ listen: { host: '127.0.0.1', port: 0 }, handlers, ...options });
  const base = await server.start();
  stops.push(() => server.stop());
  return base;
}

/** fetch does not let the Host header be chosen. */
function statusFor(base: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${base}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** What a browser is shown that follows a link on somebody else's page. */
function navigate(base: string, path: string): Promise<string> {
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const asked = request({ hostname, port, path, headers }, (response) => resolve(text(response)));
    asked.on('error', reject);
    asked.end();
  });
}

describe('paths', () => {
  it('/healthz says how old the last evaluation is, and 503 when that is over 90 s', async () => {
    let ageMs = 12_000;
    const base = await serve({
      ages: async () => ({
        upMs: 95_000,
        pools: [
          ['logs', ageMs],
          ['other', 2_000],
        ],
      }),
    });
    const good = await fetch(`${base}/healthz`);
    expect(good.status).toBe(200);
    expect(await good.json()).toMatchObject({
      ...{ ok: true, lastEvaluationAgeMs: 12_000, limitMs: 90_000 },
      pools: { logs: 12_000, other: 2_000 },
    });
    ageMs = 91_000;
    const bad = await fetch(`${base}/healthz`);
    expect(bad.status).toBe(503);
    expect(((await bad.json()) as { message: string }).message).toBe(
      'The last evaluation of logs finished 1 min 31 s ago: look at the broker and at the log of the worker.',
    );
  });

  it('/healthz gives a process that has just started 90 s for its first evaluation', async () => {
    let upMs = 0;
    const base = await serve({ ages: async () => ({ upMs, pools: [['logs', null]] }) });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    upMs = 90_001;
    expect((await fetch(`${base}/healthz`)).status).toBe(503);
  });

  it('/readyz says what is missing', async () => {
    const missing = ['The broker cannot be reached: check broker.url.'];
    const base = await serve({ ready: async () => missing });
    const response = await fetch(`${base}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, missing });
    missing.length = 0;
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
  });

  it('/healthz of a worker that does not answer its own page is no good', async () => {
    const base = await serve({ ages: () => Promise.reject(new Error('no answer')) });
    const response = await fetch(`${base}/healthz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { ok: false, message: 'The worker does not answer its own page: look at its log.' },
    ]);
  });

  it('/metrics is what Prometheus reads', async () => {
    const response = await fetch(`${await serve()}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('weir_broker_up 1');
  });

  it('/api/v1/status gives the status as it is', async () => {
    const response = await fetch(`${await serve({ status: async () => stalled })}/api/v1/status`);
    expect(await response.json()).toEqual(stalled);
  });

  it('a broker that gives no answer gives a sentence, also as a page, and no stack', async () => {
    const base = await serve({ status: () => Promise.reject(new Error('The broker at <b>x</b> gave no answer.')) });
    expect(await (await fetch(`${base}/api/v1/status`)).json()).toEqual({
      error: 'The broker at <b>x</b> gave no answer.',
    });
    const page = await fetch(base);
    expect(page.status).toBe(503);
    const text = await page.text();
    expect(text).toContain('The broker at &lt;b&gt;x&lt;/b&gt; gave no answer.');
    expect(text).not.toMatch(/at \w+ \(/);
    expect(await (await fetch(`${base}/?part=main`)).text()).toBe('The broker at <b>x</b> gave no answer.\n');
  });

  it('a broker that hangs is given up after 3 s', async () => {
    const base = await serve({ status: () => new Promise<Status>(() => {}) });
    const response = await fetch(`${base}/api/v1/status`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('gave no answer within 3 s');
  });

  it('an unknown path is a 404, a handler that throws a 500 that says nothing and is reported', async () => {
    const seen: unknown[] = [];
    const base = await serve(
      {},
      {
        handlers: [
          ({ url }) => {
            if (url.pathname === '/boom') throw new Error('secret inside');
            return false;
          },
        ],
        onError: (error, path) => seen.push([String(error), path]),
      },
    );
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    const response = await fetch(`${base}/boom`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret inside');
    expect(seen).toEqual([['Error: secret inside', '/boom']]);
  });
});

describe('what is refused', () => {
  it('everything but GET and HEAD, and bodies', async () => {
    const base = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await fetch(base, { method })).status).toBe(405);
    expect((await fetch(base, { method: 'HEAD' })).status).toBe(200);
    expect(await statusFor(base, '/', { 'Content-Length': '3' })).toBe(413);
    expect(await statusFor(base, '/', { 'Transfer-Encoding': 'chunked' })).toBe(413);
    expect(await statusFor(base, '/', { 'X-Long': 'x'.repeat(9_000) })).toBe(431);
  });

  it('addresses that are none', async () => {
    const base = await serve();
    const { port } = new URL(base);
    for (const target of ['http://evil.example/', '*', '//']) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1');
        socket.on('data', (data) => resolve(String(data)));
        socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404)/);
    }
  });

  it('without a token, what a proxy on this host passes on from anybody', async () => {
    const base = await serve();
    for (const name of ['Forwarded', 'X-Forwarded-For', 'x-forwarded-proto', 'X-Real-IP']) {
      expect(await statusFor(base, '/', { Host: '127.0.0.1', [name]: '10.9.9.9' }), name).toBe(403);
    }
    expect(await statusFor(base, '/', { Host: '127.0.0.1' })).toBe(200);
  });

  it('without a token, another name that points at loopback (DNS rebinding)', async () => {
    const base = await serve();
    const { port } = new URL(base);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', '[::1]:80']) {
      expect(await statusFor(base, '/', { Host: host })).toBe(200);
    }
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example']) {
      expect(await statusFor(base, '/api/v1/status', { Host: host })).toBe(403);
    }
  });

  it('to listen where others reach it, without a token', () => {
    const listen = { host: '0.0.0.0', port: 0 };
    expect(() => createHttpServer({ listen, handlers: [] })).toThrow(/http\.token is not set/);
    expect(() => createHttpServer({ listen, handlers: [], token: secret('') })).toThrow(/http\.token is not set/);
    expect(() => createHttpServer({ listen, handlers: [], token: secret('t') })).not.toThrow();
  });

  it('a port that is taken is a sentence', async () => {
    const port = Number(new URL(await serve()).port);
    const second = createHttpServer({ listen: { host: '127.0.0.1', port }, handlers: [] });
    await expect(second.start()).rejects.toThrow(
      /Weir cannot listen on 127\.0\.0\.1:\d+ .*EADDRINUSE.*change http\.listen/,
    );
  });
});

describe('with a token', () => {
  const withToken = () => serve({}, { token: secret(TOKEN) });

  it('only the probes are open', async () => {
    const base = await withToken();
    for (const path of [
      '/',
      '/metrics',
      '/api/v1/status',
      '/nothing',
      '/?part=main',
      '/healthz/../metrics',
      '//healthz',
    ]) {
      expect((await fetch(`${base}${path}`)).status, path).toBe(401);
    }
    for (const path of ['/healthz', '/readyz']) expect((await fetch(`${base}${path}`)).status).toBe(200);
  });

  it('the right one opens, any other does not', async () => {
    const base = await withToken();
    const asked = async (authorization: string) =>
      (await fetch(`${base}/metrics`, { headers: { authorization } })).status;
    expect(await asked(`Bearer ${TOKEN}`)).toBe(200);
    for (const wrong of [
      'Bearer',
      'Bearer ',
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ]) {
      expect(await asked(wrong), wrong).toBe(401);
    }
  });

  it('while it is changed the one before opens too: header, link and cookie', async () => {
    const before = 'page-token-before-0123456789';
    const base = await serve({}, { token: secret(TOKEN), oldToken: secret(before) });
    for (const token of [TOKEN, before]) {
      expect((await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
      const cookie = (await fetch(`${base}/?token=${token}`)).headers.get('set-cookie') ?? '';
      expect((await fetch(base, { headers: { cookie: cookie.split(';')[0] ?? '' } })).status).toBe(200);
    }
    expect((await fetch(`${base}/metrics`, { headers: { authorization: 'Bearer page-token-other' } })).status).toBe(
      401,
    );
  });

  it.each(['//evil.example/login', '///evil.example', '/\\evil.example/', '/%2f/evil.example', '/'])(
    'a link from elsewhere to %j goes on to this host and no other',
    async (path) => {
      const base = await withToken();
      const [, content = ''] = /content="0;url=([^"]*)"/.exec(await navigate(base, path)) ?? [];
      expect(content).toMatch(/^\//);
      expect(new URL(content, base).origin).toBe(base);
    },
  );

  it('the page exchanges ?token= for a cookie that scripts and other sites cannot use', async () => {
    const base = await withToken();
    const response = await fetch(`${base}/?token=${TOKEN}`);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^weir_[0-9a-f]{8}=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    expect(await response.text()).not.toContain(TOKEN);

    const headers = { cookie: `other=1; ${cookie.split(';')[0]}` };
    expect(await (await fetch(base, { headers })).text()).toContain('2 of 2 members serving');
    expect((await fetch(base, { headers: { cookie: `${cookie.slice(0, 20)}${'0'.repeat(58)}` } })).status).toBe(401);
    expect((await fetch(`${base}/?token=wrong`)).status).toBe(401);
    expect((await fetch(`${base}/metrics?token=${TOKEN}`)).status).toBe(401);
    const behindTls = await fetch(`${base}/?token=${TOKEN}`, { headers: { 'x-forwarded-proto': 'https' } });
    expect(behindTls.headers.get('set-cookie')).toMatch(/; Secure$/);
  });
});

it('every answer forbids framing, sniffing, caching and what the page does not bring itself', async () => {
  const base = await serve();
  for (const path of ['/', '/healthz', '/metrics', '/nothing']) {
    const { headers } = await fetch(`${base}${path}`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
  }
});

it('each document has its own nonce', async () => {
  const base = await serve();
  const nonces = await Promise.all(
    [1, 2].map(async () => /nonce-([^']+)/.exec((await fetch(base)).headers.get('content-security-policy') ?? '')?.[1]),
  );
  expect(nonces[0]).toHaveLength(24);
  expect(nonces[0]).not.toBe(nonces[1]);
});

it('stop ends connections that are kept alive', async () => {
  const server = createHttpServer({ listen: { host: '127.0.0.1', port: 0 }, handlers: [] });
  const base = await server.start();
  await fetch(base);
  const started = performance.now();
  await server.stop();
  // Node itself would let them live for 5 s.
  expect(performance.now() - started).toBeLessThan(4_000);
  await expect(fetch(base)).rejects.toThrow();
});
