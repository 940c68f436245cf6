/** What looking at an entry costs beside parsing it: nearly every one is a sweep. */

import { bench, describe } from 'vitest';
import { readEntry } from '../../src/broker/entries/entries.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { HEALTHY_MEMBER, healthyDirector } from '../../src/rules/testing/healthy.ts';
import { sweepOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const CONSUMER: Signals = { answering: true, blocked: false, events_out: 1_000, rate: 12.5, queue: 3, workers: 4 };

function sweepText(members: number, consumers: number): string {
  const named = (count: number, what: string, signals: Signals) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${what}${index}`, { ...signals }]));
  return JSON.stringify(
    sweepOf('a', START, {
      members: named(members, 'm', HEALTHY_MEMBER),
      consumers: named(consumers, '192.168.81.60:', CONSUMER),
      director: healthyDirector(true, members),
    }),
  );
}

for (const [members, consumers] of [
  [2, 2],
  [10, 1_000],
] as const) {
  describe(`a sweep of ${members} members, ${consumers} consumers`, () => {
    const text = sweepText(members, consumers);
    bench('its JSON alone', () => void JSON.parse(text));
    bench('its JSON, looked at', () => void readEntry('logs', '1-0', text));
  });
}

describe('a word', () => {
  const text = JSON.stringify({
    ...{ kind: 'outcome', pool: 'logs', decision: '1-0.r.b', node: 'a', member: 'b', at: 1, result: 'applied' },
    detail: 'b went from weight 100 to 0.',
  });
  bench('its JSON alone', () => void JSON.parse(text));
  bench('its JSON, looked at', () => void readEntry('logs', '1-0', text));
});
