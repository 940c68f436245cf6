/** What others send to Weir over HTTP, and what is not taken. Real requests to a real server. */

import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { signed, slashFields } from '../../../lab/slack/signed.ts';
import type { Click, SlashCommand } from '../../../src/tell/chatops/payload.ts';
import { isResponseUrl } from '../../../src/tell/chatops/payload.ts';
import { reply } from '../../../src/tell/chatops/reply.ts';
import { BODY_LIMIT, Refused } from '../../../src/tell/http/body.ts';
import { slackInbound, tokenInbound } from '../../../src/tell/http/inbound.ts';
import { createHttpServer, type HttpServer } from '../../../src/tell/http/server.ts';
import { clickPayload } from '../../support/slack.ts';
import { secret } from '../fixtures/news.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const TOKEN = 'page-token-0123456789';

let server: HttpServer;
let commands: SlashCommand[] = [];
let clicks: Click[] = [];
let refused: string[] = [];
let seen = new Set<string>();

interface Options {
  readonly remember?: (signature: string) => Promise<boolean>;
  readonly token?: string | undefined;
}

async function serve(options: Options = {}): Promise<string> {
  const { remember, token = TOKEN } = 'token' in options ? { ...options, token: options.token } : options;
  const onRefused = (sentence: string, path: string) => refused.push(`${path}: ${sentence}`);
  server = createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    token: secret(TOKEN),
    inbound: [
      ...slackInbound({
        ...{ secret: secret(SECRET), now: Date.now, onRefused },
        remember:
          remember ??
          (async (signature) => {
            const isNew = !seen.has(signature);
            seen.add(signature);
            return isNew;
          }),
        async onCommand(command) {
          commands.push(command);
          return reply('Done & <done>');
        },
        async onClick(click) {
          clicks.push(click);
        },
        onError: (error) => expect.fail(String(error)),
      }),
      tokenInbound('/hooks/alertmanager', {
        ...('token' in options && options.token === undefined ? {} : { token: secret(token ?? TOKEN) }),
        onRefused,
        async onBody(json) {
          if (!Array.isArray(json)) throw new Refused(400, 'A list is expected.');
          return `Taken: ${json.length}.`;
        },
      }),
    ],
    handlers: [],
  });
  return server.start();
}

afterEach(async () => {
  await server.stop();
  commands = [];
  clicks = [];
  refused = [];
  seen = new Set();
});

const FORM = new URLSearchParams(slashFields('U012AB3CD', 'status', 'https://hooks.slack.com/x')).toString();

function post(url: string, path: string, body: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', body, headers });
}

describe('a slash command', () => {
  it('with the right signature is taken, without the token of the page', async () => {
    const response = await post(await serve(), '/slack/commands', FORM, signed(FORM, SECRET));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ response_type: 'ephemeral', text: 'Done &amp; &lt;done&gt;' });
    expect(commands).toEqual([
      {
        user: 'U012AB3CD',
        from: { team: 'T0001', app: 'A0001', channel: 'C0LOG' },
        text: 'status',
        responseUrl: 'https://hooks.slack.com/x',
      },
    ]);
  });

  const now = () => Math.floor(Date.now() / 1_000);
  it.each([
    ['a wrong signature', () => signed(FORM, 'another secret'), 'The signature is wrong'],
    [
      'a signature of another length',
      () => ({ ...signed(FORM, SECRET), 'X-Slack-Signature': 'v0=ab' }),
      'The signature is wrong',
    ],
    ['a time 10 minutes ago', () => signed(FORM, SECRET, now() - 600), 'older than 5 minutes'],
    ['a time 10 minutes ahead', () => signed(FORM, SECRET, now() + 600), 'more than 5 minutes ahead'],
    ['a time that is no number', () => ({ ...signed(FORM, SECRET), 'X-Slack-Request-Timestamp': '1e9' }), 'is missing'],
    ['no signature', () => ({ 'Content-Type': 'application/x-www-form-urlencoded' }), 'is missing'],
  ])('with %s is refused, and nothing is done', async (_name, headers, sentence) => {
    const response = await post(await serve(), '/slack/commands', FORM, headers());
    expect(response.status).toBe(401);
    expect(await response.text()).toContain(sentence);
    expect(commands).toEqual([]);
    expect(refused).toHaveLength(1);
    expect(refused.join()).not.toMatch(/8f742231|v0=|another secret|trigger/);
  });

  it('with a changed body is refused', async () => {
    const headers = signed(FORM, SECRET);
    const response = await post(await serve(), '/slack/commands', FORM.replace('status', 'drain'), headers);
    expect(response.status).toBe(401);
  });

  it('sent a second time is refused', async () => {
    const url = await serve();
    const headers = signed(FORM, SECRET);
    expect((await post(url, '/slack/commands', FORM, headers)).status).toBe(200);
    const again = await post(url, '/slack/commands', FORM, headers);
    expect(again.status).toBe(401);
    expect(await again.text()).toContain('taken before');
    expect(commands).toHaveLength(1);
  });

  it('is not taken where nobody can tell whether it is a repetition', async () => {
    const url = await serve({ remember: () => Promise.reject(new Error('broker is away')) });
    const response = await post(url, '/slack/commands', FORM, signed(FORM, SECRET));
    expect(response.status).toBe(503);
    expect(commands).toEqual([]);
  });

  it('with two signatures is refused: two readers may take different ones', async () => {
    const url = new URL(await serve());
    const headers = Object.entries({ ...signed(FORM, SECRET), Host: 'weir', 'Content-Length': String(FORM.length) });
    const lines = [...headers, ['X-Slack-Signature', 'v0=00']].map(([name, value]) => `${name}: ${value}`);
    const answer = await raw(url, `POST /slack/commands HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${FORM}`);
    expect(answer).toContain(' 401 ');
  });

  it.each([
    ['a field that stands there twice', `${FORM}&user_id=U0BOSS`],
    ['a user id that is none', FORM.replace('U012AB3CD', 'root%20')],
    ['no user', 'text=status'],
  ])('with %s is refused', async (_name, body) => {
    const response = await post(await serve(), '/slack/commands', body, signed(body, SECRET));
    expect(response.status).toBe(400);
    expect(commands).toEqual([]);
  });
});

