/** A window: the samples of one quantity that a poller keeps for poll.window. The caller gives the times, in ms. */

import { slope } from '../lib/slope.ts';

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

export interface Window {
  /** Adds a sample and forgets what is older than the window. A time that does not go forward starts anew. */
  add(atMs: number, value: number): void;
  clear(): void;
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

/** A window gives no slope until its samples cover this share of its length. */
const MIN_SHARE = 1 / 3;
const MIN_SAMPLES = 3;

export function createWindow(lengthMs: number): Window {
  let samples: Sample[] = [];
  return {
    add(atMs, value) {
      const last = samples.at(-1);
      if (last !== undefined && atMs <= last.atMs) samples = [];
      samples.push({ atMs, value });
      // One sample at or before the edge stays, so that the window is covered whole.
      while (samples.length > 2 && (samples[1] as Sample).atMs <= atMs - lengthMs) samples.shift();
    },
    clear() {
      samples = [];
    },
    get samples() {
      return samples;
    },
  };
}

function isEnough(samples: readonly Sample[], lengthMs: number): boolean {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return false;
  return samples.length >= MIN_SAMPLES && last.atMs - first.atMs >= lengthMs * MIN_SHARE;
}

/** Slope by least squares, per second; undefined until the window holds enough. */
export function slopePerSecond(samples: readonly Sample[], lengthMs: number): number | undefined {
  if (!isEnough(samples, lengthMs)) return undefined;
  const perMs = slope(samples.map(({ atMs, value }) => [atMs, value]));
  return perMs === undefined ? undefined : perMs * 1_000;
}

/**
 * A counter over a window. A counter that went down was reset (a restart, CONFIG RESETSTAT, `ipvsadm -Z`) and shows what
 * came since the reset (docs/hazards.md#t29). So a rate is never negative.
 */
export interface CounterWindow {
  add(atMs: number, value: number): void;
  /** How much it grew within the window; undefined before the second sample. */
  growth(): number | undefined;
  /** The same per second. */
  rate(): number | undefined;
}

export function createCounterWindow(lengthMs: number): CounterWindow {
  const window = createWindow(lengthMs);
  let last: number | undefined;
  let total = 0;
  return {
    add(atMs, value) {
      if (last !== undefined) total += value >= last ? value - last : value;
      last = value;
      window.add(atMs, total);
    },
    growth() {
      const [first] = window.samples;
      const end = window.samples.at(-1);
      return first === undefined || end === undefined || first === end ? undefined : end.value - first.value;
    },
    rate() {
      const [first] = window.samples;
      const end = window.samples.at(-1);
      if (first === undefined || end === undefined || end.atMs <= first.atMs) return undefined;
      return ((end.value - first.value) / (end.atMs - first.atMs)) * 1_000;
    },
  };
}
