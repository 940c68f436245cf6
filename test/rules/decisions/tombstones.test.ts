/** What was ended stays ended, and who keeps what is over is not asked for ever. */

import { describe, expect, it } from 'vitest';
import { resettle } from '../../../src/rules/state/state.ts';
import { sweepOf, tableOf } from '../../support/pool.ts';
import { START, unwritable, type World, world } from '../../support/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const view = (id: string, until: number, more = {}) => ({
  ...{ id, member: 'b', weight: 0, base: 100, owner: 'person:ann@x', until, contested: false, ...more },
});

/** ann has drained b for `leaseMs` and given it back after an hour, while b was off. */
function endedByAnn(leaseMs: number) {
  const w = world([]);
  w.sweeps(0);
  const asked = { kind: 'request', pool: 'logs', target: 'b', by: 'ann@x', force: false } as const;
  const id = w.fold(1_000, { ...asked, action: 'drain', leaseMs }).records[0]?.id ?? '';
  for (const node of ['a', 'b']) w.outcome(1_200, id, node);
  const seen = { table: tableOf({ a: 100, b: 0 }), leases: [view(id, START + 1_000 + leaseMs)] };
  w.sweeps(2_000, seen);
  expect(w.decisions.get(id)?.state).toBe('verified');
  w.fold(HOUR, sweepOf('a', START + HOUR, seen));
  const back = w.fold(HOUR + 500, { ...asked, action: 'restore' }).records[0]?.id ?? '';
  w.outcome(HOUR + 600, back, 'a');
  w.fold(HOUR + 2_000, sweepOf('a', START + HOUR + 2_000));
  expect(w.state.leases).toEqual({});
  /** b comes back with its file. */
  const comesBack = (at: number) => {
    w.fold(at, sweepOf('a', START + at));
    return w.fold(at + 1_000, sweepOf('b', START + at + 1_000, seen));
  };
  return { w, id, comesBack };
}

const jobsOf = (w: World, from = 0) => w.results.slice(from).flatMap(({ jobs }) => jobs);

describe('what was ended while a director was away', () => {
  it('stays ended for as long as the lease would have lived and a day', () => {
    for (const at of [26 * HOUR, 72 * HOUR, 95 * HOUR]) {
      const { w, id, comesBack } = endedByAnn(72 * HOUR);
      const { desired, jobs } = comesBack(at);
      expect(w.state.leases).toEqual({});
      expect(desired).toEqual([]);
      expect(jobs).toMatchObject([{ node: 'b', action: 'restore', leaseIds: [id] }]);
    }
  });

  it('is ended also when its end is forgotten: the pool would know a lease that lives', () => {
    const { w, id, comesBack } = endedByAnn(72 * HOUR);
    // A version before has kept ends for a day.
    w.state = { ...w.state, ended: {}, tombstones: {} };
    const { desired, jobs } = comesBack(26 * HOUR);
    expect(w.state.leases).toEqual({});
    expect(desired).toMatchObject([{ id, endedAt: START + 26 * HOUR + 1_000 }]);
    expect(jobs).toMatchObject([{ node: 'b', action: 'restore', leaseIds: [id] }]);
  });

  it('is forgotten in the end', () => {
    const { w, id } = endedByAnn(2 * HOUR);
    w.sweeps(20 * HOUR);
    expect(Object.keys(w.state.tombstones)).toContain(id);
    w.sweeps(27 * HOUR);
    expect([w.state.ended, w.state.tombstones]).toEqual([{}, {}]);
  });
});

describe('a lease that nobody knows', () => {
  const found = (w: World, id: string, at: number) => {
    w.fold(at, sweepOf('b', START + at, { leases: [view(id, START + at + HOUR)] }));
    return Object.keys(w.state.leases);
  };

  it('of before the state began is adopted, however old: the broker has lost everything', () => {
    const id = '900-0.request.b';
    expect(found(world([]), id, 3 * DAY)).toEqual([id]);
  });

  it('of the last day is adopted: the pool remembers every end of that day', () => {
    const id = `${START + 5 * DAY - HOUR}-0.request.b`;
    expect(found(world([]), id, 5 * DAY)).toEqual([id]);
  });

  it('of a time that the broker has lost is adopted: it was restored from a backup of the day before yesterday', () => {
    const lost = `${START + 2 * DAY}-0.request.b`;
    const kept = `${START + HOUR}-0.request.b`;
    const restored = () => {
      const w = world([]);
      w.sweeps(DAY);
      w.state = resettle(w.state, START + 4 * DAY, 5_000, 'The broker was restarted or is another one');
      return w;
    };
    expect(found(restored(), lost, 4 * DAY)).toEqual([lost]);
    expect(found(restored(), kept, 4 * DAY)).toEqual([]);
  });

  it('with an id that is none is ended', () => {
    expect(found(world([]), 'raise-10', DAY)).toEqual([]);
  });
});

describe('a node that is asked to end what is over', () => {
  const shown = (w: World, id: string, at: number, more = {}) => {
    for (const node of ['a', 'b']) w.fold(at, sweepOf(node, START + at, { leases: [view(id, START + HOUR, more)] }));
  };
  const ended = () => {
    const { w, id } = endedByAnn(2 * HOUR);
    return { w, id, from: w.results.length };
  };

  it('and shows it is asked ever less, each node for itself, and not at all while it says that it keeps it', () => {
    const { w, id, from } = ended();
    for (let second = 0; second < 3_600; second += 1) shown(w, id, HOUR + 10_000 + second * 1_000);
    const asked = (node: string) => jobsOf(w, from).filter((job) => job.node === node).length;
    expect([asked('a'), asked('b')]).toEqual([16, 16]);

    const before = w.results.length;
    for (let second = 0; second < 600; second += 1) shown(w, id, 2 * HOUR + 20_000 + second * 1_000, { kept: true });
    expect(jobsOf(w, before)).toEqual([]);
    shown(w, id, 2 * HOUR + 630_000);
    expect(jobsOf(w, before).map(({ node }) => node)).toEqual(['a', 'b']);
  });

  it('whose end a version before has written down is asked all the same', () => {
    const { w, id, from } = ended();
    w.state = { ...w.state, tombstones: {} };
    shown(w, id, HOUR + 10_000);
    expect(jobsOf(w, from).map(({ node }) => node)).toEqual(['a', 'b']);
  });
});

it('a lease that a dead member keeps is no lease that its rule has forgotten', () => {
  const w = world([unwritable()], {}, true);
  w.sweeps(0);
  const lease = view(`${START}-0.member-unwritable.b`, START + HOUR, { owner: 'rule:member-unwritable' });
  w.sweeps(10_000, { leases: [lease] });
  expect(w.state.leases).toEqual({});
  for (let at = 11_000; at < 3 * DAY; at += 1_800_000) w.sweeps(at, { leases: [{ ...lease, kept: true }] });
  expect(w.state.leases).toEqual({});
  expect(Object.keys(w.state.ended)).toEqual([lease.id]);
});
