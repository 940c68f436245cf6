/** A healthy pool, which a test changes by its series: every signal that an observer reads has a value. */

import {
  type ConsumerSignals,
  type DirectorSignals,
  MAX_SECONDS_TO_FULL,
  type MemberSignals,
} from '../../model/readings/signals.ts';

const GIB = 1_073_741_824;

export const HEALTHY_MEMBER: MemberSignals = {
  answering: true,
  writable: true,
  refusal: '',
  locked_out: '',
  memory_bytes: GIB,
  memory_limit_bytes: 10 * GIB,
  memory_ratio: 0.1,
  memory_growth: 0,
  seconds_to_full: MAX_SECONDS_TO_FULL,
  filling: false,
  full: false,
  queue_depth: 100,
  queue_growth: 0,
  inflow_rate: 1_000_000,
  consume_rate: 1_000_000,
  push_rate: 1_000,
  take_rate: 10,
  refused_writes: 0,
  refused_rate: 0,
  evicted_keys: 0,
  connections: 20,
  consumers: 2,
  consumers_on_vip: 0,
  role: 'master',
  maxmemory_policy: 'noeviction',
  uptime_seconds: 864_000,
  write_seconds: 0.001,
};

/** The signals of a Redis that does not answer. */
export const SILENT_MEMBER: MemberSignals = { answering: false, writable: false };

/** The signals that an observer sees: of a silent member nothing else, of one that keeps it out only what keeps it out. */
export function asSeen(signals: MemberSignals): MemberSignals {
  const { answering, locked_out } = signals;
  if (answering === false) return SILENT_MEMBER;
  return locked_out ? { answering: true, locked_out } : signals;
}

export function healthyDirector(master: boolean, members: number): DirectorSignals {
  return {
    state: master ? 'MASTER' : 'BACKUP',
    keepalived: true,
    vip: master,
    priority: master ? 254 : 253,
    handover: 0,
    kept_off: false,
    nopreempt: true,
    adverts_received_rate: master ? 0 : 5,
    last_transition_seconds: 86_400,
    lvs: true,
    listed_members: members,
    weighted_members: members,
    connection_rate: 0,
    packet_rate: master ? 5_000 : 0,
    byte_rate: master ? 2_000_000 : 0,
    bystander: !master,
    clock_skew: 0,
  };
}

export const HEALTHY_CONSUMER: ConsumerSignals = {
  answering: true,
  events_in_rate: 1_000,
  events_out_rate: 1_000,
  worker_utilization: 20,
};
