import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TellError, type Teller } from '../../../src/tell/notify/teller.ts';
import { closeTellers, createTellers, failureOf, tellAll } from '../../../src/tell/notify/tellers.ts';
import { news, secret } from '../fixtures/news.ts';
import { type FakeSlack, json, startSlack } from '../fixtures/slack-server.ts';

let slack: FakeSlack;
let tellers: Teller[];
let printed: PassThrough;

beforeEach(async () => {
  slack = await startSlack();
  printed = new PassThrough();
  const config = {
    slack: { token: secret('xoxb'), channel: '#log', apiUrl: slack.apiUrl },
    mail: { smtp: secret('smtp://127.0.0.1:1'), from: 'weir@example.com', to: ['a@example.com'] },
  };
  tellers = await createTellers(config, { stream: printed });
});

afterEach(async () => {
  closeTellers(tellers);
  await slack.stop();
});

test('what is configured is told, and the console always', async () => {
  expect(tellers.map((teller) => teller.name)).toEqual(['console', 'slack', 'mail']);
  expect((await createTellers({})).map((teller) => teller.name)).toEqual(['console']);
});

test('one that fails keeps the news from nobody else, and is counted', async () => {
  const counted: string[] = [];
  const result = await tellAll(tellers, news(), { onFailure: (error) => counted.push(error.teller) });

  expect(result.told).toEqual(['console', 'slack']);
  expect(result.failed.map((error) => error.teller)).toEqual(['mail']);
  expect(counted).toEqual(['mail']);
  expect(failureOf(result)?.message).toContain('ECONNREFUSED');
});

test('the next try goes to the one that failed only', async () => {
  const first = await tellAll(tellers, news());
  const second = await tellAll(tellers, news(), { told: first.told });

  expect(slack.calls).toHaveLength(1);
  expect(String(printed.read()).match(/Downstream/g)).toHaveLength(1);
  expect(second.told).toEqual(['console', 'slack']);
  expect(second.failed).toHaveLength(1);
});

test('a rate limit comes through with its time, when nothing else is to be tried sooner', async () => {
  slack.answer = (response) => json(response, 429, { ok: false }, { 'Retry-After': '9' });
  const both = await tellAll(tellers, news());
  expect(failureOf(both)?.retryAfterMs).toBeUndefined();
  const only = await tellAll(tellers, news(), { told: ['console', 'mail'] });
  expect(failureOf(only)?.retryAfterMs).toBe(9_000);
});

test('a channel that never answers, and one that throws anything, are failures of their own', async () => {
  const hangs: Teller = { name: 'hangs', tell: () => new Promise(() => {}), close() {} };
  const throws: Teller = {
    name: 'throws',
    tell() {
      throw new TypeError('boom');
    },
    close() {},
  };
  const result = await tellAll([hangs, throws, ...tellers.slice(0, 1)], news(), { deadlineMs: 50 });
  expect(result.told).toEqual(['console']);
  expect(result.failed.map((error) => error.message)).toEqual(['hangs gave no answer within 50 ms.', 'boom']);
  expect(failureOf(result)).toBeInstanceOf(TellError);
});

test('nothing failed, nothing to throw', async () => {
  expect(failureOf(await tellAll(tellers.slice(0, 2), news()))).toBeUndefined();
});
