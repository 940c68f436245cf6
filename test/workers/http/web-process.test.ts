/**
 * The page's process and its worker, which here is the test. Before it was a process of its own, a flood of its port held
 * the evaluation up for 24 s and took the worker from 140 to 330 MB (200 connections that ask and do not read).
 */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { askWithoutReading } from '../../../lab/attacks/tools/http-flood.ts';
import { Refused } from '../../../src/tell/http/body.ts';
import { createAsking } from '../../../workers/http/asking.ts';
import type { Answers, WebSettings } from '../../../workers/http/questions.ts';
import { type Beat, startWebProcess } from '../../../workers/http/web-process.ts';
import { healthOf } from '../../support/http.ts';
import { healthy } from '../../tell/fixtures/status.ts';

const TOKEN = 'page-token-SENTINEL-0123456789';
const headers = { authorization: `Bearer ${TOKEN}` };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(own: Partial<Answers> = {}, settings: Partial<WebSettings> = {}, beat?: Beat) {
  const said: string[] = [];
  const web = await startWebProcess({
    settings: { listen: { host: '127.0.0.1', port: 0 }, token: TOKEN, pools: ['logs'], limits: {}, ...settings },
    answers: {
      status: async () => healthy,
      incidents: async () => [],
      ages: async () => ({ upMs: 1_000, pools: [['logs', 100]] }),
      ready: async () => ['NOPERM this user has no permissions'],
      metrics: async () => 'weir_broker_up 1\n',
      signature: async () => true,
      command: async () => null,
      click: async () => null,
      alerts: async () => 'Taken.',
      ...own,
    },
    ...(beat && { beat }),
    onRefused: ({ sentence, source, times }) => said.push(`${source} ${sentence} (${times})`),
    onFailed: (sentence) => said.push(sentence),
    onEnded: (how) => said.push(`ended: ${how}`),
  });
  ends.push(() => web.stop());
  return { web, said, port: Number(new URL(web.url).port) };
}

const pidOf = ({ pid }: { pid(): number | undefined }) => pid() as number;

it('shows what the worker says; two hundred clients cost it one question', async () => {
  let asked = 0;
  const { web } = await serve(
    {
      status: async () => {
        asked += 1;
        await sleep(300);
        return healthy;
      },
    },
    { limits: { connections: 300 } },
  );

  const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(`${web.url}/api/v1/status`, { headers })));

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await answers[0]?.json()).toEqual(healthy);
  expect(asked).toBeLessThan(5);
});

it('has none of the secrets in its arguments and its environment', async () => {
  process.env.WEIR_TEST_SECRET = 'env-SENTINEL';
  ends.push(() => delete process.env.WEIR_TEST_SECRET);
  const { web } = await serve();

  const shown = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pidOf(web)}/${file}`, 'utf8')).join();

  expect(shown).toContain('web.js');
  expect(shown).not.toContain('SENTINEL');
});

it('a flood of its port takes neither time nor memory from the worker', async () => {
  const { port, web } = await serve();
  const lag = monitorEventLoopDelay({ resolution: 20 });
  const before = process.memoryUsage().rss;
  lag.enable();
  const flood = askWithoutReading(port, 100);
  ends.push(flood.stop);

  await sleep(5_000);
  lag.disable();
  const pageBytes = 1_024 * Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pidOf(web)}/status`, 'utf8'))?.[1]);
  flood.stop();

  // The flood itself is made by this process too.
  expect(lag.max / 1e6).toBeLessThan(2_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  expect(pageBytes).toBeLessThan(400 * 1024 * 1024);
  await expect.poll(() => healthOf(web.url)).toBe(200);
});

it('is started again on the same port when it has ended, and that is told', async () => {
  const { web, said } = await serve();
  const first = pidOf(web);
  process.kill(first, 'SIGKILL');

  await expect.poll(() => healthOf(web.url)).toBe(200);
  expect(pidOf(web)).not.toBe(first);
  expect(said).toEqual(['ended: SIGKILL']);
});

