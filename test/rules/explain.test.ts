import { describe, expect, it } from 'vitest';
import type { RuleSet } from '../../src/model/decisions/rule.ts';
import type { Explanation } from '../../src/model/people/explanation.ts';
import { explainAll } from '../../src/rules/explain.ts';
import { checkRules } from '../../src/rules/files/load.ts';
import { buildFacts } from '../../src/rules/state/facts.ts';
import { formatExplanation } from '../../src/tell/terminal/explain.ts';
import { HEALTHY, poolOf, SILENT, sweepOf } from '../support/pool.ts';
import { START, world } from '../support/world.ts';

const LOGS = { name: 'logs', mode: 'auto' } as const;

const NONE: RuleSet = { hash: '', rules: [], extra: [], warnings: [] };

const text = `version: 1
rules:
  - name: unwritable
    for_each: member
    when: "!member.writable && peers.exists(p, p.writable) && (member.weight > 0.0 || member.held)"
    for: 10s
    severity: page
    do: [{action: drain}]
  - name: hot
    for_each: member
    when: member.memory_ratio > 0.8 || member.evicted_keys > 0.0
  - name: split
    for_each: pool
    when: pool.masters > 1
`;

const { ruleSet = NONE } = checkRules([{ file: 'x.yaml', text }]);

function explained(target: string, members: Parameters<typeof sweepOf>[2] = {}): Explanation[] {
  const w = world(ruleSet.rules);
  w.sweeps(0, members);
  w.sweeps(4_000, members);
  const facts = buildFacts(poolOf(), Object.values(w.state.sweeps));
  return explainAll(ruleSet, target, facts, LOGS, Object.values(w.state.findings));
}

function lines(target: string, members?: Parameters<typeof sweepOf>[2]): string[] {
  return explained(target, members).map((one) => formatExplanation(one, START + 4_000));
}

describe('what the rules see of a target', () => {
  it('is told part by part, also where nothing happens', () => {
    expect(lines('b')).toEqual([
      [
        '• unwritable (page, acts: shadow): does not hold. All of these must hold:',
        '    no  !member.writable  (member.writable yes)',
        '    yes peers.exists(p, p.writable)  (peers.writable true)',
        '    yes member.weight > 0.0 || member.held  (member.weight 100, member.held no)',
      ].join('\n'),
      [
        '• hot (warn, only tells): nobody can tell. One of these must hold:',
        '    no  member.memory_ratio > 0.8  (member.memory_ratio 10 %)',
        '    ?   member.evicted_keys > 0.0  (member.evicted_keys not known)',
      ].join('\n'),
    ]);
  });

  it('keeps brackets together, whatever they stand around', () => {
    const when = '(member.memory_ratio - 0.1) * 2.0 > 0.5 && !(member.full || member.filling) && !member.held';
    const { ruleSet: loaded = NONE } = checkRules([
      { file: 'x.yaml', text: `version: 1\nrules:\n  - {name: x, for_each: member, when: "${when}"}\n` },
    ]);
    const [one] = explainAll(loaded, 'b', buildFacts(poolOf(), [sweepOf('a', START)]), LOGS, []);
    expect(one?.parts.map(({ source }) => source)).toEqual([
      '(member.memory_ratio - 0.1) * 2.0 > 0.5',
      '!(member.full || member.filling)',
      '!member.held',
    ]);
  });

  it('says the mode that holds, and whose it is where the file says another', () => {
    const acting = checkRules([{ file: 'x.yaml', text: text.replace('do:', 'mode: auto\n    do:') }]).ruleSet ?? NONE;
    const facts = buildFacts(poolOf(), [sweepOf('a', START)]);
    const shown = (mode: 'shadow' | 'auto') => {
      const [first] = explainAll(acting, 'b', facts, { name: 'logs', mode }, []);
      return formatExplanation(first as Explanation, START);
    };
    expect(shown('shadow')).toContain('(page, acts: shadow (policy.mode; its file says auto))');
    expect(shown('auto')).toContain('(page, acts: auto)');
  });

  it('says when it will fire', () => {
    const [first] = lines('b', { members: { a: HEALTHY, b: SILENT } });
    expect(first).toMatch(/^• unwritable \(page, acts: shadow\): holds, and fires in 6 s\. All/);
    expect(first).toContain('yes !member.writable  (member.writable no)');
  });

  it('of the pool is what rules about pools see', () => {
    expect(lines('logs')).toEqual([
      '• split (warn, only tells): does not hold.\n    no  pool.masters > 1  (pool.masters 1)',
    ]);
    expect(lines('nobody')).toEqual([]);
  });

  it('says who has a member out that a rule would drain', () => {
    const [rule] = ruleSet.rules;
    const facts = buildFacts(poolOf(), []);
    const outBy = { by: 'ann', until: START + 60_000 };
    const common = { targetKind: 'member', target: 'b', since: START, values: {}, title: '' } as const;
    const found = { ...common, rule: rule?.name ?? '', phase: 'firing', severity: 'page', muted: true, outBy } as const;
    const [first] = explainAll(ruleSet, 'b', facts, LOGS, [found]);
    expect(formatExplanation(first as Explanation, START)).toMatch(
      /fires, and is muted: ann has it out of service until/,
    );
  });
});
