/** Figures as people read them. Every channel writes a value the same way. */

import { defined } from '../../lib/defined.ts';
import { formatDuration } from '../../model/duration.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import {
  MAX_SECONDS_TO_FULL,
  numberOf,
  SIGNALS,
  type Signals,
  type SignalValue,
  type TargetKind,
} from '../../model/readings/signals.ts';
import type { TrendPoint } from '../../model/readings/trend.ts';

/** What stands where nobody knows the value. */
export const UNKNOWN = '–';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in powers of 1024, as Redis and weir.yaml count them: "512 B", "3.2 GiB". */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.5 ? String(Math.round(value)) : value.toFixed(1);
  return `${sign(bytes, text)}${text} ${BYTE_UNITS[unit]}`;
}

const COUNT_UNITS = ['', ' k', ' M', ' G', ' T'];

/** A number of things: "0", "0.4", "9,876", "12.3 k", "1.2 M". */
export function formatCount(count: number): string {
  let value = Math.abs(count);
  if (value < 9_999.5) {
    const text =
      value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
    return `${sign(count, text)}${text}`;
  }
  let unit = 0;
  while (value >= 999.5 && unit < COUNT_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = value >= 99.5 ? String(Math.round(value)) : value.toFixed(1);
  return `${sign(count, text)}${text}${COUNT_UNITS[unit]}`;
}

function sign(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? '-' : '';
}

/** 0..1 as a percentage: "71 %", and "99.6 %" near the end, where a rounded 100 would say that it is full. */
export function formatRatio(ratio: number): string {
  const percent = ratio * 100;
  return percent > 99 && percent < 100 ? `${(Math.floor(percent * 10) / 10).toFixed(1)} %` : `${Math.round(percent)} %`;
}

/** Seconds to full, no finer than a person can use: "full", "45 s", "14 min", "5 h", "12 d", "not filling". */
export function formatSecondsToFull(seconds: number): string {
  if (seconds >= MAX_SECONDS_TO_FULL) return 'not filling';
  if (seconds <= 0) return 'full';
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * A signal's value with its unit, as the catalogue of signals has it. `name` is `member.memory_ratio`; a name that the
 * catalogue lacks is written as it stands.
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

/** The signals of a finding or a decision: `["pool.filling_members 2", "pool.consume_rate 210 KiB/s"]`. */
export function formatValues(values: Signals): string[] {
  return Object.entries(values).map(([name, value]) => `${name} ${formatSignal(name, value)}`);
}

/** A pool's course is kept as such points. `at` is broker time in ms. */
export function trendPointOf({ facts }: Pick<PoolStatus, 'facts'>, at: number): TrendPoint {
  const members = Object.entries(facts.members).map(([name, signals]) => {
    const memory = numberOf(signals, 'memory_ratio');
    const depth = numberOf(signals, 'queue_depth');
    const secondsToFull = numberOf(signals, 'seconds_to_full');
    const known = {
      ...defined({ memory, depth, secondsToFull }),
    };
    return [name, known] as const;
  });
  return { at, members: Object.fromEntries(members) };
}
