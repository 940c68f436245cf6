/** All pools of this node: those of weir.yaml, and what the lease file has of others. */

import { join } from 'node:path';
import { messageOf, WeirError } from '../model/error.ts';
import { fenceTrouble } from './fence-ahead.ts';
import { endGone, forgetGone, goneNames, goneOf, goneTroubles } from './leases/gone.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { restoreHere } from './local/restore-here.ts';
import { type ActuatorDependencies, createNodePool, type NodePool } from './node-pool.ts';

export interface NodePools {
  readonly deps: ActuatorDependencies;
  readonly ledger: Ledger;
  /** The pools of weir.yaml, by name. */
  readonly configured: ReadonlyMap<string, NodePool>;
  /** What the lease file has and weir.yaml has not, by the pool's name. */
  readonly gone: Map<string, NodePool>;
}

export function createNodePools(deps: ActuatorDependencies): NodePools {
  const ledger = createLedger(join(deps.stateDir, 'leases.json'), deps.pools);
  const configured = new Map(Object.values(deps.pools).map((pool) => [pool.name, createNodePool(deps, ledger, pool)]));
  return { deps, ledger, configured, gone: new Map() };
}

/** @throws WeirError where weir.yaml of this node has no such pool or member. */
export function nodePoolOf({ configured }: NodePools, pool: string, member: string): NodePool {
  const nodePool = configured.get(pool);
  if (nodePool?.pool.members[member] !== undefined) return nodePool;
  const missing = nodePool === undefined ? `pool ${pool}` : `member ${member} in pool ${pool}`;
  throw new WeirError('usage', `weir.yaml of this node has no ${missing}.`);
}

/** Runs something under the pool's lock. An error is shown as a trouble until the same thing succeeds. */
export async function attempt(nodePool: NodePool, what: string, work: () => Promise<void>): Promise<void> {
  await nodePool.lock(async () => {
    try {
      await nodePool.ledger.ready();
      await work();
      nodePool.troubles.delete(what);
    } catch (error) {
      nodePool.troubles.set(what, messageOf(error));
    }
  });
}

/** Looks whether the table can be changed at all, so that people learn at the start that it cannot, and not at night. */
export async function checkTable(nodePool: NodePool): Promise<void> {
  nodePool.checkedAt = performance.now();
  nodePool.troubles.delete('check');
  await nodePool.lvs.check(nodePool.pool).catch((error: unknown) => nodePool.troubles.set('check', messageOf(error)));
}

/** Finds what the lease file has and weir.yaml has not. A pool that is in both has one audit. */
export async function findGone({ deps, ledger, configured, gone }: NodePools): Promise<void> {
  for (const pool of goneOf(ledger, deps.pools)) {
    const audit = configured.get(pool.name)?.audit;
    const nodePool = createNodePool(deps, ledger, pool, audit);
    gone.set(pool.name, nodePool);
    if (audit === undefined) await nodePool.audit.start(deps.brokerNow());
  }
}

/** Ends what is held of pools and members that weir.yaml no longer has, or names it where it must stay. */
export async function endAllGone({ deps, gone }: NodePools): Promise<void> {
  for (const nodePool of gone.values()) {
    await attempt(nodePool, 'gone', () => endGone(nodePool, deps.pools[nodePool.pool.name] === undefined));
  }
}

/** Ends every lease on a member at a person's word, also on one that weir.yaml has no more. */
export async function restoreMember(pools: NodePools, pool: string, member: string, by: string): Promise<string> {
  const { deps, ledger, gone } = pools;
  await ledger.ready();
  if (!goneNames(ledger, deps.pools, pool).includes(member)) {
    return restoreHere(nodePoolOf(pools, pool, member), member, by);
  }
  const nodePool = gone.get(pool);
  if (nodePool?.pool.members[member] !== undefined) return restoreHere(nodePool, member, by);
  return forgetGone({ ledger, node: deps.node }, pool, member);
}

/** Sentences about what cannot be done now, for one pool. */
export function troublesOf({ deps, ledger, configured, gone }: NodePools, pool: string): string[] {
  const nodePool = configured.get(pool);
  const all = [
    ...(nodePool?.troubles.values() ?? []),
    ...[...gone.values()].flatMap(({ troubles }) => [...troubles.values()]),
    ...goneTroubles(ledger, deps.pools, deps.brokerNow()),
    ledger.trouble,
    nodePool?.audit.trouble,
    nodePool && fenceTrouble(nodePool),
  ];
  return [...new Set(all.filter((trouble) => trouble !== undefined))];
}
