/** The example pool: how it is configured, and what a node sees of it. */

import { EXAMPLE_POOL } from '../../lab/pool/example.ts';
import type { PolicyConfig, PollConfig, PoolConfig } from '../../src/model/configuration/config.ts';
import { DEFAULT_PLAN } from '../../src/model/configuration/default-plan.ts';
import { DEFAULT_POLICY } from '../../src/model/configuration/default-policy.ts';
import type { Sweep, Table } from '../../src/model/readings/reading.ts';
import type { MemberSignals } from '../../src/model/readings/signals.ts';

/** `logs` with its members a and b. */
export function poolConfig(changes: Partial<PoolConfig> = {}): PoolConfig {
  return { ...EXAMPLE_POOL, ...changes };
}

/** The same in weir.yaml. `more`: further keys of the pool, one a line. */
export function poolYaml(...more: readonly string[]): string {
  const { vip, vrrp, members } = EXAMPLE_POOL;
  return [
    'pools:',
    '  logs:',
    `    vip: {address: ${vip.address}, port: ${vip.port}}`,
    `    vrrp: {interface: ${vrrp.interface}, virtual_router_id: ${vrrp.virtualRouterId}}`,
    ...more.map((line) => `    ${line}`),
    '    members:',
    ...Object.values(members).map(
      ({ name, address, priority }) => `      ${name}: {address: ${address}, priority: ${priority}}`,
    ),
    '',
  ].join('\n');
}

/** The same with these members. */
export function poolOf(names: readonly string[] = ['a', 'b']): PoolConfig {
  const { a, b } = EXAMPLE_POOL.members;
  const member = (name: string, index: number) => ({
    ...([a, b][index] ?? { address: `192.168.81.${75 + index}`, priority: 254 - 4 * index, weight: 100 }),
    name,
  });
  return poolConfig({ members: Object.fromEntries(names.map((name, index) => [name, member(name, index)])) });
}

export const PLAN = DEFAULT_PLAN;
export const POLICY: PolicyConfig = { ...DEFAULT_POLICY, mode: 'auto', settleMs: 5_000 };
export const POLL: PollConfig = { intervalMs: 1_000, timeoutMs: 500, windowMs: 15_000, staleAfterMs: 3_000 };

export const HEALTHY: MemberSignals = {
  answering: true,
  writable: true,
  filling: false,
  full: false,
  memory_bytes: 1_000_000_000,
  memory_limit_bytes: 10_000_000_000,
  memory_ratio: 0.1,
  queue_depth: 10,
  inflow_rate: 1_000,
  consume_rate: 1_000,
  refused_writes: 0,
  seconds_to_full: 2_592_000,
};

export const SILENT: MemberSignals = { answering: false, writable: false };

/** Of a sweep: b hangs. */
export const FROZEN = { members: { a: HEALTHY, b: SILENT } };

export function tableOf(weights: Readonly<Record<string, number>>): Table {
  const row = (weight: number) => ({ listed: true, weight, activeConnections: 4, inactiveConnections: 0 });
  return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, row(weight)]));
}

/** What a node sees of a pool that is well: a is the MASTER, and both members are listed. */
export function sweepOf(observer: string, at: number, parts: Partial<Sweep> = {}): Sweep {
  return {
    kind: 'sweep',
    pool: 'logs',
    observer,
    at,
    members: { a: HEALTHY, b: HEALTHY },
    consumers: {},
    director: { state: observer === 'a' ? 'MASTER' : 'BACKUP', keepalived: true, vip: observer === 'a' },
    table: tableOf({ a: 100, b: 100 }),
    leases: [],
    troubles: [],
    ...parts,
  };
}
