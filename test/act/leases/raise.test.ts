import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAuditFiles } from '../../../src/act/audit/audit-file.ts';
import type { LeaseSet } from '../../../src/act/leases/leases.ts';
import { nextRaise, withRaise } from '../../../src/act/leases/raise.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

const RAISE = { steps: [10, 25, 50, 100], everyMs: 3_000 };

describe('the steps', () => {
  it('are the shares of the whole above what the member has, and never less than 1', () => {
    expect([0, 10, 25, 50].map((now) => nextRaise(100, now, RAISE.steps))).toEqual([10, 25, 50, undefined]);
    expect(nextRaise(100, 30, RAISE.steps)).toBe(50);
    expect([0, 1].map((now) => nextRaise(2, now, RAISE.steps))).toEqual([1, undefined]);
    expect(nextRaise(1, 0, RAISE.steps)).toBeUndefined();
    expect(nextRaise(100, 0, [100])).toBeUndefined();
  });

  it('rise, end at the whole and never go past it', () => {
    const shares = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 9 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.nat(65_535), shares, (full, start, some) => {
        const steps = [...some.sort((x, y) => x - y), 100];
        let weight = Math.min(start, full);
        for (let i = 0; i <= steps.length; i += 1) {
          const next = nextRaise(full, weight, steps);
          if (next === undefined) return true;
          expect(next > weight && next < full).toBe(true);
          weight = next;
        }
        return false;
      }),
    );
  });

  it('restrict nothing that another lease restricts more', () => {
    const lease = (id: string, weight: number) => ({
      ...{ id, weight, until: 0, owner: 'rule:x', reason: '', phase: 'held' as const },
    });
    const leaseSet: LeaseSet = {
      base: 100,
      leases: [lease('1-1.x.b', 20)],
      wasUnlisted: false,
      reassertedAt: [],
      contested: false,
    };
    expect(withRaise(leaseSet, 0, RAISE, 0).leases.map(({ weight }) => weight)).toEqual([20, 2]);
  });
});

describe('the hand', () => {
  let f: Fixture;
  let drained: string;

  beforeEach(async () => {
    f = await createFixture({ raise: RAISE });
    await f.pass(1);
    const job = f.job();
    drained = job.decision;
    await f.run(job);
  });
  afterEach(() => f.end());

  const weight = () => f.lvs.weight('b');
  const end = () => {
    const { lease: _, ...job } = f.job();
    return f.run({ ...job, decision: `${drained}~end`, action: 'restore', leaseIds: [drained] });
  };

  it('gives weight back in steps, while it sees the member writable', async () => {
    const outcome = await end();
    expect(outcome.detail).toBe('Its reason is over: b went from weight 0 to 10. It rises to 100 in steps.');
    expect(f.actuator.liveLeases('logs')).toEqual([]);
    expect(f.actuator.raising('logs')).toEqual({ b: 10 });
    const seen: (number | undefined)[] = [];
    for (let second = 0; second < 10; second += 1) {
      await f.pass(1);
      seen.push(weight());
    }
    expect(seen).toEqual([10, 10, 25, 25, 25, 50, 50, 50, 100, 100]);
    expect(f.actuator.raising('logs')).toEqual({});
    expect(f.said.filter(({ decision }) => decision.startsWith('raise'))).toEqual([]);
  });

  it('stays at its step while the member cannot be written, and counts anew', async () => {
    await end();
    await f.pass(2);
    f.writable.b = false;
    await f.pass(20);
    expect(weight()).toBe(10);
    f.writable.b = true;
    await f.pass(3);
    expect(weight()).toBe(10);
    await f.pass(1);
    expect(weight()).toBe(25);
  });

  it('goes on after a crash where it was, never back', async () => {
    await end();
    await f.pass(4);
    expect(weight()).toBe(25);
    await f.restart();
    expect(weight()).toBe(25);
    await f.pass(20);
    expect(weight()).toBe(100);
    expect(f.actuator.raising('logs')).toEqual({});
  });

  it('finishes a step that a crash cut short between file and table', async () => {
    await end();
    await f.pass(2);
    f.lvs.fail = 'before';
    await f.pass(1);
    expect(weight()).toBe(10);
    f.lvs.fail = undefined;
    await f.restart();
    expect([weight(), f.actuator.raising('logs')]).toEqual([25, { b: 25 }]);
  });

  it('gives all of it at once at a person’s word, also in the middle of it', async () => {
    await end();
    const { lease: _, ...job } = f.job();
    await f.run({ ...job, action: 'restore', unconditional: true });
    expect([weight(), f.actuator.raising('logs')]).toEqual([100, {}]);
  });

  it('gives all of it at once where nobody else serves', async () => {
    await end();
    f.writable.a = false;
    await f.pass(1);
    expect(weight()).toBe(100);
  });

  it('makes way for a new lease, whose end begins the steps anew', async () => {
    await end();
    await f.pass(4);
    expect(weight()).toBe(25);
    const job = f.job();
    drained = job.decision;
    await f.run(job);
    await f.pass(5);
    expect([weight(), f.actuator.liveLeases('logs')[0]?.base]).toEqual([0, 100]);
    await end();
    expect(weight()).toBe(10);
    await f.pass(20);
    expect(weight()).toBe(100);
  });

  it('takes somebody else’s weight for theirs, and gives nothing more', async () => {
    await end();
    f.lvs.somebodySets('b', 7);
    await f.pass(20);
    expect([weight(), f.actuator.raising('logs')]).toEqual([7, {}]);
  });

  it('is put back when keepalived adds the server again at its own weight', async () => {
    await end();
    f.lvs.keepalivedRemoves('b');
    await f.pass(1);
    f.lvs.keepalivedAdds('b', 100);
    await f.pass(1);
    expect(weight()).toBe(10);
  });

  it('leaves one begin and one end for each job in the audit', async () => {
    await end();
    await f.pass(20);
    const kinds = (await readAuditFiles(f.stateDir, 'logs')).map(({ body }) => body.kind);
    expect(kinds).toEqual(['begin', 'end', 'begin', 'end']);
  });
});
