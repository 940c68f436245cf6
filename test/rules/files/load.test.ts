import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/yaml/problem.ts';
import type { Rule } from '../../../src/model/decisions/rule.ts';
import { WeirError } from '../../../src/model/error.ts';
import { checkRules, loadRules } from '../../../src/rules/files/load.ts';
import { quietly } from '../../../src/rules/language/expression.ts';
import { mangled } from '../../support/mangled.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** The example of the documentation. */
const EXAMPLE = `# yaml-language-server: $schema=./rule-file.schema.json
version: 1
owner: log-oncall
runbook: https://wiki.example.com/redis-buffer
rules:
  - name: downstream-stalled
    for_each: pool                           # pool | member | director | consumer
    when: pool.filling_members * 2 > pool.members && pool.consume_rate < 0.5 * pool.inflow_rate
    clear_when: pool.filling_members == 0
    for: 30s
    keep_firing_for: 2m
    severity: page                           # page | warn | info
    brakes: [set_weight, drain, failover]    # while it fires, these kinds are refused in this pool
    mutes: [member-filling]                  # while it fires, these rules are not told
    tell: {title: "Downstream stalled: {{ pool.filling_members }} of {{ pool.members }} filling, full in {{ pool.seconds_to_full | duration }}"}
  - name: member-unwritable
    for_each: member                         # \`member\` is this one, \`peers\` the others, \`pool\` the whole
    when: "!member.writable && peers.exists(p, p.writable)"
    for: 1s
    evidence: {observers: 2}
    severity: page
    mode: auto
    do:                                      # a ladder: the next step only when the one before did not verify
      - action: drain
        lease: 30m
        verify: {expect: member.weight == 0.0, within: 5s, otherwise: revert}
`;

const FILLING = `version: 1
rules:
  - name: member-filling
    for_each: member
    when: member.filling
`;

function complaints(...texts: string[]): string[] {
  return checkRules(texts.map((text, i) => ({ file: `${'rst'[i]}.yaml`, text }))).problems.map(formatProblem);
}

/** A file with one rule for each member, and these keys besides. */
function one(keys: string): string {
  const indented = keys.split('\n').map((line) => `    ${line}\n`);
  return `version: 1\nrules:\n  - name: one\n    for_each: member\n${indented.join('')}`;
}

