/** What Prometheus reads at /metrics. Names end in their unit or in _total; every one begins with `weir_`. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { weirVersion } from '../lib/files/version.ts';
import type { Decision } from '../model/decisions/decision.ts';
import type { PoolStatus, Status } from '../model/people/status.ts';
import type { MemberSignals, PoolSignals, SignalValue } from '../model/readings/signals.ts';
import { refusingRail } from './wording/summary.ts';

/** The text format that prom-client writes. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

export interface Metrics {
  /** Counts a committed decision. */
  decided(decision: Decision): void;
  /** Counts a message that a channel took. */
  delivered(channel: string): void;
  tellFailed(channel: string): void;
  evaluated(pool: string, durationMs: number): void;
  /** Counts entries of the pool that could not be read, or folded. */
  setAside(pool: string, count: number): void;
  /** So many rules are in force from now on. */
  ruled(count: number): void;
  /** Whether the folder of rules is rejected. */
  ruleFault(is: boolean): void;
  /** Returns what a scrape gets. Without `status`, which the broker did not give, no gauge of a pool has a value. */
  text(status: Status | undefined, lastEvaluationAgeMs: number | undefined): Promise<string>;
}

type GaugeOf<Name extends string> = readonly [name: string, signal: Name, help: string];

/** Gauge name to its signal and its HELP. A signal that is not known now has no sample. */
const MEMBER_GAUGES: readonly GaugeOf<keyof MemberSignals>[] = [
  ['answering', 'answering', 'Redis gave a complete answer within poll.timeout (1) or not (0).'],
  ['writable', 'writable', 'A push would be accepted now (1) or not (0).'],
  ['serving', 'serving', "Listed in the MASTER's table, weight above 0, writable (1) or not (0)."],
  ['held', 'held', 'Weir holds a lease on the member (1) or not (0).'],
  ['weight', 'weight', "Weight in the MASTER's LVS table, 0 when not listed."],
  ['active_connections', 'active_connections', 'Connections that the director counts as established.'],
  ['memory_bytes', 'memory_bytes', 'Used memory that counts against the limit.'],
  ['memory_limit_bytes', 'memory_limit_bytes', 'maxmemory, or memory_budget where maxmemory is 0.'],
  ['memory_ratio', 'memory_ratio', 'Used memory divided by its limit, 0 to 1.'],
  ['memory_growth_bytes_per_second', 'memory_growth', 'Slope of used memory over poll.window.'],
  ['seconds_to_full', 'seconds_to_full', 'Time until the limit at the present growth; 2592000 when not growing.'],
  ['queue_depth_items', 'queue_depth', 'Items in all queues of the member.'],
  ['inflow_bytes_per_second', 'inflow_rate', 'Bytes that Redis receives.'],
  ['consume_bytes_per_second', 'consume_rate', 'Bytes that Redis sends.'],
  ['refused_writes_per_second', 'refused_rate', 'Writes refused: logs that are being lost now.'],
];

const POOL_GAUGES: readonly GaugeOf<keyof PoolSignals>[] = [
  ['members', 'members', 'Members that the pool should have.'],
  ['serving_members', 'serving_members', 'Members that are listed, weighted and writable.'],
  ['filling_members', 'filling_members', 'Members that are filling.'],
  ['masters', 'masters', 'Fresh nodes that are MASTER or hold the VIP: anything but 1 is trouble.'],
  ['seconds_to_full', 'seconds_to_full', 'Time until the first member is full; 2592000 when none grows.'],
  ['queue_depth_items', 'queue_depth', 'Items in all queues, all known members.'],
];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'weir_' });
  const make = makerFor(registry);
  make.gauge('weir_build_info', 'The version of this Weir.', ['version']).set({ version: weirVersion() }, 1);
  const own = ownMetrics(make);
  const pools = poolMetrics(make);

  return {
    decided({ pool, rule, action, verdict, ...rest }) {
      const rail = verdict === 'refuse' ? (refusingRail({ pool, rule, action, verdict, ...rest })?.rail ?? '') : '';
      own.decisions.inc({ pool, rule, action, verdict, rail });
    },
    setAside: (pool, count) => own.unreadable.inc({ pool }, count),
    ruled(count) {
      own.rules.set(count);
      own.rulesChangedAt.setToCurrentTime();
    },
    ruleFault: (is) => own.rulesFault.set(is ? 1 : 0),
    delivered: (channel) => own.delivered.inc({ channel }),
    tellFailed: (channel) => own.tellFailures.inc({ channel }),
    evaluated: (pool, durationMs) => own.evaluations.observe({ pool }, durationMs / 1_000),
    async text(status, lastEvaluationAgeMs) {
      pools.reset();
      if (status !== undefined) pools.set(status);
      own.brokerUp.set(status === undefined ? 0 : 1);
      own.age.reset();
      if (lastEvaluationAgeMs !== undefined) own.age.set(lastEvaluationAgeMs / 1_000);
      else own.age.remove();
      return registry.metrics();
    },
  };
}

