/** A downstream stall and a frozen Redis at once: what the channel holds afterwards reads as a story. */

import { beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { poolOf, untilCalm } from '../../lab/pool/steady-state.ts';
import { QUEUE } from '../../lab/pool/topology.ts';
import { type SlackMessage, type SlackStandIn, startSlackStandIn } from '../../lab/slack/stand-in.ts';
import { untilValue } from '../../lab/until.ts';
import { readIncidents, readThreads } from '../../src/broker/incidents.ts';
import { hastyRules } from './support/hasty-rules.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { firing, storyteller } from './support/watch.ts';

const FAST = { perSecond: 6, bytes: 20_000 };

let lab: Lab;
let slack: SlackStandIn;
let rules: string;

beforeAll(async () => {
  slack = await startSlackStandIn();
  const tell = {
    slack: { token: 'xoxb-lab', channel: '#log-oncall', api_url: slack.apiUrl },
    group: { wait: '2s', interval: '5s' },
  };
  rules = await hastyRules();
  lab = await borrow({ config: { tell }, rules });
  await untilCalm(lab);
  await lab.producers.setRate(FAST);
});
atEnd(async (ended) => {
  await giveBack(ended);
  await slack?.stop();
});

const roots = (pattern: RegExp): SlackMessage[] => slack.roots('#log-oncall').filter(({ text }) => pattern.test(text));

/** What stands under a message, a line each. */
function storyOf(root: SlackMessage): string[] {
  return slack
    .thread('#log-oncall', root)
    .flatMap(({ blocks, files }) => [
      ...files.map((title) => `[picture: ${title}]`),
      ...blocks.map((block) => String((block.text as { text?: string } | undefined)?.text ?? '')),
    ]);
}

it('one message for each, the symptoms muted, every refusal and the end in its thread', async () => {
  const say = storyteller('the consumers stop, then b hangs');
  await lab.stopConsumers();
  await untilValue(
    poolOf.bind(undefined, lab),
    (pool) => firing(pool, 'downstream-stalled') !== undefined,
    120_000,
    'downstream-stalled',
  );
  await lab.freezeRedis('b');
  const stall = (await untilValue(
    async () => roots(/Downstream stalled/),
    (found) => found.length > 0,
    30_000,
    'the message of the stall',
  )) as SlackMessage[];
  const frozen = await untilValue(
    async () => roots(/^\S+ \S+ \S+: b: /),
    (found) => found.some(({ text }) => /FIRING page/.test(text)),
    60_000,
    'the message of b',
  );
  // What its rule would do is refused, for the cause is not b alone; the thread says so.
  const ofB = frozen.find(({ text }) => /FIRING page/.test(text)) as SlackMessage;
  await untilValue(
    async () => storyOf(ofB).join('\n'),
    (story) => /Refused: drain b \(rail /.test(story),
    60_000,
    'the refusal in its thread',
  );
  // What fills a to the brim is the same stall: a symptom.
  await lab.fill('a', 0.98, QUEUE);
  const symptoms = async () =>
    (await readIncidents(lab.broker, 'logs', 100)).filter(
      ({ rule }) => rule === 'member-filling' || rule === 'member-full',
    );
  const [symptom] = await untilValue(symptoms, (found) => found.length > 0, 120_000, 'a symptom on the list');
  expect(symptom).toMatchObject({ mutedBy: 'downstream-stalled' });
  say(`muted: ${symptom?.rule} on ${symptom?.target}`);

  await lab.thawRedis('b');
  await lab.startConsumers();
  await untilValue(
    async () => [stall[0]?.text ?? '', ofB.text],
    (texts) => texts.every((text) => /RESOLVED/.test(text)),
    240_000,
    'both messages to say that it is over',
  );
  await untilValue(
    async () => [stall[0] as SlackMessage, ofB].map((root) => storyOf(root).join('\n')),
    (stories) => stories.every((story) => /It lasted/.test(story)),
    30_000,
    'the end of both stories',
  );
  const threads = await readThreads(lab.broker, 'logs', 100);
  for (const { rule, target, mutedBy } of await symptoms()) {
    if (mutedBy !== undefined)
      expect(roots(new RegExp(`${rule}|${target}: .*full`)), `${rule} on ${target}`).toEqual([]);
  }
  expect(roots(/Downstream stalled/)).toHaveLength(1);
  expect(threads.filter(({ cause }) => cause === 'downstream-stalled')).toHaveLength(1);
  expect(slack.breaches).toEqual([]);
  for (const root of slack.roots('#log-oncall')) {
    say(root.text);
    for (const line of storyOf(root)) say(`    ${line.replaceAll('\n', '\n            ')}`);
  }
  await lab.producers.reconnect();
  await untilCalm(lab);
}, 1_800_000);
