import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TESTED_WITH } from '../../../src/operations/pack.ts';
import { RAILS } from '../../../src/rails/index.ts';
import { checkRules } from '../../../src/rules/files/load.ts';
import { uncovered } from '../../../src/rules/testing/coverage.ts';
import { loadTests } from '../../../src/rules/testing/files.ts';
import { checkTests } from '../../../src/rules/testing/load.ts';
import { formatCoverage, formatResults, toJunit } from '../../../src/rules/testing/report.ts';
import { type CaseResult, runCase } from '../../../src/rules/testing/run.ts';

const RULES = `version: 1
rules:
  - name: full
    for_each: member
    when: member.memory_ratio > 0.9
    for: 2s
    mode: auto
    do:
      - {action: drain, lease: 10m}
`;

function results(cases: string, rules = RULES): CaseResult[] {
  const { ruleSet, problems } = checkRules([{ file: 'x.yaml', text: rules }]);
  if (ruleSet === undefined) throw new Error(JSON.stringify(problems));
  const checked = checkTests('x.test.yaml', `version: 1\ncases:\n${cases}`);
  expect(checked.problems).toEqual([]);
  return checked.cases.map((one) => runCase(one, { ...TESTED_WITH, ruleSet }));
}

function sentences(cases: string, rules?: string): string[] {
  return results(cases, rules).flatMap(({ failures }) => failures.flatMap((one) => one.sentences));
}

describe('a case', () => {
  it('passes when everything is as expected', () => {
    const one = `  - name: one
    series: {b.memory_ratio: 0.1x3 0.95}
    expect:
      - {at: 5s, firing: {full: []}, pending: {full: [b]}, decisions: [], told: []}
      - {at: 6s, firing: {full: [b]}, decisions: [{rule: full, target: b, action: drain, verdict: act}]}
`;
    expect(sentences(one)).toEqual([]);
  });

  it.each([
    ['firing', '{at: 6s, firing: {full: [a]}}', 'firing full: expected "a", seen "b"'],
    ['pending', '{at: 5s, pending: {full: []}}', 'pending full: expected nothing, seen "b"'],
    ['a decision that is missing', '{at: 6s, decisions: []}', 'seen "full to drain b: act'],
    [
      'another verdict',
      '{at: 6s, decisions: [{rule: full, target: b, action: drain, verdict: shadow}]}',
      'expected "full to drain b: shadow", seen "full to drain b: act',
    ],
    [
      'another end',
      '{at: 8s, decisions: [{rule: full, target: b, action: drain, verdict: act, state: failed}]}',
      'expected "full to drain b: act, failed", seen "full to drain b: act, verified"',
    ],
    ['what was told besides', "{at: 6s, told: ['b: full']}", 'told: expected "b: full", seen "b: full", "Acting: '],
  ])('fails on %s, with what was expected and seen', (_, expected, sentence) => {
    const one = `  - name: one\n    series: {b.memory_ratio: 0.1x3 0.95}\n    expect:\n      - ${expected}\n`;
    expect(sentences(one).join()).toContain(sentence);
  });

  it('a gap makes a signal unknown, which neither fires nor waits', () => {
    const gap = `  - name: gap
    series: {b.memory_ratio: 0.95 _}
    expect:
      - {at: 20s, firing: {full: []}, pending: {full: []}, decisions: []}
`;
    expect(sentences(gap)).toEqual([]);
  });

  it('what one node sees lies over what everybody sees', () => {
    const one = `  - name: one
    series: {b.memory_ratio: 0.95, 'b.memory_ratio@a': 0.1}
    expect:
      - {at: 9s, firing: {full: [b]}, decisions: [{rule: full, target: b, action: drain, verdict: refuse, rail: evidence}]}
`;
    expect(sentences(one)).toEqual([]);
  });
});

it('a failed case is told with its place and the series at that moment', () => {
  const [one] = results(
    '  - name: one\n    series: {b.memory_ratio: 0.1x3 0.95+0.01x3}\n    expect:\n      - {at: 6s, firing: {full: []}}\n',
  );
  expect(formatResults([one as CaseResult])).toBe(
    [
      'FAILED x.test.yaml:3 one',
      '  x.test.yaml:6 at 6 s',
      '    firing full: expected nothing, seen "b"',
      '    series then: b.memory_ratio=0.97',
      '1 of 1 case in 1 file failed.',
    ].join('\n'),
  );
});

