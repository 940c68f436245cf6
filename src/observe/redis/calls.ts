/** Counts pushes and takes from INFO commandstats. A counter that a version does not have is unknown, never 0. Pure. */

import { type Info, partOf } from './info.ts';

const PUSHES = ['rpush', 'lpush', 'rpushx', 'lpushx'];

/** RPOPLPUSH and BRPOPLPUSH were the reliable queue before LMOVE came with 6.2. */
const TAKES = [
  ...['blpop', 'brpop', 'lpop', 'rpop', 'lmpop', 'blmpop'],
  ...['blmove', 'lmove', 'brpoplpush', 'rpoplpush'],
];

/** logstash's script is LRANGE and LTRIM, and Redis counts what a script calls as well. */
const SCRIPTS = ['evalsha', 'eval', 'fcall'];
const TRIM = 'ltrim';

/** Commands that take items out of a list, in small letters. */
export const TAKERS: ReadonlySet<string> = new Set([...SCRIPTS, ...TAKES, TRIM]);

/** Counters since Redis started. */
export interface Calls {
  /** Pushes and takes that Redis began, those that failed included. Absent where it counts no commands. */
  readonly pushes?: number;
  readonly takes?: number;
  /** Those among them that ended in an error: Redis 6.2 or later. */
  readonly failedPushes?: number;
  readonly failedTakes?: number;
  /** Pushes that Redis did not begin, or that failed: 6.2 or later. */
  readonly refusedPushes?: number;
}

/** Never throws. */
export function callsOf(info: Info): Calls {
  const stats = new Map<string, string>();
  for (const [name, value] of info) {
    if (name.startsWith('cmdstat_')) stats.set(name.slice('cmdstat_'.length).toLowerCase(), value);
  }
  if (stats.size === 0) return {};
  const sum = (commands: readonly string[], part: string) =>
    commands.reduce((total, command) => total + (partOf(stats, command, part) ?? 0), 0);
  // A trim within a script belongs to the script's take. A trim within a transaction is a take of its own.
  const taken = (part: string) => sum(TAKES, part) + Math.max(sum(SCRIPTS, part), sum([TRIM], part));
  const begun = { pushes: sum(PUSHES, 'calls'), takes: taken('calls') };
  // A command that nobody has called has no line. The lines of other commands tell whether this version counts them.
  if (![...stats.values()].some((value) => value.includes('rejected_calls='))) return begun;
  const failedPushes = sum(PUSHES, 'failed_calls');
  return {
    ...begun,
    failedPushes,
    failedTakes: taken('failed_calls'),
    refusedPushes: failedPushes + sum(PUSHES, 'rejected_calls'),
  };
}
