/** How many evaluations of a pool a second, beside what its expressions alone cost in the same run. */

import { bench, describe } from 'vitest';
import type { Rule, RuleSet } from '../../src/model/decisions/rule.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { judge } from '../../src/rails/index.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { foldEntry } from '../../src/rules/fold-entry.ts';
import { buildFacts, scopeOf, targetsOf } from '../../src/rules/state/facts.ts';
import { type FoldContext, initialState } from '../../src/rules/state/state.ts';
import { HEALTHY_MEMBER, healthyDirector } from '../../src/rules/testing/healthy.ts';
import { POLICY, POLL, poolOf, sweepOf, tableOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
const RULES = 50;
const pack = await loadRules(['rules']);

/** As many rules as asked for: the pack over and over, under other names. */
function rules(count: number): RuleSet {
  const all = Array.from({ length: count }, (_, index): Rule => {
    const rule = pack.rules[index % pack.rules.length] as Rule;
    return { ...rule, name: `${rule.name}-${index}` };
  });
  return { hash: 'bench', rules: all, extra: [], warnings: [] };
}

const ruleSet = rules(RULES);
const pool = poolOf(NAMES);
const context: FoldContext = { pool, policy: POLICY, poll: POLL, ruleSet, judge };

function sweep(node: string, at: number): Sweep {
  return sweepOf(node, at, {
    members: Object.fromEntries(NAMES.map((name) => [name, { ...HEALTHY_MEMBER }])),
    table: tableOf(Object.fromEntries(NAMES.map((name) => [name, 100]))),
    director: healthyDirector(node === 'a', NAMES.length),
  });
}

describe(`a pool of ${NAMES.length} members, ${RULES} rules`, () => {
  let state = initialState({
    cursor: `${START}-0`,
    ...{ now: START, settleMs: 0, reason: '', ruleSet, brokerRunId: '' },
  });
  let at = START;
  let sequence = 0;
  bench('one evaluation: a sweep is folded', () => {
    const node = NAMES[sequence % NAMES.length] as string;
    sequence += 1;
    if (node === 'a') at += 1_000;
    state = foldEntry(context, state, { id: `${at}-${sequence}`, body: sweep(node, at) }).state;
  });

  const facts = buildFacts(
    pool,
    NAMES.map((name) => sweep(name, START)),
  );
  const work = ruleSet.rules.flatMap(({ when, forEach }) =>
    targetsOf(forEach, facts, pool.name).map((target) => ({ when, scope: scopeOf(forEach, target, facts) })),
  );
  bench('its expressions alone', () => {
    for (const { when, scope } of work) when.evaluate(scope);
  });
});
