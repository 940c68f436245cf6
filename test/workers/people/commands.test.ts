/** Slash commands and buttons: over HTTP and over Socket Mode, by the same handlers. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { slashFields } from '../../../lab/slack/signed.ts';
import type { SlackMessage } from '../../../lab/slack/stand-in.ts';
import { append } from '../../../src/broker/entries/stream.ts';
import { readDecisions, readHoldList } from '../../../src/broker/store.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import type { Decision } from '../../../src/model/decisions/decision.ts';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import { FROZEN, tableOf } from '../../support/pool.ts';
import { actionIn, clickPayload } from '../../support/slack.ts';
import { until } from '../../support/waiting.ts';
import { type People, SECRET, startPeople } from './fixture.ts';

// A whole worker on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const RULES = `version: 1
rules:
  - name: member-unwritable
    for_each: member
    when: "!member.writable"
    severity: page
    mode: approve
    tell: {title: "refuses writes"}
    do: [{action: drain, lease: 30m}]
`;

let people: People;

beforeAll(async () => {
  people = await startPeople({
    slackKeys: `team: T0001, signing_secret: ${SECRET}, app_token: xapp-test`,
    rules: RULES,
    policy: 'mode: approve',
  });
  await until(async () => (await people.threads()).length > 0, 'the first evaluation');
});
afterAll(async () => {
  process.stdout.write(`slowest of ${took.length} answers to Slack: ${Math.round(Math.max(...took))} ms\n`);
  await people.stop();
});

/** How long Slack waited for each answer, in ms. */
const took: number[] = [];

async function say(user: string, text: string): Promise<{ text: string; type: unknown }> {
  const { body, status, tookMs, later } = await people.person.slash(user, text);
  expect(status).toBe(200);
  took.push(tookMs);
  const first = JSON.parse(body) as { text: string; response_type: string };
  if (!first.text.startsWith('Working on it')) return { text: first.text, type: first.response_type };
  const [last] = await until(() => (later().length > 0 ? later() : undefined), 'the answer');
  return { text: String(last?.text), type: last?.response_type };
}

/** What changes nothing is said again where the broker was slow on a busy machine. */
async function look(user: string, text: string): Promise<{ text: string; type: unknown }> {
  return until(async () => {
    const answer = await say(user, text);
    return answer.text.startsWith('That went wrong') ? undefined : answer;
  }, `an answer to ${text}`);
}

/** The node's part, which has no LVS here: the open decision is done, and the next sweeps show it. */
async function act(member: string, weight: number, seen: Partial<Sweep> = {}): Promise<void> {
  const { redis } = people;
  const isMine = ({ state, target }: Decision) => state === 'open' && target === member;
  const { id } = await until(async () => (await readDecisions(redis, 'logs', 10)).find(isMine), 'the decision');
  const about = { kind: 'outcome', pool: 'logs', decision: id, node: 'a', member } as const;
  const detail = `${member} is at weight ${weight}.`;
  await append(redis, { ...about, at: await brokerTime(redis, 'logs'), result: 'applied', detail });
  await people.see({ ...seen, table: tableOf({ a: 100, b: 100, [member]: weight }) });
}

