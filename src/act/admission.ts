/**
 * What a lease passes before the table is looked at, whether a job brings it or the pool desires it: the node's hold file,
 * its time, its end, the fence, the node's budget. The pre-flight follows in `takeLease`. There is no other way to a lease, so a desired lease
 * is refused for whatever its job is refused for. Runs under the pool's lock.
 */

import { formatDuration } from '../model/duration.ts';
import type { EntryId } from '../model/ids.ts';
import type { Done } from './done.ts';
import { recordOf } from './leases/lease-sets.ts';
import { heardNow, type NodePool } from './node-pool.ts';
import { overBudget } from './takings.ts';

/** A text that is no entry id would pass any comparison. */
const ENTRY_ID = /^\d+-\d+$/;

export type CutOff = Pick<Done, 'result' | 'detail'>;

/** What somebody wants of this node. */
export interface Claim {
  /** Who brings it, for people. */
  readonly bringer: 'job' | 'desired lease';
  /** The decision, and the lease that it takes. */
  readonly id: string;
  /** The entry that it was decided on, or desired on last; absent where an older worker did not say. */
  readonly entryId?: EntryId | undefined;
  /** Broker time in ms. */
  readonly expiresAt: number;
  /** A person's force passes the hold file. */
  readonly force: boolean;
}

/** Why it must not be done any more. Goes by the clock and not by a timer: when a process was stopped, its timers are late too. */
export function cutOff(
  nodePool: NodePool,
  { bringer, expiresAt }: Claim,
  signal: AbortSignal,
  now = nodePool.now(),
): CutOff | undefined {
  const lateMs = now - expiresAt;
  if (lateMs > 0) return { result: 'expired', detail: `The ${bringer} came ${formatDuration(lateMs)} too late.` };
  return signal.aborted ? { result: 'failed', detail: 'Cut off before anything was touched.' } : undefined;
}

/** Why the hold file forbids this node to take weight or the VIP away; undefined where it does not. */
export async function forbidden(nodePool: NodePool, force: boolean): Promise<Done | undefined> {
  const verdict = nodePool.rails.holdFile({ hold: await nodePool.holdFile(), force });
  return verdict.pass ? undefined : refused(nodePool, `${verdict.rail}: ${verdict.sentence}`);
}

/** Everything that can be said before the table is looked at; undefined where nothing stands in the way. */
export async function refusal(nodePool: NodePool, claim: Claim, signal: AbortSignal): Promise<Done | undefined> {
  const held = await forbidden(nodePool, claim.force);
  if (held !== undefined) return held;
  const cut = cutOff(nodePool, claim, signal);
  if (cut !== undefined) return { ...cut, at: nodePool.now() };
  return overtaken(nodePool, claim) ?? overBudget(nodePool);
}

/** What this node remembers of it, and of what came after it. */
export function overtaken(nodePool: NodePool, { id, entryId }: Claim): Done | undefined {
  const record = recordOf(nodePool);
  const gone = record.ended[id];
  if (gone !== undefined) return refused(nodePool, `Its lease is over already: ${gone.detail}`);
  if (entryId === undefined || !ENTRY_ID.test(entryId)) {
    return refused(nodePool, 'The desired lease names no entry: a worker of another version wrote it.');
  }
  const verdict = nodePool.rails.fence({ entryId, highest: record.fence, now: heardNow(nodePool) });
  return verdict.pass ? undefined : refused(nodePool, `${verdict.rail}: ${verdict.sentence}`);
}

function refused(nodePool: NodePool, detail: string): Done {
  return { result: 'refused', detail, at: nodePool.now() };
}
