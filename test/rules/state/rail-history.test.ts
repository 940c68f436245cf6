/** What a pool's state remembers for the rails that look back, and how it learns it again. */

import { describe, expect, it } from 'vitest';
import type { PastAction } from '../../../src/model/decisions/action.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import { FROZEN, HEALTHY, POLICY, poolOf, SILENT, sweepOf, tableOf } from '../../support/pool.ts';
import { START, unwritable, type World, world } from '../../support/world.ts';

const RULES = [unwritable({ forMs: 0, evidence: { observers: 1 } })];

function verdicts(seen: World): string[] {
  return [...seen.decisions.values()].map(({ verdict, rails }) =>
    verdict === 'refuse' ? `refuse: ${rails.at(-1)?.rail}` : verdict,
  );
}

/** One episode of b: it freezes, is drained or not, and is well again a minute later. */
function episode(seen: World, atMs: number): void {
  const before = seen.decisions.size;
  seen.sweeps(atMs, FROZEN);
  const made = [...seen.decisions.values()].slice(before).find(({ verdict }) => verdict === 'act');
  if (made !== undefined) {
    for (const node of ['a', 'b']) seen.outcome(atMs + 100, made.id, node);
    seen.sweeps(atMs + 1_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
  }
  seen.sweeps(atMs + 60_000);
}

it('learns from nodes no act that is more than a day old: neither budget nor breaker knows of it', () => {
  const seen = world(RULES);
  const NOW = 40 * 3_600_000;
  const acted = [2, 30].map((hours) => {
    const at = START + NOW - hours * 3_600_000;
    const one = { rule: 'member-unwritable', target: 'b', action: 'drain', strikes: 1 } as const;
    return { ...one, decision: `${at}-0.member-unwritable.b`, at };
  });
  seen.sweeps(NOW, { acted: acted.slice(1) });
  expect(seen.state).toMatchObject({ acts: [], strikes: { count: 0 } });
  seen.sweeps(NOW + 1_000, { acted: acted.slice(0, 1) });
  expect(seen.state.strikes.count).toBe(2);
});

describe('the budget', () => {
  it('bounds a member that comes and goes', () => {
    const seen = world(RULES);
    for (const minute of [0, 2, 4, 6, 8]) episode(seen, minute * 60_000 + 100);
    expect(verdicts(seen)).toEqual(['act', 'act', 'act', 'refuse: budget', 'refuse: budget']);
    episode(seen, 61 * 60_000);
    expect(verdicts(seen).at(-1)).toBe('act');
  });

  it('is not given out anew by a broker that came back empty: the nodes say what they have done', () => {
    const seen = world(RULES);
    for (const minute of [0, 2, 4]) episode(seen, minute * 60_000 + 100);
    const { acts } = seen.state;
    expect(acts).toHaveLength(3);

    const empty = world(RULES);
    empty.sweeps(6 * 60_000, { acted: acts });
    expect(empty.state.acts).toEqual(acts);
    empty.sweeps(6 * 60_000 + 1_000, { ...FROZEN, acted: acts });
    expect(verdicts(empty)).toEqual(['refuse: budget']);

    const forgetful = world(RULES);
    forgetful.sweeps(6 * 60_000, FROZEN);
    expect(verdicts(forgetful)).toEqual(['act']);
  });

  it('counts an action once, whoever says it, in the order in which they were decided', () => {
    const seen = world(RULES);
    episode(seen, 100);
    const [own] = seen.state.acts as [PastAction];
    const older: PastAction = { ...own, decision: '999000-1.member-unwritable.b', at: START - 1_000 };
    const ancient: PastAction = { ...own, decision: '1-1.x.b', at: START - 90_000_000 };
    seen.sweeps(70_000, { acted: [ancient, older, own] });
    seen.sweeps(71_000, { acted: [ancient, older, own] });
    expect(seen.state.acts).toEqual([older, own]);
  });
});

describe('the breaker', () => {
  const unseen = (seen: World, atMs: number) => {
    seen.sweeps(atMs, FROZEN);
    const made = [...seen.decisions.values()].at(-1);
    for (const node of ['a', 'b']) seen.outcome(atMs + 100, made?.id ?? '', node);
    seen.sweeps(atMs + 3_000, FROZEN);
    seen.sweeps(atMs + 6_000, FROZEN);
    seen.sweeps(atMs + 60_000);
  };

  it('counts what nobody saw an effect of, and forgets it with the first that was seen, or a person who looks', () => {
    const seen = world(RULES);
    unseen(seen, 100);
    expect(seen.state.strikes.count).toBe(1);
    episode(seen, 120_000);
    expect(seen.state.strikes.count).toBe(0);
    unseen(seen, 240_000);
    const wide = { ...POLICY, budgets: { ...POLICY.budgets, target: { max: 99, perMs: 3_600_000 } } };
    const more = world(RULES, { policy: wide });
    more.state = seen.state;
    unseen(more, 360_000);
    more.sweeps(480_000, FROZEN);
    expect(verdicts(more)).toEqual(['act', 'refuse: breaker']);
    more.fold(481_000, { kind: 'ack', pool: 'logs', by: 'ann' });
    more.sweeps(482_000, FROZEN);
    expect(verdicts(more).at(-1)).toBe('act');
  });

  it('takes what nobody remembers the end of for one that was not seen', () => {
    const seen = world(RULES);
    const lost: PastAction = {
      ...{ decision: '999000-1.r.b', rule: 'r', target: 'b', action: 'drain', at: START - 1_000, strikes: 1 },
    };
    seen.sweeps(100, { acted: [lost] });
    expect(seen.state.strikes).toEqual({ count: 2, at: lost.at });
    seen.sweeps(1_000, FROZEN);
    expect(verdicts(seen)).toEqual(['refuse: breaker']);
  });
});

describe('what members take', () => {
  const load = (state: PoolState) => state.loads.b;
  const sweep = (seen: World, atMs: number, b: object) =>
    seen.fold(atMs, sweepOf('b', START + atMs, { members: { b: { ...HEALTHY, ...b } } }));

  it('is the last inflow and the most that was taken in a day, from its own node', () => {
    const seen = world([], { pool: poolOf() });
    sweep(seen, 0, { inflow_rate: 5, consume_rate: 70 });
    sweep(seen, 1_000, { inflow_rate: 6, consume_rate: 10 });
    seen.fold(1_500, sweepOf('a', START + 1_500, { members: { b: { ...HEALTHY, inflow_rate: 99 } } }));
    expect(load(seen.state)).toEqual({ inflow: 6, at: START + 1_000, peakTaken: 70, peakAt: START });
    sweep(seen, 86_400_001, { inflow_rate: 7, consume_rate: 10 });
    expect(load(seen.state)).toMatchObject({ inflow: 7, peakTaken: 10 });
  });

  it('stays when the member falls silent', () => {
    const seen = world([]);
    sweep(seen, 0, { inflow_rate: 5, consume_rate: 70 });
    seen.fold(1_000, sweepOf('b', START + 1_000, { members: { b: SILENT } }));
    expect(load(seen.state)).toMatchObject({ inflow: 5 });
  });
});
