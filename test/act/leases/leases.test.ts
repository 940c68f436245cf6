import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  confirm,
  drop,
  end,
  intendedWeight,
  type LeaseSet,
  liveLeases,
  renew,
  take,
} from '../../../src/act/leases/leases.ts';
import { type Correction, reconcile } from '../../../src/act/leases/reconcile.ts';
import type { TableRow } from '../../../src/model/readings/reading.ts';

const terms = { until: 10, owner: 'rule:r', reason: 'x' };
const over = { result: 'ended', detail: 'over' } as const;
const row = (weight: number, listed = true): TableRow => ({
  listed,
  weight,
  activeConnections: 0,
  inactiveConnections: 0,
});
const where = { member: 'b', now: 1_000_000, configuredWeight: 100 };

describe('the intended weight', () => {
  it('is the smallest of base and live leases, whatever the order of taking and ending, and at last the base', () => {
    const weight = fc.integer({ min: 0, max: 200 });
    const steps = fc.array(fc.record({ id: fc.integer({ min: 0, max: 5 }).map(String), weight, ends: fc.boolean() }));
    fc.assert(
      fc.property(weight, steps, (base, moves) => {
        let leaseSet: LeaseSet | undefined;
        let table = base;
        const live = new Map<string, number>();
        const settle = () => {
          if (leaseSet === undefined) return;
          table = intendedWeight(leaseSet);
          const gone = leaseSet.leases.filter((lease) => lease.phase === 'ending').map((lease) => lease.id);
          leaseSet = drop(confirm(leaseSet), gone);
        };
        const finish = (id: string) => {
          live.delete(id);
          if (leaseSet !== undefined) leaseSet = end(leaseSet, [id], over);
          settle();
        };
        for (const move of moves) {
          if (move.ends) finish(move.id);
          else {
            live.set(move.id, move.weight);
            leaseSet = take(leaseSet, { ...terms, id: move.id, weight: move.weight }, table);
            settle();
          }
          expect(table).toBe(Math.min(base, ...live.values()));
          expect(
            liveLeases(leaseSet)
              .map((lease) => lease.id)
              .sort(),
          ).toEqual([...live.keys()].sort());
        }
        for (const id of [...live.keys()]) finish(id);
        expect(leaseSet).toBeUndefined();
        expect(table).toBe(base);
      }),
    );
  });

  it('has people told anew only when the lease gets another end in the future', () => {
    const leaseSet = take(undefined, { ...terms, id: '1', weight: 0 }, 100);
    const kept: LeaseSet = { ...leaseSet, leases: leaseSet.leases.map((lease) => ({ ...lease, keptAt: 20 })) };
    expect(renew(kept, '1', 15, 20).leases[0]).toMatchObject({ until: 15, keptAt: 20 });
    expect(renew(kept, '1', 50, 20).leases[0]).not.toHaveProperty('keptAt');
  });
});

describe('a table that is not as the leases want it', () => {
  const held = (weight: number, base = 100): LeaseSet => confirm(take(undefined, { ...terms, id: '1', weight }, base));

  it.each<[string, LeaseSet, TableRow, Correction['do']]>([
    ['as intended', held(0), row(0), 'nothing'],
    ['not listed', held(0), row(0, false), 'nothing'],
    ['at the base', held(0, 80), row(80), 'reassert'],
    ['at the configured weight', held(0, 80), row(100), 'reassert'],
    ['at a weight of nobody known', held(0), row(40), 'adopt'],
    ['the same, right after it was unlisted', { ...held(0), wasUnlisted: true }, row(40), 'reassert'],
    ['with an end that was not finished', end(held(0), ['1'], over), row(0), 'set'],
    ['with an end that keepalived finished', end(held(0, 80), ['1'], over), row(100), 'set'],
    ['with an end, and somebody else’s weight', end(held(0), ['1'], over), row(40), 'nothing'],
    ['contested', { ...held(0), contested: true }, row(100), 'nothing'],
    ['contested, and then somebody else’s', { ...held(0), contested: true }, row(40), 'adopt'],
  ])('%s', (_name, leaseSet, seen, expected) => {
    expect(reconcile(leaseSet, seen, where).do).toBe(expected);
  });

  it('adopting makes it the base and ends every lease as overridden', () => {
    const found = reconcile(held(0), row(40), where);
    expect(found.leaseSet).toMatchObject({ base: 40, leases: [{ phase: 'ending', end: { result: 'overridden' } }] });
  });

  it('a base of 0 that keepalived undoes is no base any more', () => {
    const found = reconcile({ ...held(0, 0), wasUnlisted: true }, row(100), where);
    expect(found).toMatchObject({ do: 'reassert', weight: 0, leaseSet: { base: 100 } });
  });

  it('is put right three times in any 60 s, not a fourth, and again when they have passed', () => {
    const times = fc
      .array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 30 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(times, (all) => {
        let leaseSet = held(0);
        const done: number[] = [];
        for (const now of all) {
          const found = reconcile(leaseSet, row(100), { ...where, now });
          const recent = done.filter((at) => now - at < 60_000).length;
          expect(found.do).toBe(recent >= 3 ? 'stop' : 'reassert');
          if (found.do === 'reassert') done.push(now);
          leaseSet = found.do === 'stop' ? { ...found.leaseSet, contested: false } : found.leaseSet;
        }
      }),
    );
  });
});
