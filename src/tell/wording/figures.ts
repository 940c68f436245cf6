/** Writes signals for people. Every channel writes a value the same way. */

import { defined } from '../../lib/defined.ts';
import { formatBytes, formatCount, formatRatio } from '../../lib/text/units.ts';
import { formatDuration } from '../../model/duration.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import {
  MAX_SECONDS_TO_FULL,
  SIGNALS,
  type Signals,
  type SignalValue,
  type TargetKind,
} from '../../model/readings/signals.ts';
import type { TrendPoint } from '../../model/readings/trend.ts';

/** Stands where nobody knows the value. */
export const UNKNOWN = '–';

/** Writes seconds to full no finer than a person can use: "full", "45 s", "14 min", "5 h", "12 d", "not filling". */
export function formatSecondsToFull(seconds: number): string {
  if (seconds >= MAX_SECONDS_TO_FULL) return 'not filling';
  if (seconds <= 0) return 'full';
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * Writes the value of a signal with the unit that the catalogue of signals has for it. `name` is `member.memory_ratio`;
 * a name that the catalogue lacks is written as it is.
 */
export function formatSignal(name: string, value: SignalValue | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value === '' ? 'none' : value;
  const dot = name.indexOf('.');
  const signal = name.slice(dot + 1);
  if (signal === 'seconds_to_full') return formatSecondsToFull(value);
  const unit = SIGNALS[name.slice(0, dot) as TargetKind]?.[signal]?.unit ?? '';
  return withUnit(value, unit);
}

function withUnit(value: number, unit: string): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytes/s':
      return `${formatBytes(value)}/s`;
    case '0..1':
      return formatRatio(value);
    case 'percent':
      return `${Math.round(value)} %`;
    case 's':
      return formatDuration(value * 1_000);
    case 'count':
    case '':
      return formatCount(value);
    default:
      return unit.endsWith('/s') ? `${formatCount(value)}/s` : `${formatCount(value)} ${unit}`;
  }
}

/** Writes the signals of a finding or a decision: `["pool.filling_members 2", "pool.consume_rate 210 KiB/s"]`. */
export function formatValues(values: Signals): string[] {
  return Object.entries(values).map(([name, value]) => `${name} ${formatSignal(name, value)}`);
}

/** One point of a pool's course. `at` is broker time in ms. */
export function trendPointOf({ facts }: Pick<PoolStatus, 'facts'>, at: number): TrendPoint {
  const members = Object.entries(facts.members).map(([name, signals]) => {
    const { memory_ratio: memory, queue_depth: depth, seconds_to_full: secondsToFull } = signals;
    const known = {
      ...defined({ memory, depth, secondsToFull }),
    };
    return [name, known] as const;
  });
  return { at, members: Object.fromEntries(members) };
}
