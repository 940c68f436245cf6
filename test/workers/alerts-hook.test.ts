/** An Alertmanager's message on its way: a real request, a real broker. */

import { afterEach, describe, expect, it } from 'vitest';
import { readAfter } from '../../src/broker/entries/stream.ts';
import { poolKeys } from '../../src/broker/keys.ts';
import { LARGE_BODY_LIMIT } from '../../src/tell/http/body.ts';
import { createHttpServer, type HttpServer } from '../../src/tell/http/server.ts';
import { createAlertsIn } from '../../workers/http/alerts-in.ts';
import type { AnswerTo, Ask, Question } from '../../workers/http/questions.ts';
import { inboundHandlers } from '../../workers/http/sources.ts';
import { redisOfFile } from '../support/redis-of-file.ts';
import { secret } from '../tell/fixtures/news.ts';

const TOKEN = 'page-token-0123456789';
const redis = await redisOfFile();

let server: HttpServer | undefined;
let refused: string[] = [];
afterEach(async () => {
  await server?.stop();
  refused = [];
});

async function serve(): Promise<string> {
  const alerts = createAlertsIn({
    redis,
    pools: ['logs', 'metrics'],
    wake: async () => {},
    onLeft: (sentence) => void refused.push(sentence),
  });
  const ask: Ask = async <Q extends Question>(_: Q, about: unknown) =>
    (await alerts(about as Parameters<typeof alerts>[0])) as AnswerTo<Q>;
  const inbound = inboundHandlers({
    token: secret(TOKEN),
    pools: ['logs', 'metrics'],
    ask,
    onRefused: (sentence) => void refused.push(sentence),
    onError: (error) => expect.fail(String(error)),
  });
  server = createHttpServer({ listen: { host: '127.0.0.1', port: 0 }, token: secret(TOKEN), inbound, handlers: [] });
  return server.start();
}

async function post(url: string, body: string): Promise<[status: number, text: string]> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${url}/hooks/alertmanager`, { method: 'POST', body, headers });
  return [response.status, await response.text()];
}

async function toldOf(pool: string) {
  const entries = await readAfter(redis, pool, '0-0', 100);
  return entries.flatMap(({ body }) => (body.kind === 'alerts' ? body.alerts : []));
}

/** One of kube-state-metrics: about a kilobyte. */
function ordinary(index: number, status = 'firing') {
  const labels = { alertname: 'KubePodCrashLooping', namespace: 'default', pod: `converters-5d9c7b6f4-${index}` };
  const generatorURL = `http://192.0.2.9:9090/graph?g0.expr=${'max_over_time'.repeat(40)}`;
  const annotations = {
    description: `Pod converters-${index} is in waiting state. ${'It was restarted. '.repeat(10)}`,
  };
  return { status, labels, annotations, startsAt: '2026-05-02T10:00:00.123456789Z', generatorURL };
}

const message = (alerts: readonly object[]) => JSON.stringify({ version: '4', alerts });
const many = (count: number, status?: string) => Array.from({ length: count }, (_, i) => ordinary(i, status));

