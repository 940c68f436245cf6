/** In which order the processes of a pool become those of another version, and back. */

import { poolKeys } from '../../src/broker/keys.ts';
import type { BenchNode } from '../chaos/bench/nodes.ts';
import type { Bench } from '../chaos/bench/type.ts';
import { POOL } from '../chaos/bench/yaml.ts';
import type { StoredOptions } from './stored.ts';

/** `worker-2` is one more, beside the first. */
export type Role = 'worker' | 'worker-2' | BenchNode;

export interface Order extends StoredOptions {
  readonly name: string;
  readonly up: readonly Role[];
  /** The pool begins with this version: nothing of it was written by the one before. */
  readonly beginsNew?: true;
  /** Then back to the version before, as docs/upgrades.md has it. */
  readonly back?: readonly BenchNode[];
}

export const ORDERS: readonly Order[] = [
  { name: 'workers-first', up: ['worker', 'a', 'b'], leaseEnd: 'person' },
  { name: 'nodes-first', up: ['b', 'a', 'worker'], leaseEnd: 'time', stalled: 'b' },
  { name: 'mixed', up: ['a', 'worker-2', 'b', 'worker'], leaseEnd: 'rule' },
  { name: 'and-back', up: ['worker', 'a', 'b'], leaseEnd: 'person', back: ['b', 'a'] },
  { name: 'downgrade', beginsNew: true, up: [], leaseEnd: 'person', back: ['a', 'b'] },
];

/** One process after the other; `program`: the `weir` of the version, undefined for this one. */
async function become(bench: Bench, role: Role, program: string | undefined): Promise<void> {
  if (role === 'a' || role === 'b') {
    bench.build(`node-${role}`, program);
    if (bench.node(role).running) await bench.node(role).kill('SIGTERM');
    await bench.startNode(role);
  } else {
    bench.build(role, program);
    if (role === 'worker') await bench.worker().kill('SIGTERM');
    await bench.startWorker(role);
  }
}

export async function goUp(bench: Bench, { up }: Order): Promise<void> {
  bench.build('weir', undefined);
  for (const role of up) await become(bench, role, undefined);
}

/** The way back: all workers end, the state is taken away, the older worker starts, then node by node. */
export async function goBack(bench: Bench, nodes: readonly BenchNode[], program: string): Promise<void> {
  bench.build('weir', program);
  await bench.worker().kill('SIGTERM');
  await bench.redis.del(poolKeys(POOL).state);
  for (const role of ['worker', ...nodes] as const) await become(bench, role, program);
}
