/** Slack does not answer, limits the rate, talks rubbish: nobody goes without, nothing is told twice. */

import { describe, expect, it, type TestContext, vi } from 'vitest';
import { type Answer, type SlackMessage, sendJson } from '../../../lab/slack/stand-in.ts';
import { FROZEN } from '../../support/pool.ts';
import { until } from '../../support/waiting.ts';
import { type People, type PeopleOptions, startPeople } from './fixture.ts';

// A whole worker on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const SLACK_ONLY = { tell: '  routes: [{slack: "#log"}]' };

interface Begun extends People {
  /** The messages that tell of the incident. */
  mine(): SlackMessage[];
  failures(): Promise<number>;
}

/** Each test has a world of its own: they wait side by side. */
async function begin({ onTestFinished }: TestContext, options: PeopleOptions = {}): Promise<Begun> {
  const people = await startPeople(options);
  onTestFinished(() => people.stop());
  await until(async () => (await people.threads()).length > 0, 'the first evaluation');
  return {
    ...people,
    mine: () => people.slack.roots('#log').filter(({ text }) => text.includes('refuses writes')),
    failures: async () =>
      Number(/weir_tell_failures_total\{channel="slack"\} (\d+)/.exec(await people.metrics())?.[1] ?? 0),
  };
}

describe.concurrent('one incident', () => {
  it('Slack is down: mail goes; afterwards the message is made up, once, as it then stands', async (context) => {
    const people = await begin(context, SLACK_ONLY);
    const { slack, smtp, mine, failures } = people;
    const down: Answer = (_call, response) => {
      response.writeHead(503);
      response.end('<html>a page of a proxy</html>');
      return true;
    };
    slack.answer = down;
    await people.see(FROZEN);
    const mail = await until(
      () => smtp.mails.find(({ subject }) => subject?.includes('refuses writes')),
      'a mail instead',
    );
    expect(mail.subject).toBe('[weir logs] FIRING page: b: refuses writes');
    expect(await failures()).toBeGreaterThanOrEqual(2);
    await people.see({});
    await until(
      async () =>
        (await people.threads()).some(({ cause, state }) => cause === 'member-unwritable' && state === 'resolved'),
      'its end',
    );
    expect(mine()).toEqual([]);
    // A try that was under way when it ended says what was so then: Slack is back for those after it.
    slack.answer = (call, response) => (String(call.fields.text).includes('FIRING') ? down(call, response) : undefined);
    await until(() => mine().length > 0, 'the message');
    expect(mine()[0]?.text).toBe('✅ RESOLVED: b: refuses writes (pool logs)');
    // The story is there too, in one reply.
    await until(
      () => slack.thread('#log', mine()[0] as never).some(({ blocks }) => JSON.stringify(blocks).includes('It lasted')),
      'the story',
    );
    await people.allTold();
    expect(mine()).toHaveLength(1);
    expect(slack.breaches).toEqual([]);
  });

  it('a rate limit is honoured: nothing goes to Slack in that time, and nothing is lost', async (context) => {
    const people = await begin(context, SLACK_ONLY);
    const { slack, mine } = people;
    let limitedAt = 0;
    const during: number[] = [];
    slack.answer = (call, response) => {
      if (!call.method.startsWith('chat.')) return undefined;
      const now = performance.now();
      if (limitedAt === 0) {
        limitedAt = now;
        sendJson(response, 429, { ok: false, error: 'ratelimited' }, { 'Retry-After': '4' });
        return true;
      }
      if (now - limitedAt < 3_900) during.push(now - limitedAt);
      return undefined;
    };
    await people.see(FROZEN);
    await until(() => limitedAt > 0, 'the limit');
    await until(() => mine().length > 0, 'the message');
    await people.allTold();
    expect(during).toEqual([]);
    expect(mine()).toHaveLength(1);
  });

  it('rubbish, ok:false and silence are failures that are counted and tried again; a deleted message is made anew', async (context) => {
    const people = await begin(context, SLACK_ONLY);
    const { slack, mine } = people;
    const turns: ((response: Parameters<typeof sendJson>[0]) => void)[] = [
      (response) => void response.end('rubbish'),
      (response) => sendJson(response, 200, { ok: false, error: 'internal_error' }),
    ];
    slack.answer = (call, response) => {
      const turn = call.method === 'chat.postMessage' ? turns.shift() : undefined;
      turn?.(response);
      return turn !== undefined;
    };
    await people.see(FROZEN);
    await until(() => mine().length > 0, 'the message');
    expect(await people.failures()).toBeGreaterThanOrEqual(2);
    expect(mine()).toHaveLength(1);
    slack.channels.set('#log', []);
    await people.see({});
    await until(() => mine().some(({ text }) => text.includes('RESOLVED')), 'a new message');
  });

  it('a time-out after Slack took it costs one duplicate at most', async (context) => {
    const people = await begin(context, SLACK_ONLY);
    const { slack, mine } = people;
    let hung = 0;
    slack.answer = (call) => {
      if (call.method !== 'chat.postMessage' || !String(call.fields.text).includes('refuses writes') || hung > 0)
        return undefined;
      hung += 1;
      // Taken, and the answer never arrives.
      slack.channels.set('#log', [
        ...(slack.channels.get('#log') ?? []),
        {
          ts: '1.1',
          text: String(call.fields.text),
          blocks: [],
          attachments: [],
          broadcast: false,
          files: [],
          edits: 0,
        },
      ]);
      return true;
    };
    await people.see(FROZEN);
    await until(() => mine().length > 1, 'the second try');
    await people.allTold();
    expect(mine()).toHaveLength(2);
  });

  it('the mail server refuses: the mail comes later, once', async (context) => {
    const people = await begin(context);
    const { smtp } = people;
    smtp.refuse = true;
    await people.see(FROZEN);
    await until(
      async () => /weir_tell_failures_total\{channel="mail"\} [1-9]/.test(await people.metrics()),
      'a failure',
    );
    smtp.refuse = false;
    const mails = () => smtp.mails.filter(({ subject }) => subject?.includes('refuses writes'));
    await until(() => mails().length > 0, 'the mail');
    await people.allTold();
    // A server that takes longer to answer than Weir waits has the mail twice, under one id: programs show it once.
    expect([...new Set(mails().map(({ messageId }) => messageId))]).toHaveLength(1);
  });
});
