/** Socket Mode with Slack's own client: it comes back whatever Slack does, and never ends the process. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { slashFields } from '../../../lab/slack/signed.ts';
import { type SlackStandIn, sendJson, startSlackStandIn } from '../../../lab/slack/stand-in.ts';
import type { Click, SlashCommand } from '../../../src/tell/chatops/payload.ts';
import { reply } from '../../../src/tell/chatops/reply.ts';
import { type Socket, startSocket } from '../../../src/tell/chatops/socket.ts';
import { clickPayload } from '../../support/slack.ts';
import { secret } from '../fixtures/news.ts';

let slack: SlackStandIn;
let socket: Socket;
let commands: SlashCommand[] = [];
let clicks: Click[] = [];
let errors: string[] = [];

beforeEach(async () => {
  slack = await startSlackStandIn({ appToken: 'xapp-right' });
});

afterEach(async () => {
  await socket.stop();
  await slack.stop();
  [commands, clicks, errors] = [[], [], []];
});

function start(token = 'xapp-right'): void {
  socket = startSocket({
    appToken: secret(token),
    apiUrl: slack.apiUrl,
    async onCommand(command) {
      commands.push(command);
      return reply('Done');
    },
    async onClick(click) {
      clicks.push(click);
    },
    onError: (error) => errors.push(String(error)),
  });
}

const connected = () => vi.waitUntil(() => slack.socket.connections() > 0, { timeout: 50_000 });

it('takes commands with their answer, and clicks', async () => {
  start();
  await connected();
  const answered = await slack.socket.send(
    'slash_commands',
    slashFields('U0OPS', 'status', 'https://hooks.slack.com/x'),
  );
  expect(answered).toMatchObject({ text: 'Done', response_type: 'ephemeral' });
  expect(commands).toMatchObject([{ user: 'U0OPS', text: 'status' }]);
  const action = { action_id: 'ack', type: 'button', value: 'x' };
  await slack.socket.send('interactive', clickPayload('U0OPS', action, 'https://hooks.slack.com/x'));
  await vi.waitUntil(() => clicks.length > 0, { timeout: 50_000 });
  // What is neither is acknowledged, and nothing is done.
  await slack.socket.send('interactive', { type: 'view_submission' });
  expect(clicks).toHaveLength(1);
});

it.each([
  ['an error of HTTP', (response: Parameters<typeof sendJson>[0]) => sendJson(response, 500, {})],
  [
    'no right to connect',
    (response: Parameters<typeof sendJson>[0]) => sendJson(response, 200, { ok: false, error: 'invalid_auth' }),
  ],
  ['a broken connection', (response: Parameters<typeof sendJson>[0]) => void response.socket?.destroy()],
])(
  'comes back after %s just as it connects anew',
  async (_name, fail) => {
    start();
    await connected();
    let failed = 0;
    slack.answer = (call, response) => {
      if (call.method !== 'apps.connections.open') return undefined;
      failed += 1;
      fail(response);
      return true;
    };
    slack.socket.drop();
    await vi.waitUntil(() => failed > 0, { timeout: 50_000 });
    slack.answer = undefined;
    await connected();
    expect(errors.length).toBeGreaterThan(0);
    await slack.socket.send('slash_commands', slashFields('U0OPS', 'status', 'https://hooks.slack.com/x'));
  },
  150_000,
);

it('with a wrong token says what to look at, without the token, and stops at once', async () => {
  start('xapp-wrong-token');
  await vi.waitUntil(() => errors.length > 0, { timeout: 50_000 });
  expect(errors[0]).toContain('look at tell.slack.app_token');
  expect(errors.join()).not.toContain('xapp-wrong-token');
  // Nothing is said or tried any more, however long it would have waited before the next try.
  await socket.stop();
  const tries = slack.calls.length;
  await sleep(2_500);
  expect(slack.calls).toHaveLength(tries);
});
