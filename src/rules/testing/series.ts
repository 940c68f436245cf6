/** The short notation of a series: one value per interval, in words separated by spaces. Pure. */

import type { SignalType, SignalValue } from '../../model/readings/signals.ts';

/** undefined is a gap: nobody could read the signal then. */
export type Series = readonly (SignalValue | undefined)[];

/** A longer series is a slip of the finger and no test: a day of seconds. */
const MAX_LENGTH = 86_400;

const NUMBER = '-?\\d+(?:\\.\\d+)?(?:e-?\\d+)?';
/** `5`, `5x3` (5 and three more of it), `5+2x3` (5 7 9 11), `5-2x3`. */
const RAMP = new RegExp(`^(${NUMBER})(?:([+-]\\d+(?:\\.\\d+)?))?(?:x(\\d+))?$`);
const GAP = /^_(?:x(\d+))?$/;
const WORD = /^(.+?)(?:x(\d+))?$/;

export type ParsedSeries =
  | { readonly ok: true; readonly series: Series }
  /** `start` and `end` are offsets in the text. */
  | { readonly ok: false; readonly start: number; readonly end: number; readonly message: string };

/**
 * `90x60` is 61 times 90, `1000+50x20` climbs by 50 twenty times, `_` is a gap (`_x5` five of them), as in promtool's
 * notation. Texts are bare words, `''` is the empty one. What stands last stays.
 */
export function parseSeries(text: string, type: SignalType): ParsedSeries {
  const series: (SignalValue | undefined)[] = [];
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const values = valuesOf(word, type);
    const fault = (message: string) => ({ ok: false, start: index, end: index + word.length, message }) as const;
    if (typeof values === 'string') return fault(values);
    if (series.length + values.length > MAX_LENGTH) return fault(`a series has ${MAX_LENGTH} values at most`);
    series.push(...values);
  }
  if (series.length > 0) return { ok: true, series };
  return { ok: false, start: 0, end: text.length, message: 'a series has at least one value' };
}

/** The value in an interval: the last one stays. */
export function valueAt(series: Series, index: number): SignalValue | undefined {
  return series[Math.min(index, series.length - 1)];
}

function valuesOf(word: string, type: SignalType): readonly (SignalValue | undefined)[] | string {
  const gap = GAP.exec(word);
  if (gap !== null) return times(Number(gap[1] ?? 1), () => undefined);
  if (type === 'double') {
    const [, first, by = '0', more = '0'] = RAMP.exec(word) ?? [];
    if (first === undefined) return 'expected a number such as 90, 90x60 (90 and 60 more) or 1000+50x20, or a gap: _';
    return times(Number(more) + 1, (i) => Number(first) + i * Number(by));
  }
  const [, value = '', more = '0'] = WORD.exec(word) ?? [];
  if (type === 'bool') {
    if (value !== 'true' && value !== 'false')
      return 'expected true, false or a gap (_), each with x and how many more';
    return times(Number(more) + 1, () => value === 'true');
  }
  return times(Number(more) + 1, () => (value === "''" ? '' : value));
}

function times<T>(count: number, value: (i: number) => T): T[] {
  // One value too many: the caller reports that the series is too long.
  return Array.from({ length: Math.min(count, MAX_LENGTH + 1) }, (_, i) => value(i));
}
