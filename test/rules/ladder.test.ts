/** A ladder of steps: each decision belongs to its step, and to its episode. */

import { describe, expect, it } from 'vitest';
import type { Rule } from '../../src/model/decisions/rule.ts';
import { FROZEN, HEALTHY, POLICY, sweepOf, tableOf } from '../support/pool.ts';
import { expression, START, unwritable, type World, world } from '../support/world.ts';

const WELL = { members: { a: HEALTHY, b: HEALTHY } };

const weightIs = (weight: number) => expression((scope) => scope.member?.weight === weight);

/** First less, then nothing. */
function ladder(otherwise: 'keep' | 'revert'): Rule {
  const leaseMs = 1_800_000;
  return unwritable({
    steps: [
      { action: 'set_weight', weight: 10, leaseMs, verify: { expect: weightIs(10), withinMs: 5_000, otherwise } },
      { action: 'drain', leaseMs, verify: { expect: weightIs(0), withinMs: 5_000, otherwise: 'revert' } },
    ],
  });
}

const pool = (rule: Rule): World => world([rule], { policy: { ...POLICY, blockMs: 0 } });

const acts = (w: World) =>
  [...w.decisions.values()]
    .filter(({ verdict }) => verdict === 'act')
    .map(({ id, action, state }) => ({ id, action, state }));

/** b hangs: from the second poll on its first step is open. */
function hang(w: World, from: number): string {
  w.sweeps(from, FROZEN);
  w.sweeps(from + 1_100, FROZEN);
  return acts(w).at(-1)?.id ?? '';
}

/** Both nodes say that they have done it. */
function applied(w: World, at: number, id: string): void {
  for (const node of ['a', 'b']) w.outcome(at, id, node);
}

function pass(w: World, from: number, to: number, parts: Parameters<typeof sweepOf>[2]): void {
  for (let at = from; at <= to; at += 1_000) w.sweeps(at, parts);
}

describe('a step that was not verified', () => {
  it.each(['keep', 'revert'] as const)(
    'and whose lease is to be dealt with so: %s, is followed by the next',
    (otherwise) => {
      const w = pool(ladder(otherwise));
      w.sweeps(0);
      const id = hang(w, 1_000);
      applied(w, 2_300, id);
      pass(w, 3_000, 9_000, FROZEN);
      expect(acts(w)).toMatchObject([
        { action: 'set_weight', state: 'unverified' },
        { action: 'drain', state: 'open' },
      ]);
      expect(w.state.leases[id] !== undefined).toBe(otherwise === 'keep');
    },
  );
});

it('a decision is verified by what its own step expects, also when its finding is over by then', () => {
  const w = pool(ladder('revert'));
  w.sweeps(0);
  applied(w, 2_300, hang(w, 1_000));
  pass(w, 3_000, 8_000, FROZEN);
  const id = acts(w).at(-1)?.id ?? '';
  expect(w.decisions.get(id)?.action).toBe('drain');
  applied(w, 8_300, id);
  w.fold(8_400, sweepOf('b', START + 8_400, WELL));
  expect(w.state.findings).toEqual({});
  w.sweeps(9_000, { ...WELL, table: tableOf({ a: 100, b: 0 }) });
  expect(w.decisions.get(id)?.state).toBe('verified');
});

describe('what fires anew while the decision of the episode before is open', () => {
  /** b hangs, is well for a moment, hangs again; the nodes have not answered. */
  function again(): { w: World; id: string } {
    const w = pool(unwritable());
    w.sweeps(0);
    const id = hang(w, 1_000);
    w.sweeps(3_000, WELL);
    expect(w.state.findings).toEqual({});
    w.sweeps(4_000, FROZEN);
    w.sweeps(5_100, FROZEN);
    expect(w.state.findings['member-unwritable/b']?.phase).toBe('firing');
    return { w, id };
  }

  it('is not decided on a second time', () => {
    const { w, id } = again();
    pass(w, 6_000, 9_000, FROZEN);
    expect(acts(w)).toEqual([{ id, action: 'drain', state: 'open' }]);
  });

  it('has a ladder of its own: that the one before came to nothing uses up none of it', () => {
    const { w, id } = again();
    applied(w, 5_300, id);
    pass(w, 6_000, 12_000, FROZEN);
    expect(acts(w)).toMatchObject([
      { id, state: 'unverified' },
      { action: 'drain', state: 'open' },
    ]);
  });

  it('is content with what the one before has done', () => {
    const { w, id } = again();
    applied(w, 5_300, id);
    pass(w, 6_000, 60_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    expect(acts(w)).toEqual([{ id, action: 'drain', state: 'verified' }]);
    expect(w.state.leases[id]?.member).toBe('b');
  });
});
