/**
 * The pool of a case on paper: what its nodes see in an interval, and what they do when they are given something to do.
 * A stand-in for nodes alone: the evaluation and the rails are the ones that run.
 */

import type { ActionJob } from '../../model/action.ts';
import type { PoolConfig } from '../../model/config.ts';
import type { Outcome } from '../../model/entry.ts';
import type { LeaseView, Signals, SignalValue, Sweep, Table, TableRow } from '../../model/reading.ts';
import { HEALTHY_CONSUMER, HEALTHY_MEMBER, healthyDirector, SILENT_MEMBER } from './healthy.ts';
import type { TestCase, Track } from './load.ts';
import { valueAt } from './series.ts';

const WEIGHT = 100;
const CONNECTIONS = 10;

export interface Paper {
  readonly pool: PoolConfig;
  /** What the nodes that are heard say in the interval. */
  sweeps(interval: number, at: number): Sweep[];
  /** What a node answers to a job; undefined: nothing. */
  act(job: ActionJob, at: number): Outcome | undefined;
}

export function createPaper(test: TestCase): Paper {
  const { members, consumers } = test;
  const weights = Object.fromEntries(
    members.map((node) => [node, Object.fromEntries(members.map((m) => [m, WEIGHT]))]),
  );
  const leases: Record<string, LeaseView[]> = Object.fromEntries(members.map((node) => [node, []]));
  let master = members[0] as string;
  const withoutVip = new Set<string>();

  const laid = (kind: Track['kind'], name: string, observer: string, interval: number, base: Signals): Signals => {
    const signals: Record<string, SignalValue> = { ...base };
    const tracks = test.tracks.filter(
      (one) => one.kind === kind && one.name === name && (one.observer ?? observer) === observer,
    );
    // What one node sees lies over what everybody sees.
    for (const { signal, series } of tracks.sort(
      (x, y) => Number(x.observer !== undefined) - Number(y.observer !== undefined),
    )) {
      const value = valueAt(series, interval);
      if (value === undefined) delete signals[signal];
      else signals[signal] = value;
    }
    return signals;
  };
  const member = (name: string, observer: string, interval: number): Signals => {
    const signals = laid('member', name, observer, interval, HEALTHY_MEMBER);
    return signals.answering === false ? SILENT_MEMBER : signals;
  };
  const director = (node: string, interval: number): Signals => {
    const healthy = healthyDirector(node === master, members.length);
    return laid('director', node, node, interval, { ...healthy, ...(withoutVip.has(node) && { vip: false }) });
  };
  const table = (node: string, interval: number): Table => {
    const rows = members.map((name): [string, TableRow] => {
      const weight = weights[node]?.[name] ?? 0;
      const base = { listed: true, weight, active_connections: weight > 0 ? CONNECTIONS : 0, inactive_connections: 0 };
      const row = laid('table', name, node, interval, base);
      const count = (signal: string) => Number(row[signal] ?? 0);
      return [
        name,
        {
          listed: row.listed === true,
          weight: count('weight'),
          activeConnections: count('active_connections'),
          inactiveConnections: count('inactive_connections'),
        },
      ];
    });
    return Object.fromEntries(rows);
  };

  return {
    pool: poolOf(test),
    sweeps: (interval, at) =>
      members
        .filter((node) => laid('node', node, node, interval, { heard: true }).heard === true)
        .map((node) => ({
          kind: 'sweep',
          pool: POOL,
          observer: node,
          at,
          members: Object.fromEntries(members.map((name) => [name, member(name, node, interval)])),
          consumers: Object.fromEntries(
            consumers.map((name) => [name, laid('consumer', name, node, interval, HEALTHY_CONSUMER)]),
          ),
          director: director(node, interval),
          table: table(node, interval),
          leases: leases[node] ?? [],
          troubles: [],
        })),
    act(job, at) {
      const { node, member: target } = job;
      if (test.hand === 'silent') return undefined;
      const common = {
        kind: 'outcome',
        pool: POOL,
        decision: job.decision,
        node,
        member: target,
        at,
        startedAt: at,
      } as const;
      if (test.hand === 'refuses') return { ...common, result: 'refused', detail: 'The node of this test refuses.' };
      const row = weights[node] ?? {};
      const before = row[target] ?? 0;
      const held = leases[node] ?? [];
      if (job.lease !== undefined) {
        const { weight, until, owner } = job.lease;
        row[target] = weight;
        leases[node] = [
          ...held,
          { id: job.decision, member: target, weight, base: WEIGHT, owner, until, contested: false },
        ];
      } else if (job.action === 'restore') {
        leases[node] = held.filter((one) => one.member !== target || job.leaseIds?.includes(one.id) === false);
        row[target] = Math.min(WEIGHT, ...leases[node].filter((one) => one.member === target).map((one) => one.weight));
      } else if (job.handover !== undefined) {
        master = job.handover.to;
      } else if (job.action === 'remove_orphan_vip') {
        withoutVip.add(node);
      }
      const ended = job.decision.includes('~end');
      return {
        ...common,
        result: ended ? 'ended' : 'applied',
        detail: 'Done on paper.',
        weightBefore: before,
        weightAfter: row[target] ?? 0,
      };
    },
  };
}

const POOL = 'logs';

function poolOf({ members, consumers, min_serving }: TestCase): PoolConfig {
  return {
    name: POOL,
    vip: { address: '192.0.2.1', port: 6379 },
    lvs: { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'backup-only' },
    vrrp: { interface: 'eth0', virtualRouterId: 51, version: 3, advertIntervalMs: 200, preempt: false },
    redis: {},
    queues: ['logstash'],
    minServing: min_serving,
    members: Object.fromEntries(
      members.map((name, i) => [name, { name, address: `192.0.2.${11 + i}`, priority: 254 - i, weight: WEIGHT }]),
    ),
    consumers: Object.fromEntries(consumers.map((name) => [name, `http://${name}`])),
  };
}
