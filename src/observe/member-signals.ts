/** From INFO and LLEN to a member's signals. Pure, but for the windows that it fills. */

import type { Signals, SignalValue } from '../model/reading.ts';
import { FILLING_RATIO, MAX_SECONDS_TO_FULL } from '../model/signals.ts';
import { type Info, numberOf, partOf } from './info.ts';
import { type CounterWindow, createCounterWindow, createWindow, slopePerSecond, type Window } from './window.ts';

/** What a poller remembers of one member. */
export interface MemberSeries {
  /** Redis' run_id: another one means that every counter began at 0. */
  readonly runId: string;
  readonly windowMs: number;
  readonly memory: Window;
  readonly depth: Window;
  readonly received: CounterWindow;
  readonly sent: CounterWindow;
  /** Bytes that this observer's own polls made Redis send. */
  readonly sentToUs: CounterWindow;
  readonly pushed: CounterWindow;
  readonly taken: CounterWindow;
  readonly refused: CounterWindow;
  readonly evicted: CounterWindow;
  /** errorstat_OOM, errorstat_MISCONF, errorstat_NOREPLICAS at the poll before. */
  lastErrors: Readonly<Record<string, number>>;
}

export function createMemberSeries(runId: string, windowMs: number): MemberSeries {
  const counter = () => createCounterWindow(windowMs);
  return {
    runId,
    windowMs,
    memory: createWindow(windowMs),
    depth: createWindow(windowMs),
    received: counter(),
    sent: counter(),
    sentToUs: counter(),
    pushed: counter(),
    taken: counter(),
    refused: counter(),
    evicted: counter(),
    lastErrors: {},
  };
}

const PUSHES = ['rpush', 'lpush', 'rpushx', 'lpushx'];
const TAKES = ['evalsha', 'eval', 'fcall', 'blpop', 'brpop', 'lpop', 'rpop', 'lmpop', 'blmpop', 'blmove', 'lmove'];

/** Over this share of the limit a refusal for memory since the last poll is believed, though a client has since let go. */
const NEARLY_FULL = 0.95;

export interface MemberInput {
  readonly info: Info;
  /** Items in all queues; absent when a queue's key is no list. */
  readonly queueDepth?: number;
  /** Bytes of the replies that this observer has had from this Redis so far. */
  readonly ownBytes: number;
  /** Monotonic, in ms. */
  readonly nowMs: number;
  /** Where maxmemory is 0. */
  readonly budgetBytes?: number;
  readonly minSecondsToFull: number;
}

/** Fills the windows and gives the signals. A signal that cannot be known is left out. */
export function readSignals(series: MemberSeries, input: MemberInput): Signals {
  const { info, nowMs } = input;
  const signals: Record<string, SignalValue> = { answering: true };
  const set = (name: string, value: SignalValue | undefined) => {
    if (value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) signals[name] = value;
  };
  const count = (window: CounterWindow, value: number | undefined) => {
    if (value !== undefined) window.add(nowMs, value);
  };
  count(series.received, numberOf(info, 'total_net_input_bytes'));
  count(series.sent, numberOf(info, 'total_net_output_bytes'));
  count(series.sentToUs, input.ownBytes);
  count(series.evicted, numberOf(info, 'evicted_keys'));
  count(series.pushed, sumOf(info, PUSHES, 'calls'));
  count(series.taken, sumOf(info, TAKES, 'calls'));
  count(series.refused, sumOf(info, PUSHES, 'rejected_calls'));

  const memory = readMemory(series, input);
  const refusal = refusalOf(info, series, memory.ratio);
  series.lastErrors = errorsOf(info);
  set('writable', refusal === '');
  set('refusal', refusal);
  set('full', refusal === 'OOM');
  set('memory_bytes', memory.bytes);
  set('memory_limit_bytes', memory.limit);
  set('memory_ratio', memory.ratio);
  set('memory_growth', memory.growth);
  set('seconds_to_full', memory.secondsToFull);
  set('filling', fillingOf(memory, input.minSecondsToFull));

  if (input.queueDepth !== undefined) series.depth.add(nowMs, input.queueDepth);
  set('queue_depth', input.queueDepth);
  set('queue_growth', slopePerSecond(series.depth.samples, series.windowMs));
  set('inflow_rate', series.received.rate());
  const sent = series.sent.rate();
  if (sent !== undefined) set('consume_rate', Math.max(0, sent - (series.sentToUs.rate() ?? 0)));
  set('push_rate', series.pushed.rate());
  set('take_rate', series.taken.rate());
  set('refused_writes', series.refused.growth());
  set('refused_rate', series.refused.rate());
  set('evicted_keys', series.evicted.growth());
  set('connections', numberOf(info, 'connected_clients'));
  set('role', info.get('role'));
  set('maxmemory_policy', info.get('maxmemory_policy'));
  set('uptime_seconds', numberOf(info, 'uptime_in_seconds'));
  return signals;
}

