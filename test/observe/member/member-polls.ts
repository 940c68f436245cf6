/** Polls of one member on paper: INFO as a test writes it, one a second, through the windows of one series. */

import type { Signals } from '../../../src/model/readings/signals.ts';
import { parseInfo } from '../../../src/observe/redis/info.ts';
import { createMemberSeries, type MemberInput, readSignals } from '../../../src/observe/redis/member-signals.ts';

export const MIB = 2 ** 20;

const SERVING = {
  role: 'master',
  loading: '0',
  aof_enabled: '0',
  used_memory: String(40 * MIB),
  mem_not_counted_for_evict: '0',
  maxmemory: String(100 * MIB),
  maxmemory_policy: 'noeviction',
  connected_clients: '7',
  uptime_in_seconds: '60',
};

export interface Poll {
  readonly info?: Readonly<Record<string, string | number>>;
  readonly input?: Partial<Omit<MemberInput, 'info'>>;
}

/** The signals of the last of some polls of one member, one a second. */
export function afterPolls(polls: readonly Poll[]): Signals {
  const series = createMemberSeries('r1', 15_000);
  return polls.reduce<Signals>((_, { info, input }, second) => {
    const fields = Object.entries({ ...SERVING, ...info }).map(([name, value]) => `${name}:${value}`);
    return readSignals(series, {
      info: parseInfo(fields.join('\r\n')),
      ownBytes: 0,
      nowMs: second * 1_000,
      minSecondsToFull: 1_800,
      ...input,
    });
  }, {});
}

export function seconds(count: number, at: (second: number) => Poll): Poll[] {
  return Array.from({ length: count }, (_, second) => at(second));
}
