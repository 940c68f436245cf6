/** Checks that a bench is as it was at its start. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeaseFile } from '../../../src/act/ledger/pool-record.ts';
import { NODES } from './nodes.ts';
import type { Bench } from './type.ts';

/**
 * Base weights in both tables, no lease with the pool or in the file of a node, nothing taken out, nothing open, nothing
 * that fires, the pool settled and both nodes heard. Throws an Error that says what is not so yet.
 */
export async function isCalm(bench: Bench): Promise<true> {
  const { findings, leases, settlesAt, observers, decisions, evaluatedAt = 0 } = await bench.status();
  const left = {
    ...(settlesAt !== undefined && { settlesAt }),
    ...(Date.now() - evaluatedAt > 3_000 && { behindMs: Date.now() - evaluatedAt }),
    silent: NODES.filter((node) => !observers.some((one) => one.name === node && one.fresh)),
    firing: findings.filter((one) => one.phase === 'firing').map((one) => `${one.rule}/${one.target}`),
    leases: leases.map((one) => one.id),
    open: decisions.filter((one) => one.state === 'open').map((one) => one.id),
    weights: NODES.map((node) => JSON.stringify(bench.weights(node))).filter((text) => text !== '{"a":100,"b":100}'),
    held: (await Promise.all(NODES.map((node) => heldIn(join(bench.stateDir(node), 'leases.json'))))).flat(),
  };
  if (Object.values(left).every((one) => Array.isArray(one) && one.length === 0)) return true;
  throw new Error(JSON.stringify(left));
}

async function heldIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '{"pools":{}}');
  const { pools } = JSON.parse(text) as { pools: LeaseFile };
  return Object.values(pools).flatMap(({ holds, removed }) => [
    ...Object.values(holds).flatMap((hold) => hold.leases.map((lease) => `${lease.phase} ${lease.id}`)),
    ...Object.keys(removed),
  ]);
}