it('JUnit gets every case, and what failed in words', () => {
  const cases = '  - name: "a <b> & \\"c\\""\n    expect:\n      - {at: 1s, firing: {full: [a]}}\n';
  expect(toJunit(results(cases))).toContain('name="a &lt;b&gt; &amp; &quot;c&quot;"');
  expect(toJunit(results(cases))).toContain('<failure message="firing full: expected &quot;a&quot;, seen nothing">');

  const [shown] = results(cases);
  const named = (name: string) => toJunit(shown === undefined ? [] : [{ ...shown, test: { ...shown.test, name } }]);
  // XML 1.0 knows tab and line ends; DEL and what is above ASCII is allowed too.
  expect(named('a\u0000\u0008\u000b\u000c\u001fb')).toContain('name="a?????b"');
  expect(named('a\t\u007f\u0085b')).toContain('name="a\t\u007f\u0085b"');
});

it.each([
  ['an unknown member', '{c.writable: true}', /:4:14 there is no member c in this case/],
  ['an unknown signal', '{b.writeable: true}', /there is no signal writeable of a member: did you mean "writable"\?/],
  ['a wrong value', '{b.writable: truex2 maybe}', /:4:33 expected true, false or a gap/],
  ['an unknown node', '{b.writable@x: true}', /there is no node x/],
  ['something else', '{writable: true}', /expected <member>\.<signal>/],
])('%s is refused at its place', (_, series, message) => {
  const text = `version: 1\ncases:\n  - name: one\n    series: ${series}\n    expect: [{at: 1s}]\n`;
  const { cases, problems } = checkTests('x.test.yaml', text);
  expect(cases).toEqual([]);
  const [problem] = problems;
  expect(`${problem?.file}:${problem?.line}:${problem?.column} ${problem?.message}`).toMatch(message);
});

it.each([
  ['times that go back', '[{at: 2s}, {at: 2s}]', '[]', /expected a later time/],
  ['a slip of the finger', '[{at: 70h}]', '[]', /a case has 3600 intervals at most/],
  ['a request after the end', '[{at: 2s}]', '[{at: 3s, action: drain, target: b}]', /nothing is looked at any more/],
])('%s are refused', (_, expect_, requests, message) => {
  const text = `version: 1\ncases:\n  - name: one\n    requests: ${requests}\n    expect: ${expect_}\n`;
  expect(checkTests('x.test.yaml', text).problems[0]?.message).toMatch(message);
});

describe('the pack', async () => {
  const folders = await loadTests(['rules']);
  const all = folders.flatMap(({ ruleSet, cases }) => cases.map((one) => runCase(one, { ...TESTED_WITH, ruleSet })));

  it.each(all.map((one) => [one.test.name, one] as const))('%s', (_, one) => {
    expect(one.failures.length === 0 ? '' : formatResults([one])).toBe('');
  });

  it('the example of docs/rule-tests.md passes as it stands', async () => {
    const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(await readFile('docs/rule-tests.md', 'utf8')) ?? [];
    const { cases, problems } = checkTests('docs/rule-tests.md', yaml);
    expect(problems).toEqual([]);
    const { ruleSet } = folders[0] as (typeof folders)[number];
    expect(cases.map((one) => runCase(one, { ...TESTED_WITH, ruleSet }).failures)).toEqual([[]]);
  });

  it('is covered by its tests: every rule, step and rail', () => {
    const rules = folders.flatMap(({ ruleSet }) => ruleSet.rules);
    const rails = [...new Set(RAILS.map(({ name }) => name))];
    const coverage = all.map((one) => one.coverage);
    expect(formatCoverage(uncovered(coverage, rules, rails))).toBe('Coverage: 100 % of rules, steps and rails.');
  });

  it('and what no case reaches is named', () => {
    const rules = folders.flatMap(({ ruleSet }) => ruleSet.rules);
    const said = formatCoverage(uncovered([], rules, ['evidence']));
    expect(said).toMatch(/^Coverage: 0 %/);
    expect(said).toContain('the rule member-unwritable fires in no case');
    expect(said).toContain('orphan-vip step 1 is taken in no case');
    expect(said).toContain('the rail evidence refuses in no case');
  });
});
