import type { PoolConfig } from '../../model/configuration/config.ts';
import type { Sweep } from '../../model/readings/reading.ts';

/**
 * Members whose row in this node's table is not what it should be, in the order of weir.yaml. Such a row is missing, or at
 * a weight that neither weir.yaml, nor a lease, nor the step of a raise asks for. A member that takes no writes does not
 * count: keepalived takes it out.
 * @returns undefined where the node has no table: not read, or a BACKUP under notify-swap.
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