describe('a command', () => {
  it('that only looks is for the person alone', async () => {
    const status = await look('U0OTHER', 'status');
    expect(status).toMatchObject({ type: 'ephemeral', text: expect.stringContaining('logs') });
    expect((await look('U0OTHER', 'rules')).text).toContain('member-unwritable: page, drain (approve)');
    expect((await look('U0OTHER', '')).text).toContain('/weir status [pool]');
    expect((await look('U0OTHER', 'why logs/a')).text).toContain('Nothing was decided about logs/a');
  });

  it('with a name that there is not is answered with the nearest one, and nothing is done', async () => {
    expect((await look('U0OPS', 'status lgos')).text).toContain('There is no pool lgos: did you mean "logs"?');
    expect((await look('U0OPS', 'drain logs/c')).text).toContain('There is no member logs/c: did you mean "logs/');
    expect((await look('U0OPS', 'restore logs/c')).text).toContain('The pool holds nothing');
    expect((await look('U0OPS', 'drian logs/b')).text).toContain('did you mean "drain"?');
    expect((await look('U0OPS', 'ack 12-0.nothing.b')).text).toContain('There is no incident 12-0.nothing.b');
    expect((await look('U0OPS', 'silence member-filing because x')).text).toContain(
      'There is no incident, rule, pool or member',
    );
  });

  it('that changes something is refused to who is not named, and seen by everybody from who is', async () => {
    const no = await say('U0OTHER', 'pause logs because I say so');
    expect(no).toMatchObject({ type: 'ephemeral', text: expect.stringContaining('not named as operator') });
    expect((await readHoldList(people.redis, 'logs'))?.live).toEqual([]);
    const yes = await say('U0OPS', 'pause logs for 10m because of the move');
    expect(yes).toMatchObject({
      type: 'in_channel',
      text: expect.stringContaining('Held for 10 min by U0OPS: pool logs'),
    });
    expect((await readHoldList(people.redis, 'logs'))?.live).toMatchObject([{ by: 'U0OPS', reason: 'of the move' }]);
    expect((await say('U0OPS', 'resume logs')).type).toBe('in_channel');
    expect((await readHoldList(people.redis, 'logs'))?.live).toEqual([]);
    await until(() => people.slack.roots('#log').some(({ text }) => text.includes('Held by U0OPS')), 'the notice');
  });

  it('of another workspace is refused, whatever name it comes under', async () => {
    for (const text of ['status', 'pause logs because I say so']) {
      const { body } = await people.person.slash('U0OPS', text, 'T0FOREIGN');
      expect(JSON.parse(body).text).toContain('You are of another workspace (T0FOREIGN)');
    }
    expect((await readHoldList(people.redis, 'logs'))?.live).toEqual([]);
  });

  it('is refused in words by a rail, to the channel', async () => {
    await say('U0OPS', 'pause logs/b for 10m because of its disk');
    const drained = await say('U0OPS', 'drain logs/b because a test');
    expect(drained.type).toBe('in_channel');
    expect(drained.text).toMatch(/^Refused by the rail hold: U0OPS holds logs\/b, for [^:]*: of its disk\./);
    await say('U0OPS', 'resume logs/b');
  });

  it('silences, lists and ends a silence', async () => {
    const begun = await say('U0OPS', 'silence member-unwritable for 2h because known');
    expect(begun).toMatchObject({
      type: 'in_channel',
      text: expect.stringContaining('rule member-unwritable in logs; it covers 0 open incidents'),
    });
    const list = await say('U0OTHER', 'silence list');
    const [id = ''] = list.text.split(' ');
    expect(list).toMatchObject({ type: 'ephemeral', text: expect.stringContaining('by U0OPS: known') });
    expect((await say('U0OPS', `silence end ${id}`)).text).toContain('No longer silenced, by U0OPS');
    expect((await say('U0OTHER', 'silence list')).text).toBe('Nothing is silenced.');
  });
});

