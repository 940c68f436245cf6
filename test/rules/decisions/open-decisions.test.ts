/** What ends a decision and what does not: the moments at which an answer, a sweep and an end of the reason may cross. */

import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/model/decisions/decision.ts';
import type { LeaseView } from '../../../src/model/readings/reading.ts';
import { FROZEN, sweepOf, tableOf } from '../../support/pool.ts';
import { START, unwritable, type World, world } from '../../support/world.ts';

const DRAINED = { table: tableOf({ a: 100, b: 0 }) };
const TWO_MASTERS = { ...FROZEN, ...DRAINED, director: { state: 'MASTER', keepalived: true, vip: true } } as const;

/** b freezes at once; both nodes see it. */
function drainB(w: World): Decision {
  w.sweeps(0);
  w.sweeps(1_000, FROZEN);
  w.sweeps(2_100, FROZEN);
  const decision = [...w.decisions.values()].find((one) => one.verdict === 'act');
  if (decision === undefined) throw new Error('no action');
  return decision;
}

const ends = (w: World) => w.results.flatMap(({ jobs }) => jobs).filter(({ leaseIds }) => leaseIds !== undefined);

describe('a decision that is open', () => {
  it('is not verified by a sweep of the very ms of its outcome: the sweep may have begun before it', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    w.fold(2_400, sweepOf('a', START + 2_300, { ...FROZEN, ...DRAINED }));
    expect(w.decisions.get(id)).toMatchObject({ state: 'open' });
    w.fold(2_500, sweepOf('a', START + 2_301, { ...FROZEN, ...DRAINED }));
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
  });

  it('of two MASTERs is verified by what both show after the later of their outcomes', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    for (const node of ['a', 'b']) w.fold(2_200, sweepOf(node, START + 2_200, { ...TWO_MASTERS, ...FROZEN }));
    w.outcome(2_300, id, 'a');
    w.outcome(2_310, id, 'b', { at: START + 2_900 });
    w.sweeps(2_600, TWO_MASTERS);
    expect(w.decisions.get(id)).toMatchObject({ state: 'open' });
    w.sweeps(3_000, TWO_MASTERS);
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
  });

  it('of two MASTERs is not verified by what one of them shows: producers may come through the other', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    for (const node of ['a', 'b']) w.fold(2_200, sweepOf(node, START + 2_200, { ...TWO_MASTERS, ...FROZEN }));
    for (const node of ['a', 'b']) w.outcome(2_300, id, node);
    w.fold(2_600, sweepOf('a', START + 2_600, TWO_MASTERS));
    expect(w.decisions.get(id)).toMatchObject({ state: 'open' });
    w.fold(2_700, sweepOf('b', START + 2_700, TWO_MASTERS));
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
  });

  it('has jobs for ten seconds: a node that comes later does not do what was decided long ago', () => {
    const w = world([unwritable()]);
    const { at } = drainB(w);
    const jobs = w.results.flatMap((result) => result.jobs);
    expect(jobs.map(({ node, expiresAt }) => [node, expiresAt - at])).toEqual([
      ['a', 10_000],
      ['b', 10_000],
    ]);
  });

  it('keeps its lease until it is closed, though its reason is over: an end that overtakes it makes it unverified', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'b');
    w.fold(2_600, sweepOf('a', START + 2_590));
    w.fold(2_700, sweepOf('b', START + 2_690));
    expect(w.state.findings['member-unwritable/b']?.phase).not.toBe('firing');
    expect(w.state.open[id]).toBeDefined();
    expect(w.state.leases[id]).toBeDefined();
    expect(ends(w)).toEqual([]);

    w.outcome(2_800, id, 'a');
    w.sweeps(3_100, DRAINED);
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
    expect(ends(w).map(({ node }) => node)).toEqual(['a', 'b']);
  });

  it('is no lease that the broker forgot: a sweep shows it before the outcome is heard', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    const view: LeaseView = { id, member: 'b', weight: 0, base: 100, owner: 'rule:x', until: START, contested: false };
    w.fold(2_300, sweepOf('a', START + 2_290, { ...FROZEN, leases: [view] }));
    expect(w.state.leases).toEqual({});
    w.outcome(2_350, id, 'a');
    expect(w.state.leases[id]).toMatchObject({ rule: 'member-unwritable', reason: w.decisions.get(id)?.reason });
  });
});
