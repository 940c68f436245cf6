import { expect, it } from 'vitest';
import { formatDecision, formatFinding } from '../../../src/tell/terminal/why.ts';
import { decision, finding, NOW, stalled } from '../fixtures/status.ts';

it('a decision that acted: why, seen, rails, done, end, afterwards, rule', () => {
  const at = NOW - 240_000;
  const text = formatDecision(
    decision({
      at,
      history: [{ node: 'a', at: at + 90_000, result: 'ended', detail: 'Weight of b 0 to 100, read back.' }],
    }),
  );
  const headings = text
    .split('\n')
    .filter((line) => /^ {2}[A-Z]/.test(line))
    .map((line) => line.trim());
  expect(headings).toEqual([
    'Why',
    'What was seen',
    'Rails (all passed)',
    'What was done',
    'How it ended',
    'Afterwards',
    expect.stringContaining('The rule as it stood'),
  ]);
  expect(text).toContain('✓ verified: drain b in pool logs');
  expect(text).toMatch(
    /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) \(310 ms after\) {2}a: applied\. Weight of b 100 to 0/,
  );
  expect(text).toContain('(1 min 30 s after)  a: ended. Weight of b 0 to 100, read back.');
  expect(text).toContain('      for_each: member');
});

it('a refusal: the rail, its sentence and figures, and that nothing was done', () => {
  const refusal = stalled.pools[0]?.decisions[0];
  if (refusal === undefined) throw new Error('the fixture has a refusal');
  const text = formatDecision(refusal);
  expect(text).toContain('Rails (common cause refused)');
  expect(text).toMatch(/▲ refused common cause 2 of 2 members .* \[inTrouble=2, members=2\]/);
  expect(text).toContain('Nothing: the rail common cause refused.');
});

it('a node that was given the job and said nothing is named', () => {
  const text = formatDecision(
    decision({
      outcomes: [],
      state: 'unverified',
      closing: 'No node that is MASTER said within 10 s that it is done.',
    }),
  );
  expect(text).toContain('a: was given the job, no answer is on record.');
  expect(text).toContain('unverified: No node that is MASTER said');
});

it('a rule that only tells has no step that comes next; one that acts says its mode', () => {
  const fires = finding({ nextStep: 0 });
  expect(formatFinding(fires, { steps: 0, mode: 'shadow' })).toMatch(/Its rule has no actions: it only tells\.$/);
  expect(formatFinding(fires, { steps: 2, mode: 'shadow (policy.mode; its file says auto)' })).toContain(
    'Step 1 of its rule comes next. Its mode is shadow (policy.mode; its file says auto).',
  );
  expect(formatFinding(finding({ nextStep: 2 }), { steps: 2, mode: 'auto' })).toContain('Nothing, or nothing more');
});

it('what was never known is not known yet', () => {
  const at = { unknownSince: NOW - 9_000 };
  expect(formatFinding(finding({ ...at, neverKnown: true }))).toContain('Its value is not known yet, looked for since');
  expect(formatFinding(finding(at))).toContain('Its value is not known since');
});

it('a finding says what Weir does about it, or why it does nothing', () => {
  expect(formatFinding(finding())).toContain('Nothing, or nothing more in this episode: people were told.');
  expect(formatFinding(finding({ openDecision: '1-0.x.b' }))).toContain('It acts: decision 1-0.x.b.');
  expect(formatFinding(finding({ nextStep: 0, lastAnswer: 'refuse: fresh', muted: true }))).toMatch(
    /mutes it\..*last answer: refuse: fresh\./s,
  );
  const outBy = { by: 'ann', until: finding().since };
  expect(formatFinding(finding({ target: 'b', muted: true, outBy }))).toMatch(
    /Not told to people: ann has b out of service until \d{4}-\d\d-\d\dT/,
  );
});

it('recorded text cannot write to the terminal', () => {
  const evil = '\u001b[2J\r\nx';
  const text = formatDecision(
    decision({ reason: evil, ruleText: evil, closing: evil, values: { [evil]: evil }, by: evil }),
  );
  expect(text).not.toContain('\u001b');
  expect(text).not.toContain('\r');
});
