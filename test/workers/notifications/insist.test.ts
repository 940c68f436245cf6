/** "Weir is dead" is told until somebody has it: with real HTTP servers in the process. */

import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerWith, type SlackStandIn, startSlackStandIn } from '../../../lab/slack/stand-in.ts';
import type { TellConfig } from '../../../src/model/configuration/config.ts';
import { openChannels, openOwnNotifiers } from '../../../src/operations/destinations.ts';
import { createConsoleNotifier } from '../../../src/tell/notify/console.ts';
import type { Notifier } from '../../../src/tell/notify/notifier.ts';
import { createInsistence, type Insistence } from '../../../workers/notifications/insist.ts';
import { PLAN } from '../../support/pool.ts';
import { news, secret } from '../../tell/fixtures/news.ts';

const AGAIN_MS = 200;
const away = answerWith(503, { ok: false });

let slack: SlackStandIn;
let failures: string[];
let insistence: Insistence;

const slackConfig = () => ({ slack: { token: secret('xoxb'), channel: '#log', apiUrl: slack.apiUrl } });
const NO_MAIL = { mail: { smtp: secret('smtp://127.0.0.1:1'), from: 'weir@example.com', to: ['a@example.com'] } };
const closers: (() => void)[] = [];

async function open(config: Omit<TellConfig, 'plan'>) {
  const tell = { ...config, plan: PLAN };
  const channels = await openChannels(tell);
  closers.push(() => channels.mailer?.close());
  return openOwnNotifiers(tell, channels);
}

function insist(notifiers: ReadonlyMap<string, Notifier>, deadlineMs?: number): Insistence {
  const onFailure = ({ channel, message }: { channel: string; message: string }) => {
    failures.push(channel);
    sentences.push(message);
  };
  const more = deadlineMs === undefined ? {} : { deadlineMs };
  return createInsistence({ notifiers, onFailure, againMs: AGAIN_MS, ...more });
}
let sentences: string[];

beforeEach(async () => {
  slack = await startSlackStandIn();
  failures = [];
  sentences = [];
  insistence = insist(await open(slackConfig()));
});
afterEach(async () => {
  insistence.stop();
  for (const close of closers.splice(0)) close();
  await slack.stop();
});

const ids = () =>
  slack.calls.map(({ fields }) => (fields.metadata as { event_payload: { id: string } }).event_payload.id);

describe('news that somebody must have', () => {
  it('are told again where a channel was away, under the same id, and no more once it has them', async () => {
    slack.answer = away;
    insistence.tell(news());
    await expect.poll(() => failures.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    slack.answer = undefined;
    const tried = slack.calls.length;
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(tried + 1);
    await sleep(3 * AGAIN_MS);
    expect(slack.calls).toHaveLength(tried + 1);
    expect(new Set(ids())).toEqual(new Set([news().id]));
    expect(new Set(failures)).toEqual(new Set(['slack']));
  });

  it('are told once however often they are said', async () => {
    insistence.tell(news());
    insistence.tell(news());
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(1);
    await sleep(3 * AGAIN_MS);
    expect(slack.calls).toHaveLength(1);
  });

  it('are not told to who has not heard them by the time that they are over', async () => {
    slack.answer = away;
    insistence.tell(news());
    await expect.poll(() => failures.length, { timeout: 20_000 }).toBe(1);
    insistence.withdraw(news().id);
    slack.answer = undefined;
    const tried = slack.calls.length;
    await sleep(3 * AGAIN_MS);
    expect(slack.calls).toHaveLength(tried);
    // It may come again.
    insistence.tell(news());
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(tried + 1);
  });

  it('wait as long as a channel asks for that is told too much', async () => {
    slack.answer = answerWith(429, { ok: false }, { 'Retry-After': '1' });
    const startedAt = performance.now();
    insistence.tell(news());
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(2);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
  });

  it('go to each of several by itself: one that fails keeps them from no other, and is tried again alone', async () => {
    const stream = new PassThrough();
    const own = await open({ ...slackConfig(), ...NO_MAIL });
    expect([...own.keys()]).toEqual(['slack:#log', 'mail:a@example.com']);
    insistence = insist(new Map([['console', createConsoleNotifier({ stream })], ...own]));
    insistence.tell(news());
    const ofMail = () => failures.filter((channel) => channel === 'mail').length;
    await expect.poll(ofMail, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    expect(sentences.join()).toContain('ECONNREFUSED');
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(1);
    expect(String(stream.read()).match(/Downstream/g)).toHaveLength(1);
  });

  it('where a destination never answers, or throws anything, are failures of its own, and the others have them', async () => {
    const hangs: Notifier = { show: () => new Promise(() => {}) };
    const throws: Notifier = {
      show() {
        throw new TypeError('boom');
      },
    };
    const own = await open(slackConfig());
    insistence = insist(new Map([['hangs', hangs], ['throws', throws], ...own]), 50);
    insistence.tell(news());
    await expect.poll(() => new Set(sentences), { timeout: 20_000 }).toContain('hangs gave no answer within 50 ms.');
    expect(new Set(failures)).toContain('throws');
    expect(sentences).toContain('boom');
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(1);
  });

  it('go nowhere by themselves where weir.yaml names no channel', async () => {
    expect([...(await open({})).keys()]).toEqual([]);
  });
});
