/** One incident from its first second to its last, as Slack, mail and a person have it. */

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { SlackMessage } from '../../../lab/slack/stand-in.ts';
import { FROZEN } from '../../support/pool.ts';
import { until } from '../../support/waiting.ts';
import { type People, startPeople } from './fixture.ts';

// A whole worker on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

let people: People;
let root: SlackMessage;

beforeAll(async () => {
  people = await startPeople({ roles: 'operator: [U0OPS, S0GROUP1], approver: [U0BOSS]' });
  people.slack.groups.set('S0GROUP1', ['U0GIRL']);
});
afterAll(() => people.stop());

const colorOf = (message: SlackMessage) => String(message.attachments[0]?.color);
const incidentRoot = () => people.slack.roots('#log').find(({ text }) => text.includes('refuses writes'));
const replies = () => people.slack.thread('#log', root).map(({ blocks, text }) => `${text} ${JSON.stringify(blocks)}`);

it('opens: one message with its figures, buttons and colour, a picture below it, and a mail', async () => {
  // Two points make a course.
  await until(async () => (await people.redis.llen('weir:{logs}:trend')) >= 2, 'a course', 40_000);
  await people.see(FROZEN);
  root = await until(incidentRoot, 'the message');
  expect(root.text).toBe('🔴 FIRING page: b: refuses writes (pool logs)');
  expect(colorOf(root)).toBe('#a30200');
  expect(JSON.stringify(root.attachments)).toContain('runbook <https://wiki.example.com/redis?a=1>');
  const picture = await until(
    () => people.slack.thread('#log', root).find(({ files }) => files.length > 0),
    'the picture',
  );
  expect(picture.files).toEqual(['The last hour']);
  const mail = await until(
    () => people.smtp.mails.find(({ subject }) => subject?.includes('refuses writes')),
    'the mail',
  );
  expect(mail.subject).toBe('[weir logs] FIRING page: b: refuses writes');
  expect(mail.text).toMatch(/^Take it on: weir ack logs-\d+$/m);
  expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
  expect(mail.text).toContain('Runbook: https://wiki.example.com/redis?a=1');
});

it('a person acknowledges it: the same message in another colour, a line in the thread, and nobody else may', async () => {
  const stranger = await people.person.click('U0OTHER', root, 'ack');
  expect(stranger).toMatchObject({ status: 200, body: '' });
  const [no] = await until(() => (stranger.later().length > 0 ? stranger.later() : undefined), 'the refusal');
  expect(no).toMatchObject({ response_type: 'ephemeral', replace_original: false });
  expect(String(no?.text)).toContain('You (U0OTHER) are not named as operator');
  expect(colorOf(root)).toBe('#a30200');

  await people.person.click('U0GIRL', root, 'ack');
  await until(() => root.edits > 0 && colorOf(root) === '#daa038', 'the message to change');
  expect(root.text).toContain('ACKNOWLEDGED');
  expect(JSON.stringify(root.attachments)).not.toContain('"action_id":"ack"');
  await until(() => replies().some((text) => text.includes('Acknowledged by <@U0GIRL>')), 'the reply');

  const again = await people.person.click(
    'U0GIRL',
    { ...root, attachments: [{ blocks: [{ type: 'actions', elements: [{ action_id: 'ack', value: rootId() }] }] }] },
    'ack',
  );
  await until(
    () => again.later().some(({ text }) => String(text).includes('U0GIRL has acknowledged it already')),
    'a second click to be told so',
  );
});

function rootId(): string {
  const isRoot = ({ fields }: { fields: Readonly<Record<string, unknown>> }) => fields.metadata !== undefined;
  const call = people.slack.calls.filter(isRoot).find(({ fields }) => String(fields.text).includes('refuses writes'));
  if (call === undefined) throw new Error('it was never posted');
  const { event_payload: payload } = call.fields.metadata as { event_payload: { id: string } };
  return payload.id;
}

it('why: for the person alone', async () => {
  const clicked = await people.person.click('U0OTHER', root, 'why');
  const [story] = await until(() => (clicked.later().length > 0 ? clicked.later() : undefined), 'the story');
  expect(story?.response_type).toBe('ephemeral');
  expect(String(story?.text)).toContain('member-unwritable');
  expect(String(story?.text)).toContain('Acknowledged by U0GIRL');
});

it('resolves: green, no button to act, how long it lasted, and a mail in the same thread', async () => {
  await people.see({});
  await until(() => colorOf(root) === '#2eb886', 'green');
  expect(root.text).toContain('RESOLVED');
  expect(JSON.stringify(root.attachments)).not.toMatch(/"action_id":"(ack|silence)"/);
  await until(() => replies().some((text) => /It lasted \d+/.test(text)), 'the last reply');
  expect(people.slack.roots('#log').filter(({ text }) => text.includes('refuses writes'))).toHaveLength(1);

  const mine = () => people.smtp.mails.filter(({ subject }) => subject?.includes('refuses writes'));
  const mails = await until(
    () => (mine().at(-1)?.text?.includes('RESOLVED') ? mine() : undefined),
    'the last mail',
    60_000,
  );
  const [first, ...rest] = mails;
  for (const mail of rest) {
    expect(mail.subject).toBe('Re: [weir logs] FIRING page: b: refuses writes');
    expect(String(mail.references)).toContain(first?.messageId ?? '?');
    expect(mail.inReplyTo).toBeDefined();
  }
  const told = mails.map(({ text }) => text).join('\n');
  expect(told).toContain('Acknowledged by U0GIRL');
  expect(told).toMatch(/It lasted \d+/);
});

it('every message was within the limits of Slack', () => {
  expect(people.slack.breaches).toEqual([]);
});