describe('an approval', () => {
  let root: SlackMessage;
  const find = () =>
    people.slack
      .roots('#log')
      .find(
        ({ text, attachments }) => text.includes('refuses writes') && JSON.stringify(attachments).includes('approve'),
      );

  it('is asked for with buttons, and only an approver may answer', async () => {
    await people.see(FROZEN);
    root = await until(find, 'the question');
    expect(JSON.stringify(root.attachments)).toContain('Waits for approval');
    const clicked = await people.person.click('U0OPS', root, 'approve');
    const [no] = await until(() => (clicked.later().length > 0 ? clicked.later() : undefined), 'the refusal');
    expect(String(no?.text)).toContain('not named as approver');
  });

  it('is no incident: who acknowledges it is told which one is, and only that one is acknowledged', async () => {
    const [asked] = await readDecisions(people.redis, 'logs', 1);
    const said = await say('U0OPS', `ack ${asked?.id}`);
    const [, incident = ''] = /`weir ack (logs-\d+)`/.exec(said.text) ?? [];
    expect(said).toMatchObject({ type: 'ephemeral', text: expect.stringContaining('is a decision, and no incident') });
    expect(said.text).toContain('`weir trust logs`');
    const thread = async () => (await people.threads()).find(({ id }) => id === incident);
    expect(await thread()).toMatchObject({ state: 'firing' });
    expect((await look('U0OPS', `why ${incident}`)).text).toContain(asked?.id ?? '?');
    expect((await say('U0OPS', `ack ${incident}`)).text).toContain('Acknowledged by U0OPS: b: refuses writes');
    expect(await thread()).toMatchObject({ state: 'acked', acked: { by: 'U0OPS' } });
    expect((await say('U0OPS', 'trust logs')).text).toContain('U0OPS trusts the rules of pool logs again');
    await until(() => people.slack.roots('#log').some(({ text }) => text.includes('U0OPS trusts')), 'the notice');
  });

  it('of what is cured meanwhile is not taken, and the buttons are gone', async () => {
    const stale = { ...root, attachments: structuredClone(root.attachments) };
    await people.see({});
    await until(
      () => root.text.includes('RESOLVED') && !JSON.stringify(root.attachments).includes('"approve"'),
      'the end',
    );
    const clicked = await people.person.click('U0BOSS', stale, 'approve');
    const [no] = await until(() => (clicked.later().length > 0 ? clicked.later() : undefined), 'the answer');
    expect(String(no?.text)).toContain('Not taken: It is void already: Its reason is over');
    expect(no?.response_type).toBe('ephemeral');
  });

  it('by an approver is taken once: every rail is asked again, the thread tells of it', async () => {
    await people.see(FROZEN);
    root = await until(find, 'the question');
    const stale = { ...root, attachments: structuredClone(root.attachments) };
    const yes = await people.person.click('U0BOSS', root, 'approve');
    await act('b', 0, FROZEN);
    const [taken] = await until(() => (yes.later().length > 0 ? yes.later() : undefined), 'the answer');
    expect(taken).toMatchObject({ response_type: 'in_channel', text: expect.stringContaining('Approved by U0BOSS') });
    expect(String(taken?.text)).toContain('drain logs/b: verified');
    const again = await people.person.click('U0BOSS', stale, 'approve');
    const [second] = await until(() => (again.later().length > 0 ? again.later() : undefined), 'the second answer');
    expect(String(second?.text)).toContain('Not taken: It is approved already');
    await until(() => JSON.stringify(people.slack.thread('#log', root)).includes('U0BOSS said yes'), 'the reply');
  });
});

describe('over Socket Mode', () => {
  it('the same commands get the same answers', async () => {
    await until(() => people.slack.socket.connections() > 0, 'the connection');
    const { url } = people.slack.responseUrl();
    const answered = (await people.slack.socket.send('slash_commands', slashFields('U0OTHER', 'status', url))) as {
      text: string;
    };
    expect(answered.text).toContain('logs');
    const no = (await people.slack.socket.send('slash_commands', slashFields('U0OTHER', 'pause because x', url))) as {
      text: string;
    };
    expect(no.text).toContain('not named as operator');
  });

  it('a click is acknowledged and answered; after Slack has dropped the connection too', async () => {
    people.slack.socket.drop();
    await until(() => people.slack.socket.connections() === 0, 'the drop');
    await until(() => people.slack.socket.connections() > 0, 'a new connection');
    const root = people.slack.roots('#log').find(({ text }) => text.includes('refuses writes')) as SlackMessage;
    const { id, url } = people.slack.responseUrl();
    await people.slack.socket.send('interactive', clickPayload('U0OTHER', actionIn(root, 'why'), url, root));
    const [story] = await until(
      () => (people.slack.responses.get(id)?.length ? people.slack.responses.get(id) : undefined),
      'the story',
    );
    expect(String(story?.text)).toContain('member-unwritable');
  });
});

it('what takes longer than Slack waits is answered when it is done, to the channel', async () => {
  await people.see({});
  const { body, later } = await people.person.slash('U0OPS', 'weight logs/a 50 because a test');
  expect(JSON.parse(body)).toMatchObject({ text: expect.stringMatching(/^Working on it/) });
  expect(later()).toEqual([]);
  await act('a', 50);
  const [last] = await until(() => (later().length > 0 ? later() : undefined), 'the answer');
  expect(last).toMatchObject({
    response_type: 'in_channel',
    text: expect.stringContaining('weight logs/a: verified'),
  });
});

it('every message was within the limits of Slack', () => {
  expect(people.slack.breaches).toEqual([]);
});
