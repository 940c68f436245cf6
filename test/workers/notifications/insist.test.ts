/** "Weir is dead" is told until somebody has it: with real HTTP servers in the process. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeTellers, createTellers } from '../../../src/tell/notify/tellers.ts';
import { createInsistence, type Insistence } from '../../../workers/notifications/insist.ts';
import { news, secret } from '../../tell/fixtures/news.ts';
import { type FakeSlack, json, startSlack } from '../../tell/fixtures/slack-server.ts';

const AGAIN_MS = 200;
const well = (response: Parameters<FakeSlack['answer']>[0]) =>
  json(response, 200, { ok: true, ts: '1.2', channel: 'C1' });
const away = (response: Parameters<FakeSlack['answer']>[0]) => json(response, 503, { ok: false });

let slack: FakeSlack;
let failures: string[];
let insistence: Insistence;

beforeEach(async () => {
  slack = await startSlack();
  failures = [];
  const config = { slack: { token: secret('xoxb'), channel: '#log', apiUrl: slack.apiUrl } };
  const tellers = await createTellers(config);
  insistence = createInsistence({ tellers, onFailure: ({ teller }) => void failures.push(teller), againMs: AGAIN_MS });
  closers.push(() => closeTellers(tellers));
});
const closers: (() => void)[] = [];
afterEach(async () => {
  insistence.stop();
  for (const close of closers.splice(0)) close();
  await slack.stop();
});

const ids = () =>
  slack.calls.map(
    ({ form }) => (JSON.parse(form.get('metadata') ?? '{}') as { event_payload: { id: string } }).event_payload.id,
  );

describe('news that somebody must have', () => {
  it('are told again where a channel was away, under the same id, and no more once it has them', async () => {
    slack.answer = away;
    insistence.tell(news());
    await expect.poll(() => failures.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    slack.answer = well;
    const tried = slack.calls.length;
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(tried + 1);
    await sleep(3 * AGAIN_MS);
    expect(slack.calls).toHaveLength(tried + 1);
    expect(new Set(ids())).toEqual(new Set([news().id]));
    // The console had them at once.
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
    slack.answer = well;
    const tried = slack.calls.length;
    await sleep(3 * AGAIN_MS);
    expect(slack.calls).toHaveLength(tried);
    // It may come again.
    insistence.tell(news());
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(tried + 1);
  });

  it('wait as long as a channel asks for that is told too much', async () => {
    slack.answer = (response) => json(response, 429, { ok: false }, { 'Retry-After': '1' });
    const startedAt = performance.now();
    insistence.tell(news());
    await expect.poll(() => slack.calls.length, { timeout: 20_000 }).toBe(2);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
  });
});
