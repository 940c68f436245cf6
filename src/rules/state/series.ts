/**
 * Series: what the evaluation remembers of a signal that a rule file measures over a time. It stands in the pool's state, so
 * it is small: the time is cut into slices, and each keeps its last value, smallest, largest and mean. Pure.
 *
 * The evaluation measures, and not the nodes, so that a new rule can be tried on a recording of last week.
 */

import { slope } from '../../lib/slope.ts';
import type { ExtraSignal, Measure } from '../../model/decisions/rule.ts';
import type { Facts } from '../../model/people/status.ts';
import type { Signals, SignalValue } from '../../model/readings/signals.ts';

/** The values of one slice of time. */
export type Slice = readonly [atMs: number, last: number, min: number, max: number, sum: number, count: number];

/** `<kind>.<signal>.<ms>/<target>` to its slices: another measure under the same name begins anew. */
export type Series = Readonly<Record<string, readonly Slice[]>>;

const SLICES = 30;

/** A measure needs slices over this share of its time before it says anything. */
const MIN_SHARE = 1 / 3;
const MIN_SLICES = 3;

/** Adds a value. Slices older than the time are dropped but for one, so that the time is covered whole. */
export function addValue(slices: readonly Slice[], atMs: number, value: number, overMs: number): Slice[] {
  const lengthMs = overMs / SLICES;
  const last = slices.at(-1);
  const sliceOf = (at: number) => Math.floor(at / lengthMs);
  if (last !== undefined && sliceOf(last[0]) === sliceOf(atMs)) {
    const [, , min, max, sum, count] = last;
    const grown: Slice = [atMs, value, Math.min(min, value), Math.max(max, value), sum + value, count + 1];
    return [...slices.slice(0, -1), grown];
  }
  const all: Slice[] = [...slices, [atMs, value, value, value, value, 1]];
  while (all.length > 2 && (all[1] as Slice)[0] <= atMs - overMs) all.shift();
  // The signal was unknown for a while: the slice before that is no edge of this time.
  if ((all[0] as Slice)[0] < atMs - overMs - 2 * lengthMs) all.shift();
  return all;
}

/** The measure; undefined while the slices say too little. */
export function measured(slices: readonly Slice[], measure: Measure, overMs: number): number | undefined {
  const first = slices[0];
  const last = slices.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const spanMs = last[0] - first[0];
  if (slices.length < MIN_SLICES || spanMs < overMs * MIN_SHARE) return undefined;
  switch (measure) {
    case 'delta':
      return last[1] - first[1];
    case 'rate':
      return ((last[1] - first[1]) / spanMs) * 1_000;
    case 'min':
      return Math.min(...slices.map(([, , min]) => min));
    case 'max':
      return Math.max(...slices.map(([, , , max]) => max));
    case 'avg':
      return slices.reduce((sum, slice) => sum + slice[4], 0) / slices.reduce((sum, slice) => sum + slice[5], 0);
    case 'slope': {
      const perMs = slope(slices.map(([at, value]) => [at, value]));
      return perMs === undefined ? undefined : perMs * 1_000;
    }
  }
}

/** Adds the facts to the series, and the measures to the facts. An unknown signal adds nothing and has no measure now. */
export function measureAll<F extends Facts>(
  facts: F,
  extra: readonly ExtraSignal[],
  before: Series,
  now: number,
  isWhole = true,
): { readonly facts: F; readonly series: Series } {
  if (extra.length === 0) return { facts, series: {} };
  const series: Record<string, readonly Slice[]> = {};
  const lay = <S extends Signals>(kind: ExtraSignal['kind'], target: string, signals: S): S => {
    const laid: Record<string, SignalValue> = {};
    for (const { name, of, measure, overMs } of extra.filter((signal) => signal.kind === kind)) {
      const key = `${kind}.${of}.${overMs}/${target}`;
      const value = signals[of];
      // Two measures of the same signal over the same time share one.
      const added = typeof value === 'number' ? addValue(before[key] ?? [], now, value, overMs) : before[key];
      const slices = series[key] ?? added;
      if (slices === undefined) continue;
      series[key] = slices;
      const result = typeof value === 'number' ? measured(slices, measure, overMs) : undefined;
      if (result !== undefined) laid[name] = result;
    }
    return { ...signals, ...laid };
  };
  const layAll = <S extends Signals>(kind: 'member' | 'director' | 'consumer', all: Readonly<Record<string, S>>) =>
    Object.fromEntries(Object.entries(all).map(([target, signals]) => [target, lay(kind, target, signals)]));
  const laid = {
    ...facts,
    pool: lay('pool', 'pool', facts.pool),
    members: layAll('member', facts.members),
    directors: layAll('director', facts.directors),
    consumers: layAll('consumer', facts.consumers),
  };
  if (isWhole) return { facts: laid, series };
  const kept = new Set(extra.map(({ kind, of, overMs }) => `${kind}.${of}.${overMs}`));
  const others = Object.entries(before).filter(([key]) => kept.has(key.slice(0, key.indexOf('/'))));
  return { facts: laid, series: { ...Object.fromEntries(others), ...series } };
}
