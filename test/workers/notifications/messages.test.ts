/** Messages that no thread in the broker has, each destination by itself; and jobs of the version before. Real Redis and servers. */

import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerWith, type SlackStandIn, startSlackStandIn } from '../../../lab/slack/stand-in.ts';
import { jobIdOf, openQueue } from '../../../src/broker/queues.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Message } from '../../../src/model/people/message.ts';
import { openChannels } from '../../../src/operations/destinations.ts';
import { openNotifiers, TELL_PACE } from '../../../workers/notifications/destinations.ts';
import type { DigestJob } from '../../../workers/notifications/digest.ts';
import {
  type JobBefore,
  type MessageJob,
  type MessageQueue,
  queueMessage,
  startMessages,
} from '../../../workers/notifications/messages.ts';
import { poolYaml } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';
import { news } from '../../tell/fixtures/news.ts';

const redis = await redisOfFile();
const PLACES = ['slack:#log', 'mail:oncall@example.com'];
const NOTICE = news({ kind: 'notice', severity: 'warn', id: 'notice.all.rules.0b5e.1' });

let slack: SlackStandIn;
let smtp: TestSmtp;
let queue: MessageQueue;
let counted: string[];
const closers: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  [slack, smtp] = await Promise.all([startSlackStandIn(), startSmtp()]);
  queue = openQueue<MessageJob | DigestJob>(redis, 'messages');
  counted = [];
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await Promise.all([queue.close(), slack.stop(), smtp.stop()]);
});

function configOf() {
  const text = `${poolYaml()}tell:
  slack: {token: xoxb-test, channel: "#log", api_url: "${slack.apiUrl}"}
  mail: {smtp: "smtp://127.0.0.1:${smtp.port}", from: weir@example.com, to: [oncall@example.com]}
  routes: [{slack: "#elsewhere"}]
  digest: {schedule: "0 8 1 1 *", slack: "#digest"}
`;
  return parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: false });
}

/** What takes the jobs of a worker. */
async function start(): Promise<void> {
  const config = configOf();
  const channels = await openChannels(config.tell);
  const onError = (error: unknown) => void counted.push(`error ${error}`);
  const notifiers = await openNotifiers(config.tell, {
    ...{ redis, channels, onError },
    pace: { ...TELL_PACE, slackGapMs: 1 },
  });
  const blocking: Redis = redis.duplicate({ maxRetriesPerRequest: null });
  const metrics = {
    delivered: (channel: string) => void counted.push(`told ${channel}`),
    tellFailed: (channel: string) => void counted.push(`failed ${channel}`),
  };
  const messages = startMessages({
    ...{ redis, blocking, queue, config, notifiers, metrics, onError },
    onFailed: () => () => undefined,
  });
  closers.push(
    () => blocking.disconnect(),
    () => channels.mailer?.close(),
    () => messages.close(),
  );
}

const posted = () => slack.calls.map(({ fields }) => `${String(fields.channel)} ${String(fields.text)}`);
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 60_000, interval: 50 });

describe('a message', () => {
  it('is told once in each destination of weir.yaml itself, also where no route goes there, however many say it', async () => {
    await queueMessage(queue, NOTICE, PLACES);
    await start();
    await soon(() => [slack.calls.length, smtp.mails.length]).toEqual([1, 1]);
    // Another worker that sees the same, later.
    await queueMessage(queue, { ...NOTICE, at: NOTICE.at + 500 }, PLACES);
    await queueMessage(queue, { ...NOTICE, id: 'another' }, PLACES);
    await soon(() => [slack.calls.length, smtp.mails.length]).toEqual([2, 2]);
    expect(posted()[0]).toMatch(/^#log 🔶 WARN: Downstream stalled/);
    expect(smtp.mails[0]?.subject).toMatch(/^\[weir logs\] WARN: Downstream stalled/);
    await soon(() => counted.toSorted()).toEqual(['told mail', 'told mail', 'told slack', 'told slack']);
  });

  it('that one destination does not take is no second time told in the other, and tried there until it is taken', async () => {
    smtp.refuse = true;
    await queueMessage(queue, NOTICE, PLACES);
    await start();
    await soon(() => counted).toContain('failed mail');
    smtp.refuse = false;
    await soon(() => smtp.mails.length).toBe(1);
    await soon(() => counted).toContain('told mail');
    expect(slack.calls).toHaveLength(1);
  });

  it('waits as long as a destination asks for, which is no failed attempt', async () => {
    slack.answer = answerWith(429, { ok: false }, { 'Retry-After': '1' });
    await queueMessage(queue, NOTICE, ['slack:#log']);
    await start();
    const startedAt = performance.now();
    await soon(() => counted).toContain('failed slack');
    slack.answer = undefined;
    await soon(() => counted).toContain('told slack');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(800);
    await soon(() => queue.getCompletedCount()).toBe(1);
    const [job] = await queue.getCompleted();
    expect(job?.attemptsMade).toBe(1);
  });

  it('to where weir.yaml has nothing any more is over', async () => {
    await queueMessage(queue, NOTICE, ['slack:#gone']);
    await start();
    await soon(() => queue.getCompletedCount()).toBe(1);
    expect(slack.calls).toHaveLength(0);
  });
});

describe('what a worker of the version before has left in its queue', () => {
  /** As that version adds it: one job for all channels. */
  async function left(name: string, data: JobBefore, jobId: string, delay = 0): Promise<void> {
    const before = openQueue<JobBefore>(redis, 'tell');
    await before.add(name, data, { jobId: jobIdOf(jobId), delay });
    await before.close();
  }
  const digest = (to: number): DigestJob => ({ from: to - 86_400_000, to, place: 'slack:#digest' });

  it('is told, each channel once: news, news that one channel has, what waits for its next try, a digest', async () => {
    const one: Message = { ...NOTICE, id: 'one', title: 'One' };
    await left('notice', { news: one }, one.id);
    const two = { ...NOTICE, id: 'two', title: 'Two' };
    await left('notice', { news: two, told: ['console', 'slack'] }, two.id);
    const three = { ...NOTICE, id: 'three', title: 'Three' };
    await left('notice', { news: three, told: ['console', 'mail'] }, three.id, 500);
    const to = Date.now();
    await left('digest', digest(to), `digest.${to}.slack:#digest`);
    await start();

    await soon(() => posted().sort()).toEqual([
      expect.stringMatching(/^#digest Digest: No incident/),
      expect.stringMatching(/^#log 🔶 WARN: One/),
      expect.stringMatching(/^#log 🔶 WARN: Three/),
    ]);
    await soon(() => smtp.mails.map(({ subject }) => subject).sort()).toEqual([
      '[weir logs] WARN: One',
      '[weir logs] WARN: Two',
    ]);
    const before = openQueue<JobBefore>(redis, 'tell');
    await soon(() => before.getJobCounts('waiting', 'delayed', 'active', 'failed', 'completed')).toEqual({
      ...{ waiting: 0, delayed: 0, active: 0, failed: 0, completed: 4 },
    });
    await before.close();
  });

  it('and what such a worker still adds of what this one says too is told once', async () => {
    await start();
    await queueMessage(queue, NOTICE, PLACES);
    await left('notice', { news: NOTICE }, NOTICE.id);
    const before = openQueue<JobBefore>(redis, 'tell');
    await soon(() => before.getCompletedCount()).toBe(1);
    await before.close();
    await soon(async () => (await queue.count()) + (await queue.getActiveCount())).toBe(0);
    expect([slack.calls.length, smtp.mails.length]).toEqual([1, 1]);
  });
});
