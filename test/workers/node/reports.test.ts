import { expect, it } from 'vitest';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import { createReports } from '../../../workers/node/reports.ts';

/** Broker time is known. */
const KNOWN = { synced: true, known: async () => 0 };

function outcome(decision: string): Outcome {
  return { kind: 'outcome', pool: 'logs', decision, node: 'a', member: 'b', at: 1, result: 'applied', detail: '' };
}

it('keeps outcomes while the broker is away and sends each once, in order, when it is back', async () => {
  let away = true;
  const sent: string[] = [];
  const reports = createReports(async ({ decision }) => {
    if (away) throw new Error('away');
    sent.push(decision);
  }, KNOWN);
  reports.add(outcome('1'));
  await expect(reports.flush()).rejects.toThrow('away');
  reports.add(outcome('2'));
  away = false;
  await Promise.all([reports.flush(), reports.flush()]);
  expect(sent).toEqual(['1', '2']);
  expect(reports.waiting).toBe(0);
});

it('that overflow while one is on its way lose the oldest, and none that was not sent', async () => {
  const sent: number[] = [];
  let arrive = () => {};
  const reports = createReports(async ({ at }) => {
    if (at === 0) await new Promise<void>((resolve) => (arrive = resolve));
    sent.push(at);
  }, KNOWN);
  const outcome = {
    kind: 'outcome',
    pool: 'logs',
    decision: 'd',
    node: 'a',
    member: 'b',
    result: 'kept',
    detail: '',
  } as const;
  reports.add({ ...outcome, at: 0 });
  const flushed = reports.flush();
  for (let at = 1; at <= 1_000; at += 1) reports.add({ ...outcome, at });
  arrive();
  await flushed;
  expect(sent).toEqual(Array.from({ length: 1_001 }, (_, at) => at));
});

it('say when it was, also of what happened before broker time was known', async () => {
  const sent: [string, number][] = [];
  let monotonic = 500;
  const clock = { synced: false, known: async () => 90_000 };
  const reports = createReports(
    async ({ decision, at }) => sent.push([decision, at]),
    clock,
    () => monotonic,
  );
  reports.add(outcome('1'));
  monotonic += 20_000;
  clock.synced = true;
  reports.add({ ...outcome('2'), at: 85_000 });
  monotonic += 5_000;
  await reports.flush();
  expect(sent).toEqual([
    ['1', 65_000],
    ['2', 85_000],
  ]);
});
