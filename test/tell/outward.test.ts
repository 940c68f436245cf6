/** Webhooks and an Alertmanager, both ways: real HTTP servers, and Debian's prometheus-alertmanager. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import type { Delivery, ThreadView } from '../../src/model/people/thread.ts';
import { parseAlertmanager } from '../../src/tell/http/alertmanager-in.ts';
import { alertsOf, createAlertmanagerNotifier } from '../../src/tell/notify/alertmanager.ts';
import { TellError } from '../../src/tell/notify/tell-error.ts';
import { createWebhookNotifier } from '../../src/tell/notify/webhook.ts';
import { startHttp, type TestHttp } from '../support/http.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/waiting.ts';
import { secret } from './fixtures/news.ts';
import { incidentOf, NOW, threadOf } from './fixtures/threads.ts';

const SECRET = 'a-shared-secret';
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Posted {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function receive(answer: (response: ServerResponse, posted: Posted) => void = (r) => void r.end('ok')) {
  const posts: Posted[] = [];
  const { url, stop } = await startHttp(async (request, response) => {
    const posted = { headers: request.headers, body: await text(request) };
    posts.push(posted);
    answer(response, posted);
  });
  closers.push(stop);
  return { url: `${url}/hook`, posts };
}

const VIEW: ThreadView = { thread: threadOf(), incidents: [incidentOf()], mutes: [] };

/** Shows it, and gives what is shown then. */
async function show(
  url: string,
  view: ThreadView = VIEW,
  shown?: Delivery,
  timeoutMs = 30_000,
): Promise<Delivery | undefined> {
  let saved: Delivery | undefined;
  const save = async (now: Delivery) => {
    saved = now;
  };
  await createWebhookNotifier({ kind: 'webhook', url, secret: secret(SECRET) }, timeoutMs).show(view, {
    shown,
    now: NOW,
    save,
  });
  return saved;
}

async function failure(url: string, timeoutMs?: number): Promise<TellError> {
  const error = await show(url, VIEW, undefined, timeoutMs).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TellError);
  return error as TellError;
}

describe('a webhook', () => {
  it('gets the whole thread, signed, and each change once', async () => {
    const { url, posts } = await receive();
    const shown = await show(url);
    expect(shown).toEqual({ revision: 1, seq: 0 });
    const [post] = posts;
    const { 'x-weir-timestamp': at, 'x-weir-signature': signature, 'x-weir-delivery': delivery } = post?.headers ?? {};
    expect(signature).toBe(
      `v1=${createHmac('sha256', SECRET)
        .update(`v1:${String(at)}:${post?.body}`)
        .digest('hex')}`,
    );
    expect(delivery).toBe(`logs-42.${NOW - 180_000}.1`);
    expect(JSON.parse(post?.body ?? '')).toMatchObject({
      ...{ version: 1, pool: 'logs', state: 'firing', severity: 'page', closedAt: null },
      incidents: [
        { rule: 'member-unwritable', target: 'b', state: 'firing', startsAt: '2026-11-23T03:09:00.000Z', endsAt: null },
      ],
    });
    expect(await show(url, VIEW, shown)).toBeUndefined();
    expect(posts).toHaveLength(1);
  });

  it('that is slow, sends away, redirects, breaks or talks rubbish is one sentence, without the secret', async () => {
    const slow = await receive(() => {});
    expect((await failure(slow.url, 1_000)).message).toMatch(/^127\.0\.0\.1:\d+ did not take a POST: .*tried again/);
    const busy = await receive((r) => {
      r.writeHead(429, { 'Retry-After': '17' });
      r.end();
    });
    expect((await failure(busy.url)).retryAfterMs).toBe(17_000);
    const elsewhere = await receive((r) => {
      r.writeHead(302, { Location: slow.url });
      r.end();
    });
    expect((await failure(elsewhere.url)).message).toContain('did not take a POST');
    expect(slow.posts).toHaveLength(1);
    const rubbish = await receive((r) => {
      r.writeHead(500);
      r.end(`\u001b[31m${SECRET} ${'x'.repeat(90_000)}`);
    });
    const error = await failure(rubbish.url);
    expect(error.message).toContain('answered a POST with 500');
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toContain(SECRET);
    const broken = await receive((r) => void r.socket?.destroy());
    expect((await failure(broken.url)).message).toContain('did not take a POST');
  });
});

