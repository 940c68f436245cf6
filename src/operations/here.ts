/** The node that this host is. */

import { networkInterfaces } from 'node:os';
import type { PoolConfig } from '../model/configuration/config.ts';

/** The member whose address this host has; undefined where it has none of them. */
export function nodeHere(pools: readonly Pick<PoolConfig, 'members'>[]): string | undefined {
  const own = ownAddresses();
  const members = pools.flatMap((pool) => Object.values(pool.members));
  return members.find(({ address }) => own.includes(address))?.name;
}

export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
}
