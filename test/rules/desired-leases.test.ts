/** What the pool owes its directors, and what comes of a lease whose word was lost. */

import { describe, expect, it } from 'vitest';
import type { PoolLease } from '../../src/rules/state/state.ts';
import { HEALTHY, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { START, unwritable, type World, world } from '../support/world.ts';

const FAILING = { members: { a: HEALTHY, b: SILENT } };
const view = (id: string, more = {}) => ({
  ...{ id, member: 'b', weight: 0, base: 100, owner: 'rule:member-unwritable', until: START + 1_802_100 },
  ...{ contested: false, ...more },
});
const drained = (id: string) => ({ ...FAILING, table: tableOf({ a: 100, b: 0 }), leases: [view(id)] });

function decided(w: World = world([unwritable({ keepFiringForMs: 60_000 })])) {
  w.sweeps(0);
  w.sweeps(1_000, FAILING);
  w.sweeps(2_100, FAILING);
  const [id = ''] = Object.keys(w.state.open);
  return { w, id };
}

function verified() {
  const { w, id } = decided();
  w.outcome(2_300, id, 'a');
  w.sweeps(3_000, drained(id));
  expect(w.decisions.get(id)?.state).toBe('verified');
  return { w, id };
}

describe('a desired lease', () => {
  it('says on which entry it is desired, and that its member could not be written', () => {
    const { w, id } = decided();
    const first = w.outcome(2_300, id, 'a');
    expect(first.desired).toMatchObject([
      { id, entryId: first.state.cursor, unwritable: true, jobExpiresAt: START + 12_100 },
    ]);
    const closed = w.fold(3_000, sweepOf('a', START + 3_000, drained(id)));
    expect(closed.desired).toMatchObject([{ id, entryId: closed.state.cursor, unwritable: true }]);
    expect(closed.desired[0]?.jobExpiresAt).toBeUndefined();
  });

  it("of a person's wish holds on a member that can be written", () => {
    const w = world([]);
    w.sweeps(0);
    const asked = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann@x', force: false } as const;
    const id = w.fold(1_000, asked).records[0]?.id ?? '';
    expect(w.outcome(1_200, id, 'a').desired).toMatchObject([{ id, unwritable: false }]);
  });

  it('is said anew to a director that is heard without it, or what it has acted on since would fence it off', () => {
    const { w, id } = verified();
    const without = (at: number) => w.fold(at, sweepOf('b', START + at, { ...FAILING, leases: [] }));
    expect(without(10_000).desired).toEqual([]);
    const again = without(33_100);
    expect(again.desired).toMatchObject([{ id, entryId: again.state.cursor, unwritable: true }]);
    expect(without(34_000).desired).toEqual([]);
    expect(w.fold(70_000, sweepOf('a', START + 70_000, drained(id))).desired).toEqual([]);
  });

  it('of a lease that a version before has written is desired anew at once, of a rule as of one that cannot be written', () => {
    const { w, id } = verified();
    const { entryId: _, unwritable: __, ...old } = w.state.leases[id] as PoolLease;
    w.state = { ...w.state, leases: { [id]: old } };
    const { desired, state } = w.fold(4_000, sweepOf('b', START + 4_000, FAILING));
    expect(desired).toMatchObject([{ id, entryId: state.cursor, unwritable: true }]);
  });

  it('of a lease that was found on a node is what that node says of it', () => {
    for (const [said, owes] of [
      [false, false],
      [true, true],
      [undefined, true],
    ] as const) {
      const w = world([unwritable()], {}, false);
      const lease = view('900-0.member-unwritable.b', said === undefined ? {} : { unwritable: said });
      const { desired } = w.fold(0, sweepOf('a', START, { leases: [lease] }));
      expect(desired).toMatchObject([{ id: lease.id, entryId: `${START}-1`, unwritable: owes }]);
    }
  });
});

describe('a drain whose `applied` was lost with the broker', () => {
  it('is reverted all the same, and no director should hold it', () => {
    const { w, id } = decided();
    // Both nodes have done it; what they said never came, and they show it.
    w.sweeps(3_000, drained(id));
    const closed = w.fold(47_200, sweepOf('a', START + 47_200, drained(id)));
    expect(w.decisions.get(id)).toMatchObject({ state: 'unverified' });
    expect(closed.desired).toMatchObject([{ id, endedAt: START + 47_200 }]);
    w.sweeps(53_000, drained(id));
    const ended = w.results.flatMap(({ jobs }) => jobs).filter(({ action }) => action === 'restore');
    expect(new Set(ended.map(({ node }) => node))).toEqual(new Set(['a', 'b']));
    expect(w.state.leases).toEqual({});
  });
});
