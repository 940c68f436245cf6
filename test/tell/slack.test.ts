import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerWith, type SlackStandIn, startSlackStandIn } from '../../lab/slack/stand-in.ts';
import { threadOfMessage } from '../../src/tell/incidents/threads.ts';
import { showMessage } from '../../src/tell/notify/notifier.ts';
import { createSlackClient } from '../../src/tell/notify/slack/client.ts';
import { escapeWithin } from '../../src/tell/notify/slack/mrkdwn.ts';
import { createSlackNotifier } from '../../src/tell/notify/slack/notifier.ts';
import { slackThread } from '../../src/tell/notify/slack/thread-message.ts';
import { TellError } from '../../src/tell/notify/tell-error.ts';
import { news, secret } from './fixtures/news.ts';

const TOKEN = 'xoxb-not-a-real-token';

interface Block {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string; readonly verbatim?: boolean };
  readonly elements?: readonly { readonly text: string }[];
}

let slack: SlackStandIn;

beforeEach(async () => {
  slack = await startSlackStandIn();
});

afterEach(() => slack.stop());

/** Tells it in a channel, as a process does that tells by itself. `timeoutMs`: short where Slack does not answer. */
function tell(message = news(), timeoutMs = 30_000): Promise<void> {
  const notifier = createSlackNotifier({
    client: createSlackClient({ token: secret(TOKEN), apiUrl: slack.apiUrl, timeoutMs }),
    channel: '#log-oncall',
    slot: async () => undefined,
    picture: () => Promise.reject(new Error('a message has no picture')),
    onError: (error) => expect.fail(String(error)),
  });
  return showMessage(notifier, message);
}

function shown(parts: Parameters<typeof news>[0]): { text: string; blocks: Block[] } {
  const message = news(parts);
  const { text, attachments } = slackThread({ thread: threadOfMessage(message), incidents: [], mutes: [] }, message.at);
  return { text, blocks: attachments[0]?.blocks as unknown as Block[] };
}

async function failure(promise: Promise<void>): Promise<TellError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TellError);
  return error as TellError;
}

describe('a message', () => {
  it('goes to the channel with the token, a text and blocks', async () => {
    await tell();

    expect(slack.calls).toHaveLength(1);
    const [call] = slack.calls;
    expect(call?.method).toBe('chat.postMessage');
    expect(call?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(call?.fields.channel).toBe('#log-oncall');
    expect(call?.fields.text).toContain('PAGE: Downstream stalled');
    const [attachment] = (call?.fields.attachments ?? []) as { color: string; blocks: Block[] }[];
    const { color, blocks = [] } = attachment ?? {};
    expect(color).toBe('#a30200');
    expect(blocks.map((block) => block.type)).toEqual(['section', 'section', 'context']);
    expect(blocks[2]?.elements?.[0]?.text).toMatch(/^pool logs · told by worker · 2026-11-2\d/);
    expect(call?.fields.metadata).toEqual({
      event_type: 'weir_thread',
      event_payload: { id: news().id },
    });
  });

  it('pings nobody and starts no link, whatever the names are', () => {
    const hostile = '<!channel> @channel & <https://evil.example|ok>';
    const { text, blocks } = shown({ title: hostile, lines: [hostile], pool: hostile, from: hostile });

    const escaped = '&lt;!channel&gt; @channel &amp; &lt;';
    expect(text).toContain(escaped);
    for (const block of blocks) {
      expect(block.text?.text ?? block.elements?.[0]?.text).toContain(escaped);
      expect(block.text?.text ?? '').not.toContain('<!');
      if (block.text !== undefined) expect(block.text.verbatim).toBe(true);
    }
  });

  it('makes a link of the runbook, without the full stop behind it', () => {
    const [, body] = shown({}).blocks;
    expect(body?.text?.text).toContain('Runbook: <https://wiki.example.com/redis?a=1&amp;b=2>.');
  });

  it('stays within the limits of Slack', () => {
    const { blocks } = shown({ title: '&'.repeat(400), lines: Array.from({ length: 99 }, () => '<'.repeat(90)) });
    const [title, body] = blocks;
    expect(title?.text?.text.length).toBeLessThanOrEqual(170);
    expect(body?.text?.text.length).toBeLessThanOrEqual(3_000);
    expect(body?.text?.text.endsWith('\n…')).toBe(true);
  });

  it('without lines has no empty section', () => {
    expect(shown({ lines: [] }).blocks.map((block) => block.type)).toEqual(['section', 'context']);
  });
});

it('escaping: only & < > change, nothing is cut in two, the limit holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 60 }), (text, limit) => {
      const escaped = escapeWithin(text, limit);
      expect(escaped.length).toBeLessThanOrEqual(limit);
      expect(escaped.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
      const back = escaped.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      expect(text === back || text.startsWith(back.replace(/…$/, ''))).toBe(true);
    }),
  );
});

describe('a failure', () => {
  it('channel_not_found says what to check', async () => {
    slack.answer = answerWith(200, { ok: false, error: 'channel_not_found' });
    const error = await failure(tell());
    expect(error.message).toBe(
      "A message to Slack's #log-oncall did not arrive: Slack said channel_not_found. Check tell.slack.channel, and invite the app to the channel.",
    );
    expect(error.retryAfterMs).toBeUndefined();
  });

  it('a rate limit is thrown at once with its time, and not sat out', async () => {
    slack.answer = answerWith(429, { ok: false, error: 'ratelimited' }, { 'Retry-After': '17' });
    const started = performance.now();
    const error = await failure(tell());
    expect(error.retryAfterMs).toBe(17_000);
    // Sat out, it would have taken 17 s.
    expect(performance.now() - started).toBeLessThan(error.retryAfterMs as number);
    expect(slack.calls).toHaveLength(1);
  });

  it.each([
    ['no Retry-After', {}],
    ['a Retry-After that is no number', { 'Retry-After': 'soon' }],
  ])('a rate limit with %s waits a while', async (_name, headers) => {
    slack.answer = answerWith(429, { ok: false }, headers);
    expect((await failure(tell())).retryAfterMs).toBe(30_000);
  });

  it('a slow answer is given up, after one more try', async () => {
    slack.answer = () => true;
    // Long enough for a request to arrive on a busy machine.
    const error = await failure(tell(news(), 2_000));
    expect(error.message).toMatch(/did not arrive: .*(timeout|aborted)/i);
    expect(slack.calls).toHaveLength(2);
  });

  it('an answer that hangs after its headers is given up too', async () => {
    slack.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{"ok":');
      return true;
    };
    expect((await failure(tell(news(), 100))).message).toContain('did not arrive');
  });

  it('a page of a proxy that echoes the token does not get it into the message', async () => {
    slack.answer = (call, response) => {
      response.writeHead(502, { 'Content-Type': 'text/html' });
      response.end(`<html>\n${call.authorization}</html>`);
      return true;
    };
    const error = await failure(tell());
    expect(error.message).toContain('HTTP 502');
    expect(error.message).not.toContain(TOKEN);
  });

  it('rubbish with status 200 is a failure, and is quoted safely', async () => {
    slack.answer = (call, response) => {
      response.end(`rubbish\u001b[31m ${call.authorization} ${'x'.repeat(9_000)}`);
      return true;
    };
    const error = await failure(tell());
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toContain(TOKEN);
    expect(error.message).not.toContain('\u001b');
  });

  it('a server that is not there is named as such', async () => {
    await slack.stop();
    const error = await failure(tell());
    expect(error.message).toMatch(/ECONNREFUSED|fetch failed/);
    slack = await startSlackStandIn();
  });
});
