/**
 * Several leases on one member, taken, renewed, ended and timed out in any order, with crashes in between and a member
 * that comes and goes: through the real hand, its real files, and a table that behaves as the kernel's.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ActionJob } from '../../src/model/action.ts';
import { createFixture, type Fixture } from './hand-fixture.ts';

const BASE = 100;

type Move =
  | { readonly do: 'take'; readonly weight: number; readonly seconds: number }
  | { readonly do: 'end' | 'late end' | 'renew'; readonly which: number }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'writable'; readonly is: boolean }
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
        const owed = { id, pool: 'logs', member: 'b', ...job.lease, until: f.now + 20_000 };
        await f.hand.takeOwed([one.do === 'renew' ? owed : { ...owed, endedAt: f.now }]);
      }
      return;
    }
    case 'pass':
      return f.pass(one.seconds);
    case 'writable':
      f.writable.b = one.is;
      return f.pass(1);
    case 'crash':
      return f.restart();
    case 'restore':
      await f.run({ ...restore, unconditional: true });
  }
}

/** What the table must show, by what the node says that it holds. */
function intended({ f }: Run): number {
  const leases = f.hand.liveLeases('logs').map(({ weight }) => weight);
  return Math.min(BASE, ...leases, f.hand.raising('logs').b ?? BASE);
}

test('the weight is always the smallest of base, leases and step, rises only where it may, and is the base in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 25 }), async (moves) => {
      const run: Run = { f: await createFixture({ raise: { steps: [10, 25, 50, 100], everyMs: 2_000 } }), jobs: [] };
      const { f } = run;
      try {
        await f.pass(1);
        for (const one of moves) {
          const before = f.lvs.weight('b') ?? 0;
          const wasWritable = f.writable.b !== false;
          await play(run, one);
          const after = f.lvs.weight('b') ?? 0;
          expect(after).toBe(intended(run));
          expect(f.hand.liveLeases('logs').every(({ base }) => base === BASE)).toBe(true);
          // A person's word gives weight back unseen; anything else needs a member that this node saw writable.
          const may = one.do === 'restore' || wasWritable || f.writable.b !== false;
          expect(after <= before || may).toBe(true);
        }
        f.writable.b = true;
        await f.pass(60);
        expect([f.lvs.weight('b'), f.hand.liveLeases('logs'), f.hand.raising('logs')]).toEqual([BASE, [], {}]);
        for (const { decision } of run.jobs) {
          const ends = f.said.filter((said) => said.decision === decision && said.result === 'ended');
          expect(ends.length).toBeLessThanOrEqual(1);
        }
      } finally {
        await f.end();
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);
