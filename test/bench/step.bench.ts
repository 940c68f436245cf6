import { bench, describe } from 'vitest';
import type { Rule, RuleSet } from '../../src/model/rule.ts';
import { judge } from '../../src/rails/index.ts';
import { loadRules } from '../../src/rules/load.ts';
import { initialState, type PoolState, type StepContext } from '../../src/rules/state.ts';
import { step } from '../../src/rules/step.ts';
import { HEALTHY, POLICY, POLL, poolOf, START, sweepOf, tableOf } from '../support/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
const pack = await loadRules(['rules']);

/** As many rules as asked for: the pack over and over, under other names. */
function rules(count: number): RuleSet {
  const all = Array.from({ length: count }, (_, index): Rule => {
    const rule = pack.rules[index % pack.rules.length] as Rule;
    return { ...rule, name: `${rule.name}-${index}` };
  });
  return { hash: 'bench', rules: all, extra: [], warnings: [] };
}

function contextOf(count: number): StepContext {
  return { pool: poolOf(NAMES), policy: POLICY, poll: POLL, ruleSet: rules(count), judge };
}

/** One second of a pool of ten: every node's sweep, folded one by one. */
function second(context: StepContext, state: PoolState, at: number): PoolState {
  const members = Object.fromEntries(NAMES.map((name) => [name, HEALTHY]));
  const table = tableOf(Object.fromEntries(NAMES.map((name) => [name, 100])));
  return NAMES.reduce((current, name, index) => {
    const body = sweepOf(name, START + at, { members, table });
    return step(context, current, { id: `${START + at}-${index + 1}`, body }).state;
  }, state);
}

describe('ten sweeps of a pool of ten members', () => {
  for (const count of [7, 50]) {
    const context = contextOf(count);
    const start = {
      cursor: `${START}-0`,
      now: START,
      settleMs: 0,
      reason: '',
      ruleSet: context.ruleSet,
      brokerRunId: '',
    };
    let state = initialState(start);
    let at = 0;
    bench(`${count} rules`, () => {
      at += 1_000;
      state = second(context, state, at);
    });
  }
});
