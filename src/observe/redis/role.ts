/** What a member's role means for writes, in the words of each fork. Pure. */

import type { Info } from './info.ts';

/** Dragonfly says `replica` (server_family.cc), KeyDB `active-replica` where it takes writes of its own (server.cpp). */
const REPLICAS: ReadonlySet<string | undefined> = new Set(['slave', 'replica', 'active-replica']);

/** Whether it refuses writes with READONLY; undefined where INFO has no role, or a word that is none of these. */
export function isReadOnly(info: Info): boolean | undefined {
  const role = info.get('role');
  if (role === 'master') return false;
  // Who accepts writes as a replica says so, of whatever kind it is (`replica-read-only no`).
  return REPLICAS.has(role) ? info.get('slave_read_only') !== '0' : undefined;
}
