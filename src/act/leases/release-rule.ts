/** The release rule: what Weir holds never keeps a pool from being served. Runs under the pool's lock. */

import type { Table } from '../../model/readings/reading.ts';
import type { NodePool } from '../node-pool.ts';
import type { PollView } from '../readings.ts';
import { endLeases, liveIds } from './end-leases.ts';

/** How long polls in a row must see that nobody serves, in ms. A single poll may be lost to a fork or a packet. */
const NOBODY_FOR_MS = 2_000;

/** VRRP states in which this node's table directs nobody. When the node becomes MASTER, its first polls look again. */
const DIRECTS_NOBODY: ReadonlySet<unknown> = new Set(['BACKUP', 'FAULT', 'INIT']);

/**
 * When nobody serves in this table any more and a member that Weir holds could, its leases are over at once. Passes no rail.
 *
 * A weighted member counts as out only where a look saw it not writable. One that was not looked at, or that lets
 * nobody look, may serve. Held members that take writes are let go. Where none is known to, those are let go that were
 * looked at and did not say: to hold them would be an outage caused by what Weir may not see. One that was not looked at waits
 * for the next poll. A member that is not in the table is not let go either: it can be given no weight there.
 */
export async function release(
  nodePool: NodePool,
  members: readonly string[],
  view: PollView,
  table: Table,
): Promise<void> {
  const weighted = Object.keys(table).filter((name) => table[name]?.listed === true && table[name].weight > 0);
  const isDirecting = !DIRECTS_NOBODY.has(view.director?.state);
  const forMs = nodePool.readings.unserved(isDirecting ? serves(weighted, view) : true);
  if (forMs < NOBODY_FOR_MS) return;

  const held = members.filter((name) => table[name]?.listed === true && liveIds(nodePool, name).length > 0);
  const writable = held.filter((name) => view.members[name]?.writable === true);
  const unknown = held.filter((name) => view.members[name]?.answering === true && !isKnown(name, view));
  const why = weighted.length === 0 ? 'no member has a weight' : `${weighted.join(', ')} cannot be written to`;
  for (const member of writable.length > 0 ? writable : unknown) {
    const seen = isKnown(member, view)
      ? 'is writable'
      : 'answers, and does not let this node see whether it is writable';
    const detail = `Nobody serves in this node's table (${why}) and ${member} ${seen}: Weir lets go of it.`;
    await endLeases(nodePool, { member, ids: liveIds(nodePool, member), how: { result: 'released', detail } });
  }
}

function isKnown(member: string, view: PollView): boolean {
  return view.members[member]?.writable !== undefined;
}

/** Whether one of these members takes writes; undefined where that is not known of one that may. */
function serves(weighted: readonly string[], view: PollView): boolean | undefined {
  if (weighted.some((name) => view.members[name]?.writable === true)) return true;
  return weighted.every((name) => isKnown(name, view)) ? false : undefined;
}
