/**
 * The calendar: what people mean by a time of day. Broker time may differ from it (docs/time.md), and one machine's clock
 * may be wrong. So the median counts of what the fresh observers and the ticking worker say.
 */

import type { Sweep } from '../../model/readings/reading.ts';

/** A smaller difference between calendar and broker time counts as none, in ms. */
const AGREES_MS = 5_000;

/**
 * By how much the calendar is ahead of broker time, in ms to the second. Pure.
 * @param before what it was until now: it stays where nobody says anything.
 */
export function calendarAhead(
  before: number,
  tick: number | undefined,
  sweeps: readonly Pick<Sweep, 'calendarMs'>[],
): number {
  const leads = [tick, ...sweeps.map(({ calendarMs }) => calendarMs)]
    .filter((lead) => typeof lead === 'number')
    .sort((x, y) => x - y);
  const [low, high] = [leads[(leads.length - 1) >> 1], leads[leads.length >> 1]];
  if (low === undefined || high === undefined) return before;
  // Where the two in the middle differ, the one nearer to broker time counts.
  const middle = Math.abs(low) < Math.abs(high) ? low : high;
  return Math.abs(middle) <= AGREES_MS ? 0 : Math.round(middle / 1_000) * 1_000;
}
