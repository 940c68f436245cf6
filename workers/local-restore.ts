import { networkInterfaces } from 'node:os';
import { restoreLocally } from '../src/act/local-restore.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import { WeirError } from '../src/model/error.ts';
import { handParts } from './hand.ts';

/**
 * Ends this node's leases on a member without broker and workers.
 * @throws WeirError when this host is none of the pool's nodes, or the hand could not.
 */
export async function restoreHere(config: WeirConfig, pool: PoolConfig, member: string, by: string): Promise<string> {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
  const node = Object.values(pool.members).find((one) => own.includes(one.address));
  if (node === undefined) {
    throw new WeirError('usage', `This host has no address of a node of pool ${pool.name}: run it on one of them.`);
  }
  const deps = { ...handParts(config, node.name), brokerNow: () => Date.now() };
  return restoreLocally(deps, { pool: pool.name, member, by });
}