describe('alerts that are sent here', () => {
  it('are taken: a thousand of a kilobyte each, and all of them when they are over', async () => {
    const url = await serve();
    const firing = message(many(1_000));
    expect(firing.length).toBeGreaterThan(800_000);

    expect(await post(url, firing)).toEqual([200, 'Taken: 1000 for logs, 1000 for metrics.\n']);
    expect(await post(url, message(many(1_000, 'resolved')))).toEqual([200, expect.stringContaining('Taken: 1000')]);

    const told = await toldOf('logs');
    expect(told.filter((one) => one.firing)).toHaveLength(1_000);
    const over = new Set(told.filter((one) => !one.firing).map(({ fingerprint }) => fingerprint));
    expect(told.filter((one) => one.firing && !over.has(one.fingerprint))).toEqual([]);
    expect(refused).toEqual([]);
  });

  it('are taken one by one: what is left out is in the answer, and in the log where somebody must mend it', async () => {
    const url = await serve();
    const ceph = { ...ordinary(1), labels: { alertname: 'CephPoolNearFull', pool: 'rbd' } };

    const [status, answer] = await post(url, message([ceph, { ...ordinary(2), status: 'burning' }, ordinary(3)]));

    expect(status).toBe(200);
    expect(answer.split('\n').slice(0, 3)).toEqual([
      'Taken: 1 for logs, 1 for metrics.',
      'Not read: alerts.1: the status is "burning", not firing or resolved.',
      "For pools that are not Weir's: rbd.",
    ]);
    expect(refused).toEqual(['Not read: alerts.1: the status is "burning", not firing or resolved.']);
    expect(await toldOf('metrics')).toMatchObject([{ name: 'KubePodCrashLooping' }]);
  });

  it('are refused beyond 8 MiB, with a sentence that says so', async () => {
    const url = await serve();
    const tooMany = message(many(1 + Math.ceil(LARGE_BODY_LIMIT / message(many(1)).length) * 2));
    expect(tooMany.length).toBeGreaterThan(LARGE_BODY_LIMIT);

    // A server that refuses early may close the connection while the client still writes.
    const answer = await post(url, tooMany).catch(() => undefined);

    expect(answer ?? [413, 'closed']).toEqual([413, expect.stringMatching(/8388608 bytes at most|closed/)]);
    expect(await toldOf('logs')).toEqual([]);
    expect((await post(url, message([ordinary(1)])))[0]).toBe(200);
  });

  it('are asked for again where several large messages are being read: their memory has an end', async () => {
    const url = await serve();
    const slow = () => {
      const [first, rest] = [message(many(100)).slice(0, 10), message(many(100)).slice(10)];
      let send: () => void = () => {};
      const sent = new Promise<void>((resolve) => {
        send = resolve;
      });
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode(first));
          await sent;
          controller.enqueue(new TextEncoder().encode(rest));
          controller.close();
        },
      });
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` };
      const answer = fetch(`${url}/hooks/alertmanager`, {
        method: 'POST',
        body,
        headers,
        duplex: 'half',
      } as RequestInit);
      return { send, answer };
    };
    const reading = Array.from({ length: 4 }, slow);

    await expect.poll(async () => (await post(url, message(many(100))))[0], { timeout: 30_000 }).toBe(503);
    expect((await post(url, message([ordinary(1)])))[0]).toBe(200);

    for (const { send } of reading) send();
    expect((await Promise.all(reading.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([
      200, 200, 200, 200,
    ]);
    expect((await post(url, message(many(100))))[0]).toBe(200);
  });

  it('fill no broker: a pool takes a MiB of them in a minute, the answer says what is left out, and the log once', async () => {
    const url = await serve();
    // As large as one can be: 40 posts of them were 6 MB more in the broker, and nothing ended it.
    const labels = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`label_${i}`, 'x'.repeat(200)]));
    const large = message(many(900).map((one) => ({ ...one, labels: { ...one.labels, ...labels, pool: 'logs' } })));
    const answers: [number, string][] = [];
    for (let i = 0; i < 10; i += 1) answers.push(await post(url, large));

    expect(answers[0]?.[1]).toMatch(/^Taken: \d+ for logs|^Taken: 900/);
    expect(answers.at(-1)).toEqual([503, 'Left out: 900 alerts for logs, for more than 1.0 MiB came in a minute.\n']);
    expect(Buffer.byteLength(JSON.stringify(await toldOf('logs')))).toBeLessThan(1.1 * 1024 * 1024);
    expect(refused.filter((one) => one.startsWith('Left out'))).toHaveLength(
      answers.filter(([s]) => s === 503).length + 1,
    );
  });

  it("are left out when they are Weir's own incidents, and not because they say so", async () => {
    const url = await serve();
    const incident = { pool: 'logs', rule: 'member-unwritable', target: 'b' };
    await redis.hset(poolKeys('logs').incidents, 'logs-1', JSON.stringify(incident));
    const claims = (target: string, id: string) => ({
      ...ordinary(1),
      labels: { alertname: 'member-unwritable', pool: 'logs', target },
      annotations: { weir_incident: id },
    });

    expect(await post(url, message([claims('b', 'logs-1')]))).toEqual([200, 'Taken: nothing.\n']);
    expect(await post(url, message([claims('a', 'logs-1'), claims('b', 'logs-2')]))).toEqual([
      200,
      'Taken: 2 for logs.\n',
    ]);
    expect(await toldOf('logs')).toHaveLength(2);
    expect(JSON.stringify(await toldOf('logs'))).not.toContain('claim');
  });
});
