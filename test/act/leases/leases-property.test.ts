/**
 * Several leases on one member, taken, renewed, ended and timed out in any order, with crashes in between and a member
 * that comes and goes: through the real hand, its real files, and a table that behaves as the kernel's, or refuses.
 * WEIR_LEASE_RUNS is how many stories are played.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

const BASE = 100;

type Move =
  | { readonly do: 'take'; readonly weight: number; readonly seconds: number }
  | { readonly do: 'end' | 'late end' | 'renew'; readonly which: number }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'writable'; readonly is: boolean }
  | { readonly do: 'fail'; readonly how: 'before' | 'after' }
  | { readonly do: 'crash' | 'restore' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      weight: fc.integer({ min: 0, max: 120 }),
      seconds: fc.integer({ min: 2, max: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('end' as const, 'late end' as const, 'renew' as const),
      which: fc.nat(9),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 14 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('writable' as const), is: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      how: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'crash' as const, 'restore' as const) }) },
);

interface Run {
  readonly f: Fixture;
  readonly jobs: ActionJob[];
}

async function play({ f, jobs }: Run, one: Move): Promise<void> {
  const { lease: _, ...back } = f.job();
  const restore: ActionJob = { ...back, action: 'restore' };
  switch (one.do) {
    case 'take': {
      const until = f.now + one.seconds * 1_000;
      const job = f.job({ action: 'set_weight', lease: { weight: one.weight, until, owner: 'rule:x', reason: '' } });
      await f.run(job);
      jobs.push(job);
      return;
    }
    case 'end':
    case 'late end':
    case 'renew': {
      const job = jobs[one.which % Math.max(1, jobs.length)];
      if (job?.lease === undefined) return;
      const { decision: id } = job;
      if (one.do === 'end') await f.run({ ...restore, decision: `${id}~end`, leaseIds: [id] });
      else {
        const desired = { id, pool: 'logs', member: 'b', entryId: job.entryId, ...job.lease, until: f.now + 20_000 };
        await f.actuator.takeDesired([one.do === 'renew' ? desired : { ...desired, endedAt: f.now }]);
      }
      return;
    }
    case 'pass':
      return f.pass(one.seconds);
    case 'writable':
      f.writable.b = one.is;
      return f.pass(1);
    case 'fail':
      f.lvs.fail = one.how;
      return;
    case 'crash':
      return f.restart();
    case 'restore':
      await f.run({ ...restore, unconditional: true });
  }
}

/** What the table must show, by what the node says that it holds. */
function intended({ f }: Run): number {
  const leases = f.actuator.liveLeases('logs').map(({ weight }) => weight);
  return Math.min(BASE, ...leases, f.actuator.raising('logs').b ?? BASE);
}

it('the weight is always the smallest of base, leases and step, rises only where it may, and is the base in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 25 }), async (moves) => {
      const run: Run = { f: await createFixture({ raise: { steps: [10, 25, 50, 100], everyMs: 2_000 } }), jobs: [] };
      const { f } = run;
      let hasSettled = true;
      try {
        await f.pass(1);
        for (const one of moves) {
          const { fail } = f.lvs;
          const wasSettled = hasSettled;
          const before = f.lvs.weight('b') ?? 0;
          const wasWritable = f.writable.b !== false;
          await play(run, one);
          const after = f.lvs.weight('b') ?? 0;
          // What ipvsadm refused stands as it stood, until a poll has tried it again.
          const wasRefused = one.do !== 'fail' && fail !== undefined && f.lvs.fail === undefined;
          hasSettled = !wasRefused && (hasSettled || one.do === 'pass');
          if (hasSettled) expect(after).toBe(intended(run));
          expect(f.actuator.liveLeases('logs').every(({ base }) => base === BASE)).toBe(true);
          // A person's word gives weight back unseen, also where it was refused at first; anything else needs a member that
          // this node saw writable.
          const may = one.do === 'restore' || !wasSettled || wasWritable || f.writable.b !== false;
          expect(after <= before || may).toBe(true);
        }
        f.lvs.fail = undefined;
        f.writable.b = true;
        await f.pass(60);
        expect([f.lvs.weight('b'), f.actuator.liveLeases('logs'), f.actuator.raising('logs')]).toEqual([BASE, [], {}]);
        for (const { decision } of run.jobs) {
          const said = f.said.filter((one) => one.decision === decision);
          // An end that the pool has not heard of is told again, without the weights: those belong to what was done.
          const ends = said.filter(({ result, weightAfter }) => result === 'ended' && weightAfter !== undefined);
          expect(ends.length).toBeLessThanOrEqual(1);
          expect(said.filter(({ result }) => result === 'applied').length).toBeLessThanOrEqual(1);
        }
      } finally {
        await f.end();
      }
    }),
    { numRuns: Number(process.env.WEIR_LEASE_RUNS ?? 60) },
  );
}, 600_000);
