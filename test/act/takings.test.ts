/** The node's own budget: so many takings an hour, whoever wants them and however they come; giving back is free. */

import { afterEach, expect, it } from 'vitest';
import { createFixture, type Fixture } from './actuator-fixture.ts';

const HOUR_MS = 3_600_000;

let f: Fixture;
afterEach(() => f.end());

async function withBudget(max: number): Promise<void> {
  f = await createFixture({ budget: { max, perMs: HOUR_MS } });
  await f.pass(1);
}

/** Takes b and gives it back: the table goes down and up. */
async function cycle(force: boolean) {
  const job = f.job({ force });
  const taken = await f.run(job);
  const { lease: _, ...rest } = job;
  const over = { decision: `${job.decision}~end`, action: 'restore', leaseIds: [job.decision] } as const;
  return { taken, given: await f.run({ ...rest, ...over }) };
}

it('what is beyond it is refused, a forced job too, and over a restart', async () => {
  await withBudget(2);
  for (const _ of [1, 2]) expect((await cycle(false)).taken.result).toBe('applied');
  for (const force of [false, true]) {
    expect((await cycle(force)).taken).toMatchObject({
      result: 'refused',
      detail: expect.stringMatching(
        /^node budget: This node took weight or the VIP away 2 times within 1 h, and node\.budget/,
      ),
    });
  }
  await f.restart();
  expect((await cycle(true)).taken.result).toBe('refused');

  f.now += HOUR_MS;
  await f.pass(1);
  expect((await cycle(false)).taken.result).toBe('applied');
});

it('a lease that the pool desires counts like a job, and is refused like one', async () => {
  await withBudget(1);
  const desired = (weight: number) => {
    const entryId = `${f.now}-9`;
    const terms = { weight, until: f.now + HOUR_MS, owner: 'rule:x', reason: 'b hangs' };
    return { id: `${entryId}.x${weight}.b`, pool: 'logs', member: 'b', entryId, ...terms };
  };
  await f.actuator.takeDesired([desired(50)]);
  expect(f.lvs.weight('b')).toBe(50);
  await f.actuator.takeDesired([desired(0)]);
  expect(f.lvs.weight('b')).toBe(50);
  expect(f.said.at(-1)).toMatchObject({ result: 'refused', detail: expect.stringMatching(/node budget: /) });
  expect(await f.run(f.job({ drill: { until: f.now + 10_000 } }))).toMatchObject({
    detail: expect.stringMatching(/^Drill: node budget: /),
  });
});

it('giving back is neither counted nor refused, and what was refused costs nothing', async () => {
  await withBudget(1);
  const job = f.job();
  f.writable.a = false;
  await f.pass(1);
  expect(await f.run(f.job())).toMatchObject({ result: 'refused' });
  f.writable.a = true;
  await f.pass(1);
  expect(await f.run(job)).toMatchObject({ result: 'applied' });
  for (const again of [1, 2, 3]) {
    const { lease: _, ...rest } = job;
    const end = { ...rest, decision: `${job.decision}~end-${again}`, action: 'restore' } as const;
    expect((await f.run({ ...end, leaseIds: [job.decision] })).result).toBe('ended');
  }
  expect(f.lvs.weight('b')).toBe(100);
});