interface Maker {
  gauge(name: string, help: string, labelNames?: string[]): Gauge;
  counter(name: string, help: string, labelNames: string[]): Counter;
  histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram;
}

function makerFor(registry: Registry): Maker {
  const registers = [registry];
  return {
    gauge: (name, help, labelNames = []) => new Gauge({ name, help, labelNames, registers }),
    counter: (name, help, labelNames) => new Counter({ name, help, labelNames, registers }),
    histogram: (name, help, labelNames, buckets) => new Histogram({ name, help, labelNames, buckets, registers }),
  };
}

/** Counters of what this process does. */
function ownMetrics({ gauge, counter, histogram }: Maker) {
  return {
    decisions: counter('weir_decisions_total', 'Decisions made here, by verdict and refusing rail.', [
      'pool',
      'rule',
      'action',
      'verdict',
      'rail',
    ]),
    delivered: counter('weir_told_total', 'Messages that a channel has taken.', ['channel']),
    tellFailures: counter('weir_tell_failures_total', 'Messages that a channel did not take; each try counts.', [
      'channel',
    ]),
    evaluations: histogram(
      'weir_evaluation_duration_seconds',
      'How long the evaluations of a pool took; its count is how many there were.',
      ['pool'],
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    ),
    unreadable: counter('weir_unreadable_entries_total', 'Entries that could not be read or folded: set aside.', [
      'pool',
    ]),
    rules: gauge('weir_rules', 'Rules in force.'),
    rulesChangedAt: gauge('weir_rules_changed_timestamp_seconds', 'When this process took the rules in force.'),
    rulesFault: gauge('weir_rules_fault', 'The folder of rules is rejected (1) or accepted (0).'),
    age: gauge(
      'weir_last_evaluation_age_seconds',
      'Time since this process finished an evaluation, of the pool where that is longest ago.',
    ),
    brokerUp: gauge('weir_broker_up', 'The broker gave the status for this scrape (1) or did not (0).'),
  };
}

/** Gauges of the pools, from the broker's status. */
function poolMetrics({ gauge }: Maker): { set(status: Status): void; reset(): void } {
  const findings = gauge('weir_findings_firing', 'Findings that fire now.', ['pool', 'rule', 'severity']);
  const leases = gauge('weir_leases', 'Live leases of Weir.', ['pool']);
  const settling = gauge('weir_pool_settling', 'The pool has not settled and Weir does not act (1), or it has (0).', [
    'pool',
  ]);
  const evaluatedAt = gauge('weir_pool_evaluated_timestamp_seconds', 'Broker time of the last evaluated entry.', [
    'pool',
  ]);
  const observers = gauge('weir_observer_fresh', 'The observer was heard within poll.stale_after (1) or not (0).', [
    'pool',
    'observer',
  ]);
  const members = MEMBER_GAUGES.map(([name, signal, help]) => ({
    signal,
    metric: gauge(`weir_member_${name}`, help, ['pool', 'member']),
  }));
  const pools = POOL_GAUGES.map(([name, signal, help]) => ({
    signal,
    metric: gauge(`weir_pool_${name}`, help, ['pool']),
  }));
  const ofSignals = [...members, ...pools].map(({ metric }) => metric);

  function setPool(pool: PoolStatus, at: number): void {
    const label = { pool: pool.name };
    for (const { signal, metric } of pools) setSignal(metric, label, pool.facts.pool[signal]);
    for (const [member, signals] of Object.entries(pool.facts.members)) {
      for (const { signal, metric } of members) setSignal(metric, { ...label, member }, signals[signal]);
    }
    for (const { rule, severity } of pool.findings.filter(({ phase }) => phase === 'firing')) {
      findings.inc({ ...label, rule, severity });
    }
    leases.set(label, pool.leases.filter((lease) => lease.endedAt === undefined).length);
    settling.set(label, pool.settlesAt !== undefined && pool.settlesAt > at ? 1 : 0);
    if (pool.evaluatedAt !== undefined) evaluatedAt.set(label, pool.evaluatedAt / 1_000);
    for (const { name, fresh } of pool.observers) observers.set({ ...label, observer: name }, fresh ? 1 : 0);
  }

  return {
    set(status) {
      for (const pool of status.pools) setPool(pool, status.at);
    },
    reset() {
      for (const metric of [findings, leases, settling, evaluatedAt, observers, ...ofSignals]) metric.reset();
    },
  };
}

function setSignal(metric: Gauge, labels: Record<string, string>, value: SignalValue | undefined): void {
  if (typeof value === 'number') metric.set(labels, value);
  else if (typeof value === 'boolean') metric.set(labels, value ? 1 : 0);
}