describe('every way in', () => {
  it('takes POST only, of its own type, and says what is expected', async () => {
    const url = await serve();
    const got = await fetch(`${url}/slack/commands`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const json = await post(url, '/slack/commands', '{}', {
      ...signed('{}', SECRET),
      'Content-Type': 'application/json',
    });
    expect(json.status).toBe(415);
    expect(await json.text()).toContain('application/x-www-form-urlencoded');
  });

  it('refuses 100 kB, said before or not', async () => {
    const url = await serve();
    const large = `text=${'x'.repeat(100_000)}`;
    const said = await post(url, '/slack/commands', large, signed(large, SECRET)).catch(() => undefined);
    expect(said?.status ?? 413).toBe(413);
    const chunk = `text=${'x'.repeat(BODY_LIMIT)}`;
    const head = 'POST /slack/commands HTTP/1.1\r\nHost: weir\r\nContent-Type: application/x-www-form-urlencoded\r\n';
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`;
    expect(await raw(new URL(url), chunked)).toContain(' 413 ');
    expect(commands).toEqual([]);
  });
});

describe('a click', () => {
  const form = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

  it('is answered at once, empty', async () => {
    const action = { action_id: 'ack', type: 'button', value: 'thread-1' };
    const body = form(clickPayload('U012AB3CD', action, 'https://hooks.slack.com/x'));
    const response = await post(await serve(), '/slack/interactions', body, signed(body, SECRET));
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(clicks).toMatchObject([{ user: 'U012AB3CD', actionId: 'ack', value: 'thread-1' }]);
  });

  it.each([
    ['not JSON', 'payload=%7Brubbish'],
    ['of another kind', new URLSearchParams({ payload: '{"type":"view_submission"}' }).toString()],
    ['no object', 'payload=null'],
    ['empty', ''],
  ])('whose payload is %s is refused', async (_name, body) => {
    const response = await post(await serve(), '/slack/interactions', body, signed(body, SECRET));
    expect(response.status).toBe(400);
    expect(clicks).toEqual([]);
  });
});

describe('alerts of an Alertmanager', () => {
  const json = { 'Content-Type': 'application/json' };

  it('need the token', async () => {
    const url = await serve();
    expect((await post(url, '/hooks/alertmanager', '[]', json)).status).toBe(401);
    expect((await post(url, '/hooks/alertmanager', '[]', { ...json, Authorization: 'Bearer wrong' })).status).toBe(401);
    const taken = await post(url, '/hooks/alertmanager', '[1]', { ...json, Authorization: `Bearer ${TOKEN}` });
    expect([taken.status, await taken.text()]).toEqual([200, 'Taken: 1.\n']);
    const rubbish = await post(url, '/hooks/alertmanager', '{', { ...json, Authorization: `Bearer ${TOKEN}` });
    expect(rubbish.status).toBe(400);
    expect(refused.join()).not.toContain(TOKEN);
  });

  it('of brackets alone are refused before they fill the memory', async () => {
    const url = await serve();
    const body = `[${'[],'.repeat(1_000_000)}[]]`;
    const answer = await post(url, '/hooks/alertmanager', body, { ...json, Authorization: `Bearer ${TOKEN}` });
    expect([answer.status, await answer.text()]).toEqual([413, 'A body of 1000000 values at most is expected.\n']);
  });

  it('are not taken where no token is configured', async () => {
    const url = await serve({ token: undefined });
    const response = await post(url, '/hooks/alertmanager', '[]', { ...json, Authorization: 'Bearer undefined' });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('Set http.token');
  });
});

it('an answer goes to Slack only', () => {
  expect(isResponseUrl('https://hooks.slack.com/commands/T1/2/x', undefined)).toBe(true);
  for (const url of [
    'http://hooks.slack.com/x',
    'https://hooks.slack.com.evil.example/x',
    'https://hooks.slack.com@evil.example/x',
    'https://user@hooks.slack.com/x',
    'http://127.0.0.1:9/x',
    'file:///etc/passwd',
    '',
  ]) {
    expect(isResponseUrl(url, undefined), url).toBe(false);
  }
  expect(isResponseUrl('http://127.0.0.1:9/response/1', 'http://127.0.0.1:9/api')).toBe(true);
  expect(isResponseUrl('http://127.0.0.1:10/response/1', 'http://127.0.0.1:9/api')).toBe(false);
});

/** A request just as it is written. */
function raw(url: URL, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(url.port), url.hostname, () => socket.write(text));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (data) => {
      answer += String(data);
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}