it('is ended and started again when it hangs without an end, and that is told', async () => {
  const { web, said } = await serve({}, {}, { everyMs: 500, missed: 6 });
  const first = pidOf(web);
  ends.push(() => {
    try {
      process.kill(first, 'SIGKILL');
    } catch {
      // It was ended.
    }
  });
  process.kill(first, 'SIGSTOP');

  await expect.poll(() => said[0], { timeout: 60_000 }).toBe('ended: no answer for 3 s');
  await expect.poll(() => healthOf(web.url), { timeout: 60_000 }).toBe(200);
  expect(() => process.kill(first, 0)).toThrow('ESRCH');
});

it('is left alone while it answers', async () => {
  const { web, said } = await serve({}, {}, { everyMs: 50, missed: 60 });
  const first = pidOf(web);

  await sleep(5_000);
  expect([pidOf(web), said]).toEqual([first, []]);
});

it('ends with its worker, and not by a signal that is meant for it', async () => {
  const { web, port } = await serve();
  const pid = pidOf(web);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.kill(pid, signal);
  await sleep(200);
  expect((await fetch(`${web.url}/healthz`)).status).toBe(200);

  await web.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect((await serve({}, { listen: { host: '127.0.0.1', port } })).port).toBe(port);
});

it('a worker that does not answer is not healthy, and a port that is taken is a sentence', async () => {
  const { web, port } = await serve({ ages: () => new Promise(() => {}) });
  expect((await fetch(`${web.url}/healthz`)).status).toBe(503);
  await expect(serve({}, { listen: { host: '127.0.0.1', port } })).rejects.toThrow(
    /cannot listen on 127\.0\.0\.1:\d+ .*EADDRINUSE/,
  );
});

it('/readyz says one word to everybody, and what is missing to who has the token', async () => {
  const { web } = await serve();
  const asked = async (init?: RequestInit) => (await fetch(`${web.url}/readyz`, init)).json();
  expect(await asked()).toEqual({ ready: false });
  expect(await asked({ headers })).toEqual({ ready: false, missing: ['NOPERM this user has no permissions'] });
});

it('wrong tokens are told once, with where they came from', async () => {
  const { web, said } = await serve();
  await Promise.all(
    Array.from({ length: 5 }, (_, i) => fetch(`${web.url}/`, { headers: { authorization: `Bearer guess-${i}` } })),
  );
  expect(said).toEqual(['127.0.0.1 came with a wrong token (1)']);
});

it('what the worker refuses is refused with its sentence; what fails there says nothing', async () => {
  const { web, said } = await serve({
    alerts: async ({ left }) => {
      if (left.length > 0) throw new Refused(503, 'Send it again in a minute.');
      throw new Error('broker SENTINEL');
    },
  });
  const post = async (alerts: unknown) => {
    const body = JSON.stringify({ version: '4', alerts });
    const init = { method: 'POST', body, headers: { ...headers, 'content-type': 'application/json' } };
    const response = await fetch(`${web.url}/hooks/alertmanager`, init);
    return [response.status, await response.text()];
  };
  expect(await post([{ status: 'odd' }])).toEqual([503, 'Send it again in a minute.\n']);
  expect(await post([])).toEqual([500, 'Weir could not answer this; its log says why.\n']);
  expect(said).toContain('broker SENTINEL');
});

it('asks so many questions at once, and a worker that is held up is not heaped with more', async () => {
  const sent: number[] = [];
  const asking = createAsking((id) => sent.push(id));
  const answers = Array.from({ length: 40 }, () => asking.ask('status', null).catch((error: Error) => error.message));
  expect(sent).toHaveLength(16);
  for (const id of sent) asking.hear({ kind: 'answer', id, answer: healthy });

  const told = await Promise.all(answers);
  expect(told.filter((one) => one === healthy)).toHaveLength(16);
  expect(told.filter((one) => typeof one === 'string' && one.startsWith('Weir has too much'))).toHaveLength(24);
});
