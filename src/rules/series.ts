/**
 * What the evaluation remembers of a signal for a measure over a time. It stands in the pool's state, so it is small: the
 * time is cut into slices, and of each the last value, the smallest, the largest and the mean are kept. Pure.
 *
 * Nodes are not asked for it: made here, it can be made over a recording too, and a new rule tried on last week.
 */

import type { Signals } from '../model/reading.ts';
import type { ExtraSignal, Measure } from '../model/rule.ts';
import type { Facts } from '../model/status.ts';
import { slope } from '../slope.ts';

/** Of one slice, in the order of time. */
export type Slice = readonly [atMs: number, last: number, min: number, max: number, sum: number, count: number];

/** `<kind>.<signal>.<ms>/<target>` to its slices: what is measured otherwise under the same name begins anew. */
export type Series = Readonly<Record<string, readonly Slice[]>>;

const SLICES = 30;

/** A measure needs slices over this share of its time before it says anything. */
const MIN_SHARE = 1 / 3;
const MIN_SLICES = 3;

/** Adds a value. What is older than the time goes, but for one slice, so that the time is whole. */
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
  // Nobody knew it for a while: what was before that is no edge of this time.
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
      return slices.reduce((sum, one) => sum + one[4], 0) / slices.reduce((sum, one) => sum + one[5], 0);
    case 'slope': {
      const perMs = slope(slices.map(([at, value]) => [at, value]));
      return perMs === undefined ? undefined : perMs * 1_000;
    }
  }
}

/**
 * Adds what is known now to the series, and the measures to the facts. A signal that nobody knows adds nothing, and has no
 * measure now.
 */
export function measureAll<F extends Facts>(
  facts: F,
  extra: readonly ExtraSignal[],
  before: Series,
  now: number,
): { readonly facts: F; readonly series: Series } {
  if (extra.length === 0) return { facts, series: {} };
  const series: Record<string, readonly Slice[]> = {};
  const lay = (kind: ExtraSignal['kind'], target: string, signals: Signals): Signals => {
    const laid: Record<string, Signals[string]> = { ...signals };
    for (const { name, of, measure, overMs } of extra.filter((one) => one.kind === kind)) {
      const key = `${kind}.${of}.${overMs}/${target}`;
      const value = signals[of];
      // Two measures of the same signal over the same time share one.
      const added = typeof value === 'number' ? addValue(before[key] ?? [], now, value, overMs) : before[key];
      const slices = series[key] ?? added;
      if (slices === undefined) continue;
      series[key] = slices;
      const found = typeof value === 'number' ? measured(slices, measure, overMs) : undefined;
      if (found !== undefined) laid[name] = found;
    }
    return laid;
  };
  const layAll = (kind: 'member' | 'director' | 'consumer', all: Readonly<Record<string, Signals>>) =>
    Object.fromEntries(Object.entries(all).map(([target, signals]) => [target, lay(kind, target, signals)]));
  const laid = {
    ...facts,
    pool: lay('pool', 'pool', facts.pool),
    members: layAll('member', facts.members),
    directors: layAll('director', facts.directors),
    consumers: layAll('consumer', facts.consumers),
  };
  return { facts: laid, series };
}
