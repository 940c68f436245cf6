/** Turns INFO and LLEN into a member's signals. Pure, but for the windows that it fills. */

import type { MemberSignals, Mutable } from '../../model/readings/signals.ts';
import { type CounterWindow, createCounterWindow, createWindow, slopePerSecond, type Window } from '../window.ts';
import { callsOf } from './calls.ts';
import { isLoading, numberOf } from './info.ts';
import { createMemorySeries, type MemoryInput, type MemorySeries, readMemory } from './memory.ts';
import type { Probed } from './probe.ts';
import { createWrites, type Writes } from './refusal/refusal.ts';

const COUNTERS = [
  ...(['received', 'sent', 'sentToUs', 'evicted'] as const),
  ...(['pushes', 'failedPushes', 'takes', 'failedTakes', 'refusedPushes'] as const),
];
type Counters = Readonly<Record<(typeof COUNTERS)[number], CounterWindow>>;

/** What a poller remembers of one run of a member's Redis. */
export interface MemberSeries {
  /** Redis' run_id: another one means that every counter began at 0. */
  readonly runId: string;
  readonly windowMs: number;
  readonly memory: MemorySeries;
  readonly depth: Window;
  readonly counters: Counters;
  readonly writes: Writes;
}

export function createMemberSeries(runId: string, windowMs: number): MemberSeries {
  return {
    runId,
    windowMs,
    memory: createMemorySeries(windowMs),
    depth: createWindow(windowMs),
    counters: Object.fromEntries(COUNTERS.map((name) => [name, createCounterWindow(windowMs)])) as Counters,
    writes: createWrites(),
  };
}

export interface MemberInput extends MemoryInput {
  /** Items in all queues; absent when a queue's key is no list. */
  readonly queueDepth?: number;
  /** Bytes of the replies that this observer has had from this Redis so far. */
  readonly ownBytes: number;
  /** The probe's result; absent where there is no probe. */
  readonly probed?: Probed;
  /** The word with which LLEN of a queue was refused, where pushes are refused with it as well. */
  readonly queueRefused?: string;
  /** Whether the key of a queue holds something else than a list. */
  readonly isNoList?: boolean;
}

/** What one look at a member gives. */
export interface MemberReading {
  readonly signals: MemberSignals;
  readonly troubles: readonly string[];
}

/** Fills the windows and gives the signals. A signal that cannot be known is left out. */
export function readSignals(series: MemberSeries, input: MemberInput): MemberSignals {
  const { info, nowMs } = input;
  const signals: Mutable<MemberSignals> = { answering: true, locked_out: '' };
  const set = <Name extends keyof MemberSignals>(name: Name, value: MemberSignals[Name] | undefined) => {
    if (value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) signals[name] = value;
  };
  const counted = callsOf(info);
  const { received, sent, sentToUs, evicted, ...calls } = count(series.counters, nowMs, {
    received: numberOf(info, 'total_net_input_bytes'),
    sent: numberOf(info, 'total_net_output_bytes'),
    sentToUs: input.ownBytes,
    evicted: numberOf(info, 'evicted_keys'),
    ...counted,
  });
  const memory = readMemory(series.memory, input);
  const refusal = series.writes.judge({
    ...input,
    calls: counted,
    ...(memory.bytes !== undefined && { bytes: memory.bytes }),
  });
  if (refusal !== undefined) {
    set('writable', refusal === '');
    set('refusal', refusal);
    set('full', refusal === 'OOM');
  }
  if (input.probed !== undefined && 'seconds' in input.probed) set('write_seconds', input.probed.seconds);
  set('memory_bytes', memory.bytes);
  set('memory_limit_bytes', memory.limit);
  set('memory_ratio', memory.ratio);
  set('memory_growth', memory.growth);
  set('seconds_to_full', memory.secondsToFull);
  set('filling', memory.filling);

  set('queue_depth', input.queueDepth);
  set('queue_growth', queueGrowth(series, input));
  set('inflow_rate', received?.rate());
  set('consume_rate', rateWithout(sent, sentToUs));
  set('push_rate', rateWithout(calls.pushes, calls.failedPushes));
  set('take_rate', rateWithout(calls.takes, calls.failedTakes));
  set('refused_writes', calls.refusedPushes?.growth());
  set('refused_rate', calls.refusedPushes?.rate());
  set('evicted_keys', evicted?.growth());
  set('connections', numberOf(info, 'connected_clients'));
  set('role', info.get('role') || undefined);
  set('maxmemory_policy', info.get('maxmemory_policy') || undefined);
  set('uptime_seconds', numberOf(info, 'uptime_in_seconds'));
  return signals;
}

/** Adds the values and returns the counters that got one: a window without a new value says nothing about now. */
function count(
  counters: Counters,
  nowMs: number,
  values: { readonly [Name in keyof Counters]?: number | undefined },
): Partial<Counters> {
  const windows: Partial<Record<keyof Counters, CounterWindow>> = {};
  for (const name of COUNTERS) {
    const value = values[name];
    if (value === undefined) continue;
    counters[name].add(nowMs, value);
    windows[name] = counters[name];
  }
  return windows;
}

/** The rate of `all` less that of `part`, at least 0: the part may be counted later than the whole. */
function rateWithout(all: CounterWindow | undefined, part: CounterWindow | undefined): number | undefined {
  const rate = all?.rate();
  return rate === undefined ? undefined : Math.max(0, rate - (part?.rate() ?? 0));
}

/** Items per second. Items that Redis loads after a start are no growth, as in memory.ts. */
function queueGrowth({ depth, windowMs }: MemberSeries, { info, queueDepth, nowMs }: MemberInput): number | undefined {
  if (isLoading(info)) depth.clear();
  else if (queueDepth !== undefined) depth.add(nowMs, queueDepth);
  return queueDepth === undefined ? undefined : slopePerSecond(depth.samples, windowMs);
}
