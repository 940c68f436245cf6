import type { Sweep } from '../../src/model/readings/reading.ts';
import type { Signals } from '../../src/model/readings/signals.ts';

type Reading = Omit<Sweep, 'leases'>;

/**
 * True when something turned over since the sweep before: a yes/no or a word of a reading, a weight, a listing. Such a
 * sweep wakes the evaluation at once; figures that only move wait for the next tick, so that a pool costs one wake-up a
 * second and not one per node.
 */
export function hasTurned(before: Reading | undefined, after: Reading): boolean {
  return before === undefined || fingerprint(before) !== fingerprint(after);
}

function fingerprint(sweep: Reading): string {
  const rows = Object.entries(sweep.table ?? {}).map(([name, row]) => [name, row.listed, row.weight]);
  const readings = Object.entries({ ...sweep.members, ...prefixed(sweep.consumers) }).map(([name, one]) => [
    name,
    words(one),
  ]);
  return JSON.stringify([readings, words(sweep.director ?? {}), rows, sweep.troubles]);
}

function prefixed(consumers: Sweep['consumers']): Record<string, Signals> {
  return Object.fromEntries(Object.entries(consumers).map(([name, one]) => [`consumer ${name}`, one]));
}

function words(signals: Signals): [string, string | boolean][] {
  return Object.entries(signals)
    .filter((pair): pair is [string, string | boolean] => typeof pair[1] !== 'number')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
