import { expect, it } from 'vitest';
import type { Sweep } from '../../../src/model/readings/reading.ts';
import { votesFor } from '../../../src/rules/decisions/evidence-votes.ts';
import { buildFacts } from '../../../src/rules/state/facts.ts';
import { FROZEN, poolOf, SILENT, sweepOf } from '../../support/pool.ts';
import { expression, START, unwritable } from '../../support/world.ts';

/** It asks nobody else: what peers say does not hide who votes. */
const ALONE = unwritable({
  when: expression(({ member }) => (member?.writable === undefined ? undefined : member.writable === false)),
});

function votes(sweeps: Record<string, Sweep>, rule = unwritable()): Record<string, string> {
  const now = START;
  const pool = poolOf();
  const fresh = Object.values(sweeps).filter((sweep) => sweep.at + 3_000 >= now);
  const input = {
    rule,
    target: 'b',
    facts: buildFacts(pool, fresh),
    extra: [],
    sweeps,
    pool,
    now,
    staleAfterMs: 3_000,
  };
  return Object.fromEntries(votesFor(input).map(({ observer, vote }) => [observer, vote]));
}

it('every observer votes by its own reading of the target', () => {
  expect(votes({ a: sweepOf('a', START, FROZEN), b: sweepOf('b', START) })).toEqual({ a: 'yes', b: 'no' });
});

it('an observer with no fresh reading abstains', () => {
  expect(votes({ a: sweepOf('a', START, FROZEN), b: sweepOf('b', START - 4_000, FROZEN) })).toEqual({
    a: 'yes',
    b: 'abstain',
  });
  expect(votes({ a: sweepOf('a', START, FROZEN) })).toEqual({ a: 'yes', b: 'abstain' });
});

it('an observer that reaches nobody abstains: its own way into the network is what is broken', () => {
  const lost = sweepOf('worker-x', START, { members: { a: SILENT, b: SILENT } });
  expect(votes({ a: sweepOf('a', START, FROZEN), 'worker-x': lost })).toMatchObject({ 'worker-x': 'abstain' });
});

it('a node that has been silent for 10 s says of its own member that it does not answer, and never the opposite', () => {
  const a = sweepOf('a', START, FROZEN);
  expect(votes({ a, b: sweepOf('b', START - 10_000) })).toEqual({ a: 'yes', b: 'yes' });
  expect(votes({ a, b: sweepOf('b', START - 9_000) })).toEqual({ a: 'yes', b: 'abstain' });
});

it('a silent node says nothing while the broker hears nobody: then it is the broker that is away', () => {
  for (const rule of [unwritable(), ALONE]) {
    expect(votes({ b: sweepOf('b', START - 20_000), a: sweepOf('a', START - 20_000) }, rule)).toEqual({
      a: 'abstain',
      b: 'abstain',
    });
  }
  expect(votes({ b: sweepOf('b', START - 20_000), a: sweepOf('a', START) }, ALONE)).toEqual({ a: 'no', b: 'yes' });
});
