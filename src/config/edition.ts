/** The edition of a weir.yaml: workers with equal hashes decide alike. */

import { hashOf } from '../lib/audit/chain.ts';
import type { PolicyConfig, PollConfig, PoolConfig } from '../model/configuration/config.ts';
import type { Edition } from '../model/configuration/edition.ts';

/**
 * The edition for one pool. It leaves out secrets, the credentials that each host logs in with, interfaces, and windows of
 * other pools. The order of keys does not count. Pure.
 */
export function editionOf(pool: PoolConfig, policy: PolicyConfig, poll: PollConfig): Edition {
  const {
    redis: { database, probe },
    vrrp,
    members,
    ...rest
  } = pool;
  const { interface: __, auth: ___, ...instance } = vrrp;
  const nodes = Object.fromEntries(
    Object.entries(members).map(([name, { interface: ____, ...member }]) => [name, member]),
  );
  const windows = policy.maintenance.filter((window) => window.pool === undefined || window.pool === pool.name);
  // A key with the value that an older version implies is left out.
  const queues = { ...rest, ...(database !== undefined && { database }), ...(probe === 'read' && { probe }) };
  const all = [{ ...queues, vrrp: instance, members: nodes }, { ...policy, maintenance: windows }, poll];
  return { hash: hashOf(sorted(all)), mode: policy.mode };
}

/** The same value with the keys of its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([key, field]): [string, unknown] => [key, sorted(field)]);
  return Object.fromEntries(pairs.sort(([x], [y]) => (x < y ? -1 : 1)));
}