describe('for an Alertmanager', () => {
  it('what fires ends by itself unless it is said again; muted, silenced and resolved ones end now', () => {
    const ends = (parts: Parameters<typeof incidentOf>[0]) =>
      alertsOf({ ...VIEW, incidents: [incidentOf(parts)] }, NOW).map(({ endsAt }) => Date.parse(endsAt) - NOW);
    expect(ends({})).toEqual([360_000]);
    expect(ends({ mutedBy: 'x' })).toEqual([0]);
    expect(ends({ silencedBy: 'x' })).toEqual([0]);
    expect(ends({ resolvedAt: NOW - 5_000 })).toEqual([-5_000]);
    expect(alertsOf({ ...VIEW, thread: threadOf({ kind: 'notice' }) }, NOW)).toEqual([]);
  });

  it('labels are as Prometheus allows them, and never replace what Weir says', () => {
    const [alert] = alertsOf(
      { ...VIEW, incidents: [incidentOf({ labels: { 'a-b': '1', '9x': '2', pool: 'evil', empty: '' } })] },
      NOW,
    );
    expect(alert?.labels).toEqual({
      ...{ a_b: '1', _9x: '2', alertname: 'member-unwritable', pool: 'logs', target: 'b', severity: 'page' },
    });
  });
});

describe('with a real Alertmanager', () => {
  let child: ChildProcess;
  let url: string;
  let server: TestHttp;
  const hooks: unknown[] = [];

  beforeAll(async () => {
    server = await startHttp(async (request, response) => {
      hooks.push(await json(request));
      response.end();
    });
    const folder = await tempDir();
    const hook = `${server.url}/hooks/alertmanager`;
    await writeFile(
      join(folder, 'am.yml'),
      `route: {receiver: weir, group_wait: 1s, group_interval: 1s, group_by: [alertname]}\nreceivers: [{name: weir, webhook_configs: [{url: "${hook}", send_resolved: true}]}]\n`,
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'prometheus-alertmanager', `--config.file=${join(folder, 'am.yml')}`],
        ...[`--storage.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
      ],
      { stdio: 'ignore' },
    );
    await until(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok, 'Alertmanager to be ready');
  }, 30_000);

  afterAll(async () => {
    child?.kill('SIGKILL');
    await server.stop();
  });

  const alerts = async () =>
    (await (await fetch(`${url}/api/v2/alerts`)).json()) as {
      labels: { alertname: string };
      startsAt: string;
      endsAt: string;
    }[];

  it('an incident is an alert there with its times, comes back to Weir as one, and ends there when it is resolved', async () => {
    const now = Date.now();
    const incident = incidentOf({ openedAt: now - 60_000 });
    const shower = createAlertmanagerNotifier({ url });
    const saved: Delivery[] = [];
    const save = async (shown: Delivery) => void saved.push(shown);
    await shower.show({ ...VIEW, incidents: [incident] }, { shown: undefined, now, save });
    const [seen] = await until(async () => ((await alerts()).length > 0 ? alerts() : undefined), 'the alert');
    expect(seen).toMatchObject({
      labels: { alertname: 'member-unwritable', pool: 'logs', target: 'b', severity: 'page' },
    });
    expect(Date.parse(seen?.startsAt ?? '')).toBe(now - 60_000);
    expect(Date.parse(seen?.endsAt ?? '')).toBe(now + 360_000);

    const [firing] = await until(() => (hooks.length > 0 ? hooks : undefined), 'its message');
    // Its own incident comes back with what it is known by; an alert of others has no such claim.
    const { id } = incident;
    expect(parseAlertmanager(firing, ['logs'])).toMatchObject({
      told: [{ alerts: [{ claim: { incident: id, rule: 'member-unwritable', pool: 'logs', target: 'b' } }] }],
    });
    const others = JSON.parse(JSON.stringify(firing).replaceAll('weir_incident', 'note')) as unknown;
    expect(parseAlertmanager(others, ['logs'])).toMatchObject({
      told: [{ pool: 'logs', alerts: [{ name: 'member-unwritable', firing: true, startsAt: now - 60_000 }] }],
    });

    await shower.show(
      { ...VIEW, incidents: [{ ...incident, resolvedAt: Date.now() - 1_000 }] },
      { shown: saved[0], now: Date.now(), save },
    );
    await until(async () => (await alerts()).length === 0, 'the alert to be over');
    const resolved = await until(
      () => hooks.find((one) => JSON.stringify(one).includes('"status":"resolved"')),
      'its end',
    );
    expect(
      parseAlertmanager(JSON.parse(JSON.stringify(resolved).replaceAll('weir_incident', 'note')), ['logs']),
    ).toMatchObject({ told: [{ alerts: [{ firing: false }] }] });
  }, 60_000);
});
