/** Tells whether a member takes writes by its role, in the words of each fork. Pure. */

import type { Info } from './info.ts';

/** Dragonfly says `replica` (server_family.cc), KeyDB `active-replica` where it takes writes of its own (server.cpp). */
const REPLICAS: ReadonlySet<string | undefined> = new Set(['slave', 'replica', 'active-replica']);

/** Whether writes are refused with READONLY; undefined where INFO has no role, or an unknown word for it. */
export function isReadOnly(info: Info): boolean | undefined {
  const role = info.get('role');
  if (role === 'master') return false;
  // A replica of any kind that takes writes says so (`replica-read-only no`).
  return REPLICAS.has(role) ? info.get('slave_read_only') !== '0' : undefined;
}
