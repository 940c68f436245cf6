import { expect, it } from 'vitest';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import {
  messageOfClosed,
  messageOfDecision,
  messageOfFinding,
  messageOfNotice,
  messageOfOutcome,
} from '../../../src/tell/wording/messages.ts';
import { decision, finding, NOW, stalled } from '../fixtures/status.ts';

const AT = { pool: 'logs', at: NOW };

it('a finding that fires says what was seen and what to do next', () => {
  const news = messageOfFinding(finding(), 'firing', { ...AT, runbook: 'https://wiki.example.com/redis' });
  expect(news).toMatchObject({
    kind: 'firing',
    severity: 'page',
    title: 'Downstream stalled: 2 of 2 filling, full in 14 min',
    from: 'worker',
  });
  expect(news.lines).toEqual([
    expect.stringMatching(/^Rule downstream-stalled fires for pool logs since \d\d:\d\d:\d\d\.$/),
    'Seen: pool.filling_members 2, pool.members 2, pool.consume_rate 205 KiB/s, pool.inflow_rate 8.6 MiB/s.',
    'Runbook: https://wiki.example.com/redis',
    'Next: `weir status` shows the whole pool.',
  ]);
});

it('ids are stable within an episode and differ between its ends and the next one', () => {
  const id = (kind: 'firing' | 'resolved' | 'unknown', episode = '5-0') =>
    messageOfFinding(finding({ episode }), kind, AT).id;
  expect(id('firing')).toBe(
    messageOfFinding(finding({ episode: '5-0', title: 'other figures' }), 'firing', { ...AT, at: NOW + 9 }).id,
  );
  expect(new Set([id('firing'), id('resolved'), id('unknown'), id('firing', '6-0')]).size).toBe(4);
});

it('a finding that nobody can tell any more does not read as if it fired', () => {
  const news = messageOfFinding(finding({ unknownSince: NOW - 9_000 }), 'unknown', AT);
  expect(news.title).toMatch(/^Not known any more: /);
  expect(news.lines.join(' ')).toContain('weir status');
});

it('a finding that nobody could tell so far is not known yet', () => {
  const news = messageOfFinding(finding({ unknownSince: NOW - 9_000, neverKnown: true }), 'unknown', AT);
  expect(news.title).toMatch(/^Not known yet: /);
});

it('what is over because weir.yaml has its target no more says so', () => {
  const why = 'weir.yaml has no member b any more.';
  const { title, lines } = messageOfFinding(finding(), 'resolved', { ...AT, why });
  expect(title).toBe(`weir.yaml has no member b any more: ${finding().title}`);
  expect(lines).toEqual([why]);
});

it('a refusal names the rail and its sentence', () => {
  const refusal = stalled.pools[0]?.decisions[0];
  if (refusal === undefined) throw new Error('the fixture has a refusal');
  const news = messageOfDecision(refusal);
  expect(news).toMatchObject({ kind: 'decision', severity: 'warn', title: 'Refused: drain b (rail common cause)' });
  expect(news.lines.join('\n')).toContain('The rail common cause refused: 2 of 2 members (a, b)');
  expect(news.lines.at(-1)).toBe(`Next: \`weir why ${refusal.id}\``);
});

it('an action, a wish in shadow mode and a question read as what they are', () => {
  expect(messageOfDecision(decision())).toMatchObject({ severity: 'warn', title: 'Acting: drain b' });
  expect(messageOfDecision(decision({ verdict: 'shadow' }))).toMatchObject({
    severity: 'info',
    title: 'Would drain b (shadow mode, nothing is done)',
  });
  expect(messageOfDecision(decision({ verdict: 'ask' })).title).toBe('Asks for approval: drain b');
  const weight = decision({ action: 'set_weight', weight: 30 });
  expect(messageOfDecision(weight).title).toBe('Acting: set_weight b to 30');
});

it('force pages, and names what it passed', () => {
  const rails = [
    {
      rail: 'blast radius',
      pass: true,
      passedBy: 'force' as const,
      sentence: 'Passed by force: Afterwards nobody would serve; min_serving is 1.',
      figures: {},
    },
  ];
  const news = messageOfDecision(decision({ rails, by: 'person:lea@bastion', rule: 'request' }));
  expect(news.severity).toBe('page');
  expect(news.lines).toContain(rails[0]?.sentence);
  expect(news.lines).toContain('Wanted by lea@bastion.');
});

it('an end that was not verified pages', () => {
  expect(messageOfClosed(decision())).toMatchObject({
    kind: 'outcome',
    severity: 'info',
    title: 'Verified: drain b',
  });
  const failed = messageOfClosed(decision({ state: 'unverified', closing: 'No fresh sweep of the MASTER shows it.' }));
  expect(failed).toMatchObject({ severity: 'page', title: 'Not done (unverified): drain b' });
  expect(failed.lines[0]).toBe('No fresh sweep of the MASTER shows it.');
});

const OUTCOME: Outcome = {
  kind: 'outcome',
  pool: 'logs',
  decision: decision().id,
  node: 'a',
  member: 'b',
  at: NOW,
  result: 'applied',
  detail: 'Weight of b 100 to 0, read back.',
};

it('an outcome gives figures, and producers that stay stuck are never only a note', () => {
  const news = messageOfOutcome(decision(), { ...OUTCOME, weightBefore: 100, weightAfter: 0, moved: 24, stuck: 3 });
  expect(news).toMatchObject({ severity: 'warn', title: 'a: drain b applied', from: 'a' });
  expect(news.lines).toEqual([
    'Weight of b 100 to 0, read back.',
    'Weight on a: 100 before, 0 now.',
    'Producers moved: 24.',
    'Producers that stay stuck on b: 3. Restart them, or fail over.',
    `Next: \`weir why ${decision().id}\``,
  ]);
});

it('news of a lease is told without its decision too, and leads to the decision that took it', () => {
  const news = messageOfOutcome(undefined, { ...OUTCOME, decision: `${decision().id}~end`, result: 'released' });
  expect(news).toMatchObject({ severity: 'page', title: 'a: the hold on b released, because nobody else was serving' });
  expect(news.lines.at(-1)).toBe(`Next: \`weir why ${decision().id}\``);
});

it('a notice is known by its key', () => {
  const news = messageOfNotice({
    pool: 'logs',
    key: 'broker-lost',
    severity: 'page',
    title: 'Broker lost',
    at: NOW,
    from: 'a',
  });
  expect(news).toMatchObject({ id: 'notice.logs.broker-lost', kind: 'notice', lines: [] });
});