function load(text: string): Rule {
  const { ruleSet, problems } = checkRules([{ file: 'r.yaml', text }]);
  if (ruleSet?.rules[0] === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return ruleSet.rules[0];
}

describe('the documented rules', () => {
  const { ruleSet } = checkRules([
    { file: 'example.yaml', text: EXAMPLE },
    { file: 'filling.yaml', text: FILLING },
  ]);
  const [stalled, unwritable] = ruleSet?.rules ?? [];

  it('load with their units', () => {
    expect(stalled).toMatchObject({
      name: 'downstream-stalled',
      file: 'example.yaml',
      line: 6,
      owner: 'log-oncall',
      runbook: 'https://wiki.example.com/redis-buffer',
      forEach: 'pool',
      forMs: 30_000,
      keepFiringForMs: 120_000,
      severity: 'page',
      brakes: ['set_weight', 'drain', 'failover'],
      mutes: ['member-filling'],
      steps: [],
    });
    expect(unwritable).toMatchObject({
      forMs: 1_000,
      keepFiringForMs: 0,
      mode: 'auto',
      evidence: { observers: 2 },
      steps: [{ action: 'drain', leaseMs: 1_800_000, verify: { withinMs: 5_000, otherwise: 'revert' } }],
    });
    expect(unwritable?.steps[0]?.verify?.expect.evaluate({ pool: {}, member: { weight: 0 } })).toBe(true);
  });

  it('say what they see', () => {
    const pool = { filling_members: 2, members: 2, seconds_to_full: 600, consume_rate: 1, inflow_rate: 10 };
    expect(stalled?.when.evaluate({ pool })).toBe(true);
    expect(stalled?.title.render({ pool })).toBe('Downstream stalled: 2 of 2 filling, full in 10 min');
  });

  it('keep their own text for "why"', () => {
    expect(unwritable?.text.split('\n').slice(0, 2)).toEqual([
      'name: member-unwritable',
      'for_each: member                         # `member` is this one, `peers` the others, `pool` the whole',
    ]);
    expect(unwritable?.text).toMatch(/\n {2}- action: drain\n {4}lease: 30m\n/);
  });
});

describe('what a rule leaves out', () => {
  it('is quiet: at once, warn, no action, its name for a title', () => {
    const rule = load(FILLING);
    expect(rule).toMatchObject({
      forMs: 0,
      keepFiringForMs: 0,
      severity: 'warn',
      labels: {},
      brakes: [],
      mutes: [],
      steps: [],
    });
    expect(rule.mode).toBeUndefined();
    expect(rule.evidence).toBeUndefined();
    expect(rule.title.render({ pool: {} })).toBe('member-filling');
  });

  it('of an action that takes capacity is two observers and half an hour', () => {
    const rule = load(one('when: member.filling\ndo: [{action: set_weight, weight: 10}]'));
    expect(rule.evidence).toEqual({ observers: 2 });
    expect(rule.steps).toEqual([{ action: 'set_weight', weight: 10, leaseMs: 1_800_000 }]);
  });

  it('of an action that gives capacity is nothing', () => {
    const rule = load(one('when: member.filling\ndo: [{action: restore}]'));
    expect(rule.evidence).toBeUndefined();
    expect(rule.steps).toEqual([{ action: 'restore', leaseMs: 0 }]);
  });
});

describe('an expression that is wrong, at its own column', () => {
  it.each([
    ['plain', 'when: member.writeable', '5:18'],
    ['in double quotes behind escapes', 'when: "member.role == \\"a\\" && member.writeable"', '5:43'],
    ['in single quotes behind doubled ones', "when: 'member.role == ''a'' || member.writeable'", '5:43'],
    ['in a literal block', 'when: |\n  member.filling\n  && member.writeable', '7:17'],
    ['in a folded block', 'when: >-\n  member.filling\n\n  && member.writeable', '8:17'],
    ['over two plain lines', 'when: member.filling\n  && member.writeable', '6:17'],
    [
      'in a flow mapping',
      'when: member.filling\ndo: [{action: drain, verify: {expect: member.writeable, within: 5s}}]',
      '6:50',
    ],
  ])('%s', (_, keys, at) => {
    expect(complaints(one(keys))).toEqual([`r.yaml:${at} member has no signal writeable: did you mean "writable"?`]);
  });

  it('in a title', () => {
    expect(complaints(one('when: member.filling\ntell: {title: "a {{ member.fo }}"}'))).toEqual([
      'r.yaml:6:32 member has no signal fo ("weir rules signals" lists them)',
    ]);
  });
});

describe('what else is wrong with a rule file', () => {
  it.each([
    ['when: !member.writable', '5:11 "!member.writable" is read as a YAML tag because it begins with "!": quote it'],
    ['when: true', '5:11 rules[0].when is true, expected an expression in quotes'],
    ['when: member.filling\ntell: {title: {{ member.role }}}', '6:20 a key is plain text'],
    ['when: member.filling\nfor: 30', '6:10 rules[0].for is 30, expected a duration such as "30s"'],
    ['when: member.filling\nlimits: {}', '6:13 rules[0].limits is a mapping, expected a limit'],
    [
      'when: member.filling\nlimits: {budget: 3 an hour}',
      '6:22 rules[0].limits.budget is "3 an hour", expected how many in which time, such as "3/1h"',
    ],
    ['when: member.filling\nloosen: {targets: 9}', '6:14 "targets" is not a key of rules[0].loosen'],
    ['when: member.filling\nseverty: page', '6:5 "severty" is not a key of rules[0]: did you mean "severity"?'],
    [
      'when: member.filling\nseverity: paeg',
      '6:15 rules[0].severity is "paeg", expected one of page, warn, info: did you mean "page"?',
    ],
    ['when: member.filling\nmutes: [ones]', '6:13 there is no rule ones: did you mean "one"?'],
    ['when: member.filling\nmutes: [one]', '6:13 a rule cannot mute itself'],
    ['when: member.filling\ndo: [{action: set_weight}]', '6:10 set_weight needs a weight'],
    ['when: member.filling\ndo: [{action: drain, weight: 5}]', '6:34 weight is for set_weight, this is drain'],
    [
      'when: member.filling\ndo: [{action: set_weight, weight: 70000}]',
      '6:39 rules[0].do[0].weight is 70000, expected a whole number from 0 to 65535',
    ],
    ['when: member.filling\ndo: [{action: restore, lease: 5m}]', '6:35 restore takes no lease: leave it out'],
    ['when: member.filling\ndo: [{action: drain, lease: 0s}]', '6:33 a lease of 0 would end before it begins'],
    [
      'when: member.filling\ndo: [{action: reboot}]',
      '6:19 rules[0].do[0].action is "reboot", expected one of set_weight, drain, restore, shed_clients',
    ],
    [
      'when: member.filling\nevidence: {observers: 0}',
      '6:27 rules[0].evidence.observers is 0, expected a whole number of 1 or more',
    ],
  ])('%j', (keys, expected) => {
    expect(complaints(one(keys))[0]).toMatch(
      new RegExp(`^r\\.yaml:${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`),
    );
  });

  it('actions and evidence are about members', () => {
    const text = `version: 1\nrules:\n  - name: x\n    for_each: pool\n    when: "!pool.master_fresh"\n    evidence: {observers: 2}\n    do: [{action: drain}]\n`;
    expect(complaints(text).sort()).toEqual([
      'r.yaml:6:15 evidence is counted for members only, this rule is about each pool',
      'r.yaml:7:19 drain is about a member; a rule with for_each: pool can do nothing: it tells, brakes and mutes',
    ]);
  });

  it('a rule about directors moves the VIP and nothing else', () => {
    const rule = (action: string) =>
      `version: 1\nrules:\n  - name: x\n    for_each: director\n    when: "!director.keepalived"\n    do: [{action: ${action}}]\n`;
    expect(complaints(rule('failover'))).toEqual([]);
    expect(complaints(rule('remove_orphan_vip'))).toEqual([]);
    expect(complaints(rule('drain'))).toEqual([
      'r.yaml:6:19 drain is about a member; a rule with for_each: director can do failover and remove_orphan_vip only',
    ]);
    expect(complaints(rule('failover, lease: 0s'))).toEqual(['r.yaml:6:36 a lease of 0 would end before it begins']);
    expect(complaints(rule('failover, weight: 3'))).toEqual(['r.yaml:6:37 weight is for set_weight, this is failover']);
  });

  it('a name is taken once over all files, and mutes see all files', () => {
    expect(complaints(FILLING, FILLING)).toEqual([
      's.yaml:3:11 member-filling is the name of the rule at r.yaml:3 already',
    ]);
    expect(complaints(EXAMPLE, FILLING.replaceAll('member-filling', 'member-filing'))).toEqual([
      'r.yaml:14:13 there is no rule member-filling: did you mean "member-filing"?',
    ]);
    expect(complaints(EXAMPLE, FILLING)).toEqual([]);
  });

  it('a file alone loads although it mutes a rule of another, and says so', () => {
    expect(checkRules([{ file: 'r.yaml', text: EXAMPLE }]).ruleSet?.warnings).toEqual([
      'r.yaml:14:13 there is no rule member-filling in these files: this mutes nothing',
    ]);
  });

  it('every problem of every file is told, and no guess is made about files that cannot be read', () => {
    expect(complaints(EXAMPLE, one('when: member.fillin\nclear_when: member.ful'))).toEqual([
      's.yaml:5:18 member has no signal fillin: did you mean "filling"?',
      's.yaml:6:24 member has no signal ful: did you mean "full"?',
    ]);
  });

  it('the first line says it all; the excerpt is for a terminal', () => {
    const [problem] = checkRules([{ file: 'r.yaml', text: one('when: member.fillin') }]).problems;
    expect(problem?.excerpt).toBe(`    when: member.fillin\n${' '.repeat(17)}^^^^^^`);
  });
});

describe('a folder of rules', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await tempDir();
    await writeFile(join(folder, 'b.yaml'), FILLING);
    await writeFile(join(folder, 'a.yaml'), EXAMPLE);
    await writeFile(join(folder, 'a.test.yaml'), 'not: a rule file');
    await writeFile(join(folder, 'notes.txt'), '');
    await mkdir(join(folder, 'empty'));
  });

  it('is read in the order of names, tests left out', async () => {
    const { rules } = await loadRules([folder]);
    expect(rules.map(({ name }) => name)).toEqual(['downstream-stalled', 'member-unwritable', 'member-filling']);
  });

  it('has one hash for the same names and texts', async () => {
    const before = (await loadRules([folder])).hash;
    expect((await loadRules([join(folder, 'a.yaml'), join(folder, 'b.yaml')])).hash).toBe(before);
    await writeFile(join(folder, 'b.yaml'), `${FILLING}\n`);
    expect((await loadRules([folder])).hash).not.toBe(before);
  });

  it('that is empty or not there is an error, not a set of no rules', async () => {
    await expect(loadRules([join(folder, 'empty')])).rejects.toThrow(
      /^There is no rule file \(\*\.yaml\) in .*empty\.$/,
    );
    await expect(loadRules([join(folder, 'gone')])).rejects.toThrow(
      /^The rules cannot be read: there is no file or folder/,
    );
  });

  it('with a bad file is an error of the kind that ends with exit code 2', async () => {
    const file = join(folder, 'empty', 'bad.yaml');
    await writeFile(file, one('when: member.fillin'));
    const error = await loadRules([file]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WeirError);
    expect(error).toMatchObject({
      code: 'rule',
      message: `${file}:5:18 member has no signal fillin: did you mean "filling"?`,
    });
  });
});

it('whatever is done to a rule file, it is accepted or refused with positions', () => {
  fc.assert(
    fc.property(mangled(EXAMPLE, ['{{', '}}', 'member.', '||', '(', ')', 'peers']), (text) => {
      for (const line of quietly(() => complaints(text, FILLING)))
        expect(line).toMatch(/^[rs]\.yaml:[1-9]\d*:[1-9]\d* \S/);
    }),
    { numRuns: 1_000 },
  );
}, 300_000);