interface Memory {
  readonly bytes?: number;
  readonly limit?: number;
  readonly ratio?: number;
  readonly growth?: number;
  readonly secondsToFull?: number;
}

/** Redis subtracts what it does not count for eviction before it tests for OOM (evict.c, T28), and so does this. */
function readMemory(series: MemberSeries, { info, nowMs, budgetBytes }: MemberInput): Memory {
  const used = numberOf(info, 'used_memory');
  if (used === undefined) return {};
  const bytes = Math.max(0, used - (numberOf(info, 'mem_not_counted_for_evict') ?? 0));
  series.memory.add(nowMs, bytes);
  const growth = slopePerSecond(series.memory.samples, series.windowMs);
  const known = { bytes, ...(growth !== undefined && { growth }) };
  const limit = numberOf(info, 'maxmemory') || budgetBytes;
  if (limit === undefined || limit <= 0) return known;
  const ratio = bytes / limit;
  const secondsToFull = growth === undefined ? undefined : timeTo(limit - bytes, growth);
  return { ...known, limit, ratio, ...(secondsToFull !== undefined && { secondsToFull }) };
}

function timeTo(left: number, growth: number): number {
  if (left <= 0) return 0;
  return growth <= 0 ? MAX_SECONDS_TO_FULL : Math.min(MAX_SECONDS_TO_FULL, left / growth);
}

function fillingOf({ ratio, secondsToFull }: Memory, minSecondsToFull: number): boolean | undefined {
  if (ratio !== undefined && ratio > FILLING_RATIO) return true;
  return secondsToFull === undefined ? undefined : secondsToFull < minSecondsToFull;
}

function sumOf(info: Info, commands: readonly string[], part: string): number {
  return commands.reduce((sum, command) => sum + (partOf(info, `cmdstat_${command}`, part) ?? 0), 0);
}

function errorsOf(info: Info): Record<string, number> {
  const errors = ['OOM', 'MISCONF', 'NOREPLICAS'].map((name) => [
    name,
    partOf(info, `errorstat_${name}`, 'count') ?? 0,
  ]);
  return Object.fromEntries(errors) as Record<string, number>;
}

/**
 * Why a push would be refused now, empty when it would not. A server that accepts TCP and answers PING may still refuse
 * every push (T27). What INFO does not say outright is believed from refusals since the poll before.
 */
function refusalOf(info: Info, series: MemberSeries, ratio: number | undefined): string {
  if (info.get('loading') === '1' || info.get('async_loading') === '1') return 'LOADING';
  if (info.get('role') === 'slave') return 'READONLY';
  if (info.get('aof_enabled') === '1' && info.get('aof_last_write_status') === 'err') return 'MISCONF';
  const errors = errorsOf(info);
  const isNew = (name: string) => (errors[name] ?? 0) > (series.lastErrors[name] ?? errors[name] ?? 0);
  if (info.get('rdb_last_bgsave_status') === 'err' && isNew('MISCONF')) return 'MISCONF';
  if (isNew('NOREPLICAS')) return 'NOREPLICAS';
  const limited = (numberOf(info, 'maxmemory') ?? 0) > 0;
  // Over the limit a Redis that evicts may still accept; `volatile-…` without keys that expire refuses like noeviction.
  const over = ratio !== undefined && ratio > 1 && info.get('maxmemory_policy') === 'noeviction';
  if (limited && (over || (ratio !== undefined && ratio > NEARLY_FULL && isNew('OOM')))) return 'OOM';
  return '';
}
