/** The drill: 500 findings in a minute. People get what they can take, the list has all of it, the digest is right. */

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openQueue } from '../../../src/broker/queues.ts';
import type { Incident } from '../../../src/model/people/incident.ts';
import { type DigestJob, queueDigest } from '../../../workers/notifications/digest.ts';
import type { MessageJob } from '../../../workers/notifications/messages.ts';
import { HEALTHY } from '../../support/pool.ts';
import { until } from '../../support/waiting.ts';
import { type People, startPeople } from './fixture.ts';

// A whole worker on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const RULES = 250;
const STEPS = 50;

/** Rule i fires for both members as soon as more than i items are in their queues. */
const rules = `version: 1
rules:
${Array.from({ length: RULES }, (_, i) => `  - {name: deep-${i}, for_each: member, when: member.queue_depth > ${i}.0, severity: warn, tell: {title: deep}}`).join('\n')}
  - {name: never, for_each: member, when: member.queue_depth > 1000000.0, severity: warn, tell: {title: never}}
`;

let people: People;

const both = (items: number) => ({ a: { ...HEALTHY, queue_depth: items }, b: { ...HEALTHY, queue_depth: items } });
const deep = (items: number) => people.see({ members: both(items) });

/** When messages were posted to the channel, in ms. */
const posted: number[] = [];

beforeAll(async () => {
  people = await startPeople({
    rules,
    limit: '20/1m',
    // None fires before it begins: what fires for a moment is an incident too.
    seen: { members: both(0) },
    tell: '  routes: [{slack: "#log"}]\n  digest: {schedule: "0 8 1 1 *", mail: [team@example.com], slack: "#digest"}',
  });
  people.slack.answer = (call) => {
    if (call.method === 'chat.postMessage' && call.fields.channel !== '#digest') posted.push(performance.now());
    return undefined;
  };
  await until(async () => (await people.threads()).length > 0, 'the first evaluation');
});
afterAll(() => people.stop());

async function listed(): Promise<Incident[]> {
  return (await (await fetch(`${people.url}/api/v1/incidents`)).json()) as Incident[];
}

it('500 findings in a minute: none is lost, and no more than 20 messages in any minute', async () => {
  // Each is evaluated before the next comes: however slow the machine is, every rule fires once.
  for (let step = 1; step <= STEPS; step++) await deep((step * RULES) / STEPS);
  await until(async () => (await listed()).length === 2 * RULES, '500 incidents in the list');
  const many = await until(
    () => people.slack.roots('#log').find(({ text }) => text.includes('Many at once')),
    'the thread of many',
  );
  await until(() => /Many at once: \d{3} incidents of \d+ rules/.test(many.text), 'its figure', 400_000);
  // The last ones wait for more of the same for a second.
  const untold = async () => {
    const shown = new Set((await people.threads()).filter(({ places }) => places.length > 0).map(({ id }) => id));
    return (await listed()).filter(({ thread }) => !shown.has(thread)).length;
  };
  await until(async () => (await untold()) === 0, 'a thread that is told for every incident');

  await deep(0);
  await until(async () => (await listed()).every(({ resolvedAt }) => resolvedAt !== undefined), 'their end');
  await until(() => many.text.includes('RESOLVED'), 'its message to say so', 400_000);
  for (const [i, at] of posted.entries()) {
    expect(posted.slice(i).filter((other) => other - at < 60_000).length).toBeLessThanOrEqual(20);
  }
  expect(posted.length).toBeGreaterThan(5);
  expect(people.slack.breaches).toEqual([]);
});

it('the digest has all of it, by mail with a plot and in Slack, once', async () => {
  const queue = openQueue<MessageJob | DigestJob>(people.redis, 'messages');
  const to = Date.now();
  for (const place of ['mail:team@example.com', 'slack:#digest']) {
    for (let twice = 0; twice < 2; twice++) await queueDigest(queue, { from: to - 86_400_000, to, place });
  }
  const digests = () => people.smtp.mails.filter(({ subject }) => subject?.includes('Digest'));
  const mail = await until(() => digests()[0], 'the digest');
  expect(mail.subject).toBe('[weir] Digest: 500 incidents, all resolved; no action; 0 refused; 0 near misses');
  expect(mail.text).toContain('Incidents (201)');
  expect(mail.text).toMatch(/Rules that have not fired since .* \(1\)\n {2}never/);
  expect(mail.attachments.map(({ contentType, cid }) => [contentType, cid])).toEqual([['image/png', 'course-1']]);
  const summary = await until(() => people.slack.roots('#digest')[0], 'the summary');
  expect(summary.text).toBe('Digest: 500 incidents, all resolved; no action; 0 refused; 0 near misses');
  await until(async () => (await queue.count()) + (await queue.getActiveCount()) === 0, 'the end of all jobs');
  expect([digests().length, people.slack.roots('#digest').length]).toEqual([1, 1]);
  await queue.close();
});
