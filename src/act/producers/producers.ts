import { messageOf } from '../../model/error.ts';
import { forbidden } from '../admission.ts';
import { forgetRemoved } from '../leases/correct.ts';
import { leaseSetOf, noteLeaseSet, rowOf } from '../leases/lease-sets.ts';
import { intendedWeight, liveLeases, patch } from '../leases/leases.ts';
import type { NodePool } from '../node-pool.ts';
import { type Moved, moveByRedis, moveByTable, type NotMoved } from './move-producers.ts';

interface Move {
  readonly member: string;
  /** The lease that its producers are moved for; absent where they are moved once and for no lease. */
  readonly lease: string | undefined;
  readonly signal: AbortSignal;
  /** A person's force passes the hold file. */
  readonly force?: boolean;
}

/**
 * Moves producers off a member when this node is the one that they come through. Redis is asked without the pool's lock:
 * it takes seconds, and the release rule must not wait for it. With a lease it stops as soon as that is over, and the
 * lease is marked as done. While it is not known who is MASTER the mark stays, and the next poll tries again.
 */
export async function moveProducers(nodePool: NodePool, move: Move): Promise<Moved | NotMoved> {
  const { member, lease } = move;
  if (lease === undefined) return tryToMove(nodePool, move);
  nodePool.moving.add(lease);
  let isOver = true;
  try {
    const moved = await tryToMove(nodePool, move);
    isOver = !('later' in moved);
    return moved;
  } finally {
    if (isOver) await nodePool.lock(() => markMoved(nodePool, member, lease));
    nodePool.moving.delete(lease);
  }
}

async function markMoved(nodePool: NodePool, member: string, lease: string): Promise<void> {
  const leaseSet = leaseSetOf(nodePool, member);
  await noteLeaseSet(nodePool, member, leaseSet && patch(leaseSet, lease, { moving: false }));
}

async function tryToMove(nodePool: NodePool, move: Move): Promise<Moved | NotMoved> {
  const { member, lease, signal, force = false } = move;
  const { pool } = nodePool;
  const held = await forbidden(nodePool, force);
  if (held !== undefined) return notNow(move, `No producer was moved: ${held.detail}`);
  const state = nodePool.readings.director(nodePool.now())?.state;
  if (state === undefined) {
    const detail = 'No producer was moved: it is not known whether this node is MASTER.';
    return notNow(move, lease === undefined ? detail : `${detail} They are moved as soon as that is known.`);
  }
  if (state !== 'MASTER') return { detail: 'This node is not MASTER: no producer comes through it.' };

  const wanted = () => isWanted(nodePool, move);
  if (nodePool.readings.seen(member, nodePool.now())?.answering !== false) {
    const redis = nodePool.redis(member);
    const asked = { pool, member, redis, signal, wanted, repeat: lease !== undefined };
    const moved = await moveByRedis(asked).finally(() => redis.disconnect());
    if (moved !== undefined) return moved;
    // Only a poll knows whether it is silent or was slow; producers of one that answers are not reset.
    if (lease !== undefined) {
      return notNow(move, `The Redis of ${member} was too slow to end its producers' connections; it is asked again.`);
    }
  }
  if (lease === undefined) return { detail: `The Redis of ${member} does not answer: no producer was moved.` };
  return nodePool.lock(async () => {
    // Somebody may have made the file while this waited for the lock.
    const still = await forbidden(nodePool, force);
    if (still !== undefined) return notNow(move, `No producer was moved: ${still.detail}`);
    return moveSilent(nodePool, member, signal, wanted);
  });
}

/** With a lease it is tried again. */
function notNow({ lease }: Move, detail: string): NotMoved {
  return lease === undefined ? { detail } : { detail, later: true };
}

/** The weight must be 0 for as long as producers are moved, or they come back. */
function isWanted(nodePool: NodePool, { member, lease }: Move): boolean {
  if (lease === undefined) return true;
  const leaseSet = leaseSetOf(nodePool, member);
  if (leaseSet === undefined || leaseSet.contested) return false;
  return intendedWeight(leaseSet) === 0 && liveLeases(leaseSet).some(({ id }) => id === lease);
}

async function moveSilent(nodePool: NodePool, member: string, signal: AbortSignal, wanted: () => boolean) {
  const { pool, ledger } = nodePool;
  const row = rowOf(await nodePool.lvs.read(pool), member);
  if (!row.listed) return { detail: `No producer comes through this node to ${member}.`, moved: 0, stuck: 0 };
  const stuck = row.activeConnections;
  // Its own TCP stack has these connections: the kernel here delivers to them whatever the table says.
  if (member === nodePool.node) {
    const detail = `${member} does not answer and is this node's own: its ${stuck} producers stay stuck until the VIP fails over.`;
    return { detail, moved: 0, stuck };
  }
  if (!wanted() || signal.aborted || row.weight !== 0) {
    return { detail: 'Its producers were not moved: the drain was taken back or cut off.', moved: 0, stuck };
  }
  try {
    return await moveByTable({
      pool,
      member,
      lvs: nodePool.lvs,
      signal,
      remember: (thresholds) =>
        ledger.write(pool.name, (record) => ({ ...record, removed: { ...record.removed, [member]: thresholds } })),
      forget: () => forgetRemoved(nodePool, member),
    });
  } catch (error) {
    return { detail: `Its producers were not moved: ${messageOf(error)}`, moved: 0, stuck };
  }
}
