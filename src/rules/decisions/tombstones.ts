/**
 * Tombstones: what the pool remembers of leases that are over. An end is remembered for a day longer than the lease would
 * have lived, because a director that was away, with the lease in its file, must not bring it back.
 */

import { ENDED_KEPT_MS } from '../../model/decisions/action.ts';
import { entryTime } from '../../model/ids.ts';
import type { LeaseView } from '../../model/readings/reading.ts';
import type { Draft } from '../state/draft.ts';

/** A node that shows an ended lease has missed its job and is asked again: at first after 5 s, later every 5 min. In ms. */
const ASK_AGAIN_MS = 5_000;
const ASK_AGAIN_AT_MOST_MS = 300_000;

/** Remembers that a lease is over now. */
export function bury(draft: Draft, { id, until }: { readonly id: string; readonly until: number }): void {
  draft.ended[id] = draft.now;
  draft.tombstones[id] = { keptUntil: Math.max(until, draft.now) + ENDED_KEPT_MS, asked: {} };
}

export function forgetTombstones(draft: Draft): void {
  for (const [id, endedAt] of Object.entries(draft.ended)) {
    // An earlier version remembered the end without a tombstone.
    const keptUntil = draft.tombstones[id]?.keptUntil ?? endedAt + ENDED_KEPT_MS;
    if (draft.now <= keptUntil) continue;
    delete draft.ended[id];
    delete draft.tombstones[id];
  }
}

/**
 * Whether a node that shows a lease that is over is to be asked again to end it. A node that reports the lease as kept knows
 * of the end, and ends it as soon as it sees the member writable. As long as a node shows the lease, its end is remembered.
 */
export function asksAgain(draft: Draft, node: string, { id, until, kept }: LeaseView, seenAt: number): boolean {
  const endedAt = draft.ended[id] ?? draft.now;
  const stone = draft.tombstones[id] ?? { keptUntil: 0, asked: {} };
  const keptUntil = Math.max(stone.keptUntil, Math.max(until, draft.now) + ENDED_KEPT_MS);
  const { count, at } = stone.asked[node] ?? { count: 0, at: endedAt };
  const isDue = kept !== true && seenAt > at + Math.min(ASK_AGAIN_MS * 2 ** count, ASK_AGAIN_AT_MOST_MS);
  const asked = isDue ? { ...stone.asked, [node]: { count: count + 1, at: draft.now } } : stone.asked;
  draft.tombstones[id] = { keptUntil, asked };
  return isDue;
}

/**
 * Whether an unknown lease may be one that the broker has lost. Every version remembers the ends of the last day, so a young
 * lease was lost. An older lease was lost where its beginning is forgotten too; else it was ended, and the end is forgotten.
 */
export function mayBeLost(draft: Draft, { id }: LeaseView): boolean {
  const bornAt = entryTime(id);
  if (draft.now - bornAt < ENDED_KEPT_MS) return true;
  return draft.state.forgotten.some(({ from, to }) => from <= bornAt && bornAt <= to);
}
