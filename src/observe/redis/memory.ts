/** How full a member is, and when it will be full. Pure, but for the window that it fills. */

import { FILLING_RATIO, MAX_SECONDS_TO_FULL } from '../../model/readings/signals.ts';
import { createWindow, slopePerSecond, type Window } from '../window.ts';
import { type Info, isLoading, numberOf } from './info.ts';

export interface MemorySeries {
  readonly windowMs: number;
  readonly window: Window;
  /** Used memory when Redis had loaded its data; kept until the growth since then is known. */
  loadedBytes: number | undefined;
}

export function createMemorySeries(windowMs: number): MemorySeries {
  return { windowMs, window: createWindow(windowMs), loadedBytes: undefined };
}

export interface Memory {
  readonly bytes?: number;
  readonly limit?: number;
  readonly ratio?: number;
  readonly growth?: number;
  readonly secondsToFull?: number;
  readonly filling?: boolean;
}

export interface MemoryInput {
  readonly info: Info;
  /** Monotonic, in ms. */
  readonly nowMs: number;
  /** The limit where maxmemory is 0. */
  readonly budgetBytes?: number;
  readonly minSecondsToFull: number;
}

/**
 * Leaves out what is not known. Redis subtracts what it does not count for eviction before it tests for OOM (evict.c,
 * docs/hazards.md#t28), and so does this.
 */
export function readMemory(series: MemorySeries, { info, nowMs, budgetBytes, minSecondsToFull }: MemoryInput): Memory {
  const used = numberOf(info, 'used_memory');
  if (used === undefined) return {};
  const bytes = Math.max(0, used - (numberOf(info, 'mem_not_counted_for_evict') ?? 0));
  const growth = growthOf(series, bytes, nowMs, isLoading(info));
  const known = { bytes, ...(growth !== undefined && { growth }) };
  const limit = numberOf(info, 'maxmemory') || budgetBytes;
  if (limit === undefined || limit <= 0) return known;
  const ratio = bytes / limit;
  const secondsToFull = growth === undefined ? undefined : timeTo(limit - bytes, growth);
  const isFilling = fillingOf();
  return {
    ...known,
    limit,
    ratio,
    ...(secondsToFull !== undefined && { secondsToFull }),
    ...(isFilling !== undefined && { filling: isFilling }),
  };

  function fillingOf(): boolean | undefined {
    if (ratio > FILLING_RATIO) return true;
    if (secondsToFull !== undefined) return secondsToFull < minSecondsToFull;
    return series.loadedBytes !== undefined && bytes <= series.loadedBytes ? false : undefined;
  }
}

/**
 * Bytes per second. Data that Redis loads after a start is no growth: nobody pushes meanwhile, and the window begins after
 * it.
 */
function growthOf(series: MemorySeries, bytes: number, nowMs: number, loading: boolean): number | undefined {
  if (loading) {
    series.window.clear();
    series.loadedBytes = Number.POSITIVE_INFINITY;
    return undefined;
  }
  if (series.loadedBytes === Number.POSITIVE_INFINITY) series.loadedBytes = bytes;
  series.window.add(nowMs, bytes);
  const growth = slopePerSecond(series.window.samples, series.windowMs);
  if (growth !== undefined) series.loadedBytes = undefined;
  return growth;
}

function timeTo(left: number, growth: number): number {
  if (left <= 0) return 0;
  return growth <= 0 ? MAX_SECONDS_TO_FULL : Math.min(MAX_SECONDS_TO_FULL, left / growth);
}
