/** What a finding says of its peers: all of a few, how many of many. */

import { expect, it } from 'vitest';
import type { Expression } from '../../../src/model/decisions/rule.ts';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { compileExpression } from '../../../src/rules/language/expression.ts';
import { namedValues } from '../../../src/rules/language/references.ts';
import { scopesOf } from '../../../src/rules/state/facts.ts';
import { poolOf } from '../../support/pool.ts';

function expression(source: string): Expression {
  const compiled = compileExpression({ source, forEach: 'consumer', expect: 'bool' });
  if (!compiled.ok) throw new Error(compiled.fault.message);
  return compiled.expression;
}

const when = expression('!consumer.answering && peers.exists(p, p.answering && p.events_out_rate > 1.0)');

function seen(consumers: readonly Signals[], target: number): Signals {
  const named = Object.fromEntries(consumers.map((signals, index) => [`c${index}`, signals]));
  const facts = { pool: {}, members: {}, directors: {}, consumers: named };
  const scope = scopesOf('consumer', facts, poolOf().name).get(`c${target}`);
  if (scope === undefined) throw new Error('there is one');
  return namedValues(when, scope);
}

it('of a few peers it has all values, in their order', () => {
  const consumers = [{ answering: false }, { answering: true, events_out_rate: 5 }, { answering: true }];
  expect(seen(consumers, 0)).toEqual({
    'consumer.answering': false,
    'peers.answering': 'true true',
    'peers.events_out_rate': '5 ?',
  });
});

it('of many it says how many have it, and the first of what is no yes or no', () => {
  const consumers = Array.from({ length: 1_000 }, (_, index): Signals => {
    return index < 13 ? { answering: true, events_out_rate: index } : { answering: false };
  });
  expect(seen(consumers, 500)['peers.answering']).toBe('13 of 999 true');
  // Itself is none of its peers.
  expect(seen(consumers, 0)['peers.answering']).toBe('12 of 999 true');
  expect(seen(consumers, 0)['peers.events_out_rate']).toBe('1 2 3 4 5 6 7 8 9 10 and 989 more');
  expect(seen([...consumers.slice(0, 999), {}], 0)['peers.answering']).toBe('12 of 999 true, 1 ?');
});

it('whoever asks first: a list that another has gone through gives the same', () => {
  const scopes = scopesOf(
    'consumer',
    { pool: {}, members: {}, directors: {}, consumers: { x: { answering: true }, y: {}, z: { answering: false } } },
    'logs',
  );
  const all = expression('peers.exists(p, p.answering)');
  expect([...scopes.values()].map((scope) => all.evaluate(scope))).toEqual([undefined, true, true]);
  expect([...scopes.values()].map(({ peers }) => peers)).toEqual([
    [{}, { answering: false }],
    [{ answering: true }, { answering: false }],
    [{ answering: true }, {}],
  ]);
});
