/**
 * weir.yaml as it is written: every key, its form and its default. What needs more than one value to judge is in
 * checks.ts. Keys that nothing uses yet are checked here and go no further (see toConfig in load.ts).
 */

import { z } from 'zod';
import { MODES } from '../model/decision.ts';
import { keys, oneOf } from '../yaml-issue.ts';
import { tellSchema } from './tell-schema.ts';
import {
  budget,
  durationMs,
  httpUrl,
  ipAddress,
  listenAddress,
  name,
  networkInterface,
  secretText,
  sizeBytes,
  text,
  wholeNumber,
} from './values.ts';

/** What keepalived 2.2.7 accepts for lvs_sched (keepalived.conf.5). */
const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'mh',
  'dh',
  'fo',
  'ovf',
  'sed',
  'nq',
  'twos',
] as const;

/** Priorities: 0 is "I give up", 255 the address owner (RFC 5798 5.2.4); neither is for a pool. */
const member = keys({
  address: ipAddress(),
  priority: wholeNumber(1, 254),
  /** ipvsadm takes 0-65535. */
  weight: wholeNumber(0, 65_535).default(100),
  interface: networkInterface().optional(),
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, { error: 'expected a MAC address such as "52:54:00:12:34:56" in quotes' })
    .optional(),
});

const vrrp = keys({
  interface: networkInterface(),
  virtual_router_id: wholeNumber(1, 255),
  version: z.literal([2, 3], { error: 'expected 2 or 3' }).default(3),
  advert_interval: durationMs().optional(),
  preempt: z.boolean().default(false),
  auth: secretText().optional(),
});

const lvs = keys({
  scheduler: oneOf(SCHEDULERS).default('wrr'),
  forwarding: oneOf(['direct-routing', 'nat', 'tunnel']).default('direct-routing'),
  loop_guard: oneOf(['backup-only', 'notify-swap', 'ingress-mark']).default('backup-only'),
});

const pool = keys({
  vip: keys({ address: ipAddress(), port: wholeNumber(1, 65_535).default(6379) }),
  lvs: lvs.prefault({}),
  vrrp,
  redis: keys({
    username: text().optional(),
    password: secretText().optional(),
    tls: z.boolean().default(false),
  }).prefault({}),
  queues: z.array(text()).min(1).default(['logstash']),
  min_serving: wholeNumber(1, 1000).default(1),
  memory_budget: sizeBytes().optional(),
  members: z.record(name(), member),
  consumers: z.array(keys({ logstash: httpUrl() })).default([]),
  sink: keys({ elasticsearch: httpUrl() }).optional(),
});

const broker = keys({
  url: text().optional(),
  password: secretText().optional(),
  listen: listenAddress().optional(),
  sentinels: z
    .array(keys({ host: text(), port: wholeNumber(1, 65_535).default(26_379) }))
    .min(1)
    .optional(),
  name: text().optional(),
  tls: z.boolean().default(false),
});

const people = z.array(text()).default([]);

/** A time without actions. That the schedule is one is checked in checks.ts. */
const maintenance = keys({
  schedule: text(),
  timezone: text().default('UTC'),
  for: durationMs(),
  pool: name().optional(),
  member: name().optional(),
  reason: text().default('maintenance by weir.yaml'),
});

export const configSchema = keys({
  broker: broker.prefault({}),
  state_dir: text().optional(),
  rules: text().optional(),
  recording: keys({ max_size: sizeBytes().prefault('500mb') }).prefault({}),
  poll: keys({
    interval: durationMs().prefault('1s'),
    timeout: durationMs().prefault('500ms'),
    window: durationMs().prefault('60s'),
    stale_after: durationMs().prefault('3s'),
  }).prefault({}),
  http: keys({ listen: listenAddress().prefault('127.0.0.1:8480'), token: secretText().optional() }).prefault({}),
  keepalived: keys({
    pid_file: text().default('/run/keepalived.pid'),
    dump_file: text().default('/tmp/keepalived.json'),
    run_dir: text().default('/run/weir'),
  }).prefault({}),
  pools: z.record(name(), pool),
  policy: keys({
    mode: oneOf(MODES as unknown as readonly ['off', 'shadow', 'approve', 'auto']).default('shadow'),
    settle: durationMs().prefault('90s'),
    min_seconds_to_full: durationMs().prefault('30m'),
    budgets: keys({
      target: budget().prefault('3/1h'),
      rule: budget().prefault('6/1h'),
      kind: budget().prefault('6/1h'),
      pool: budget().prefault('10/1h'),
    }).prefault({}),
    block: durationMs().prefault('5m'),
    breaker: keys({ unverified: wholeNumber(1, 100).default(2), rearm: durationMs().prefault('1h') }).prefault({}),
    approval: keys({ quorum: wholeNumber(1, 10).default(1), within: durationMs().prefault('15m') }).prefault({}),
    maintenance: z.array(maintenance).default([]),
    raise: keys({
      steps: z.array(wholeNumber(1, 100)).min(1).max(10).default([10, 25, 50, 100]),
      every: durationMs().prefault('10s'),
    }).prefault({}),
    roles: keys({ viewer: people, operator: people, approver: people }).prefault({}),
  }).prefault({}),
  tell: tellSchema.prefault({}),
});

export type WrittenConfig = z.output<typeof configSchema>;
export type WrittenPool = z.output<typeof pool>;
