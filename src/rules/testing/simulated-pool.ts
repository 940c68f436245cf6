/**
 * A simulated pool: what its nodes see in an interval, and what they answer to jobs. It stands in for nodes alone: the
 * evaluation and the rails are the ones that run in earnest.
 */

import type { PoolConfig } from '../../model/configuration/config.ts';
import type { ActionJob } from '../../model/decisions/action.ts';
import type { Outcome } from '../../model/decisions/outcome.ts';
import { isEndJob } from '../../model/ids.ts';
import type { LeaseView, Sweep, Table, TableRow } from '../../model/readings/reading.ts';
import type { Signals, SignalValue } from '../../model/readings/signals.ts';
import { asSeen, HEALTHY_CONSUMER, HEALTHY_MEMBER, healthyDirector } from './healthy.ts';
import type { TestCase, Track } from './load.ts';
import { valueAt } from './series.ts';

const POOL = 'logs';
const WEIGHT = 100;
const CONNECTIONS = 10;

export interface SimulatedPool {
  readonly pool: PoolConfig;
  /** The sweeps of the nodes that are heard in the interval. */
  sweeps(interval: number, at: number): Sweep[];
  /** The outcome of a job; undefined: the node does not answer. */
  act(job: ActionJob, at: number): Outcome | undefined;
}

/** What the nodes of a case know and have done. */
interface Nodes {
  readonly test: TestCase;
  /** By node, by member. */
  readonly weights: Readonly<Record<string, Record<string, number>>>;
  /** By node. */
  readonly leases: Record<string, LeaseView[]>;
  /** Nodes that gave up the VIP. */
  readonly withoutVip: Set<string>;
  master: string;
}

export function createSimulatedPool(test: TestCase): SimulatedPool {
  const { members } = test;
  const nodes: Nodes = {
    test,
    weights: Object.fromEntries(members.map((node) => [node, Object.fromEntries(members.map((m) => [m, WEIGHT]))])),
    leases: Object.fromEntries(members.map((node) => [node, []])),
    withoutVip: new Set(),
    master: members[0] as string,
  };
  return {
    pool: poolOf(test),
    sweeps: (interval, at) => members.flatMap((node) => sweepOf(nodes, node, interval, at) ?? []),
    act: (job, at) => outcomeOf(nodes, job, at),
  };
}

/** undefined: the node is not heard in this interval. */
function sweepOf(nodes: Nodes, node: string, interval: number, at: number): Sweep | undefined {
  const { test, leases } = nodes;
  const signalsOf = (kind: Track['kind'], name: string, base: Signals) =>
    laidOver(test, { kind, name, observer: node }, interval, base);
  const own = signalsOf('node', node, { heard: true });
  if (own.heard !== true) return undefined;
  return {
    kind: 'sweep',
    pool: POOL,
    observer: node,
    at,
    members: Object.fromEntries(test.members.map((name) => [name, asSeen(signalsOf('member', name, HEALTHY_MEMBER))])),
    consumers: Object.fromEntries(test.consumers.map((name) => [name, signalsOf('consumer', name, HEALTHY_CONSUMER)])),
    director: signalsOf('director', node, {
      ...healthyDirector(node === nodes.master, test.members.length),
      ...(nodes.withoutVip.has(node) && { vip: false }),
    }),
    table: tableOf(nodes, node, (name, base) => signalsOf('table', name, base)),
    leases: leases[node] ?? [],
    ...(own.weir_yaml !== undefined && { edition: { hash: String(own.weir_yaml), mode: test.mode } }),
    troubles: [],
  };
}

/** The tracks of the case laid over what is healthy: what one node sees lies over what everybody sees. */
function laidOver(
  test: TestCase,
  { kind, name, observer }: { readonly kind: Track['kind']; readonly name: string; readonly observer: string },
  interval: number,
  base: Signals,
): Signals {
  const signals: Record<string, SignalValue> = { ...base };
  const tracks = test.tracks.filter(
    (track) => track.kind === kind && track.name === name && (track.observer ?? observer) === observer,
  );
  const isOfOne = (track: Track) => Number(track.observer !== undefined);
  for (const { signal, series } of tracks.sort((x, y) => isOfOne(x) - isOfOne(y))) {
    const value = valueAt(series, interval);
    if (value === undefined) delete signals[signal];
    else signals[signal] = value;
  }
  return signals;
}

function tableOf({ test, weights }: Nodes, node: string, seen: (name: string, base: Signals) => Signals): Table {
  const rows = test.members.map((name): [string, TableRow] => {
    const weight = weights[node]?.[name] ?? 0;
    const base = { listed: true, weight, active_connections: weight > 0 ? CONNECTIONS : 0, inactive_connections: 0 };
    const row = seen(name, base);
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
}

/** undefined: the node says nothing. */
function outcomeOf(nodes: Nodes, job: ActionJob, at: number): Outcome | undefined {
  const { node, member, decision } = job;
  const answer = nodes.test.nodes ?? nodes.test.hand;
  if (answer === 'silent') return undefined;
  const outcome = { kind: 'outcome', pool: POOL, decision, node, member, at, startedAt: at } as const;
  if (answer === 'refuses') return { ...outcome, result: 'refused', detail: 'The node of this test refuses.' };
  const weightBefore = nodes.weights[node]?.[member] ?? 0;
  carryOut(nodes, job);
  return {
    ...outcome,
    result: isEndJob(decision) ? 'ended' : 'applied',
    detail: 'Done in the simulation.',
    weightBefore,
    weightAfter: nodes.weights[node]?.[member] ?? 0,
  };
}

function carryOut(nodes: Nodes, { node, member, decision: id, action, lease, leaseIds, handover }: ActionJob): void {
  const row = nodes.weights[node] ?? {};
  const held = nodes.leases[node] ?? [];
  if (lease !== undefined) {
    const { weight, until, owner } = lease;
    row[member] = weight;
    nodes.leases[node] = [...held, { id, member, weight, base: WEIGHT, owner, until, contested: false }];
  } else if (action === 'restore') {
    const left = held.filter((view) => view.member !== member || leaseIds?.includes(view.id) === false);
    nodes.leases[node] = left;
    row[member] = Math.min(WEIGHT, ...left.filter((view) => view.member === member).map(({ weight }) => weight));
  } else if (handover !== undefined) {
    nodes.master = handover.to;
  } else if (action === 'remove_orphan_vip') {
    nodes.withoutVip.add(node);
  }
}

function poolOf({ members, consumers, min_serving }: TestCase): PoolConfig {
  return {
    name: POOL,
    vip: { address: '192.0.2.1', port: 6379 },
    lvs: { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'backup-only' },
    vrrp: { interface: 'eth0', virtualRouterId: 51, version: 3, advertIntervalMs: 200, preempt: false },
    redis: { probe: 'read' },
    queues: ['logstash'],
    minServing: min_serving,
    members: Object.fromEntries(
      members.map((name, i) => [name, { name, address: `192.0.2.${11 + i}`, priority: 254 - i, weight: WEIGHT }]),
    ),
    consumers: Object.fromEntries(consumers.map((name) => [name, `http://${name}`])),
  };
}
