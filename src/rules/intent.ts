import type { PoolConfig } from '../model/config.ts';
import type { Sweep } from '../model/reading.ts';

/**
 * Members whose row in this node's table is not what it should be, in the order of weir.yaml: missing, or at a weight
 * that neither weir.yaml nor a lease asks for, nor a step in which it is given back. One that takes no writes is keepalived's to take out, so it does not count.
 * undefined where the node has no table: not read, or a BACKUP under notify-swap.
 */
export function offIntent(
  pool: PoolConfig,
  { director, table, members, leases, raising }: Sweep,
): string[] | undefined {
  if (director?.lvs !== true || table === undefined) return undefined;
  return Object.values(pool.members)
    .filter(({ name, weight }) => {
      if (members[name]?.writable !== true) return false;
      const row = table[name];
      if (row === undefined || !row.listed) return true;
      if (row.weight === raising?.[name]) return false;
      const held = leases.filter((lease) => lease.member === name);
      return row.weight !== Math.min(held[0]?.base ?? weight, ...held.map((lease) => lease.weight));
    })
    .map(({ name }) => name);
}
