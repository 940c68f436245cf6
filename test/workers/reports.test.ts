import { expect, it } from 'vitest';
import type { Outcome } from '../../src/model/entry.ts';
import { createReports } from '../../workers/reports.ts';

function outcome(decision: string): Outcome {
  return { kind: 'outcome', pool: 'logs', decision, node: 'a', member: 'b', at: 1, result: 'applied', detail: '' };
}

it('keeps outcomes while the broker is away and sends each once, in order, when it is back', async () => {
  let away = true;
  const sent: string[] = [];
  const reports = createReports(async ({ decision }) => {
    if (away) throw new Error('away');
    sent.push(decision);
  });
  reports.add(outcome('1'));
  await expect(reports.flush()).rejects.toThrow('away');
  reports.add(outcome('2'));
  away = false;
  await Promise.all([reports.flush(), reports.flush()]);
  expect(sent).toEqual(['1', '2']);
  expect(reports.waiting).toBe(0);
});
