/** Who moves a member's producers, and when it is done: by its Redis where that answers, by the table where it does not. */

import type { Redis } from 'ioredis';
import { messageOf } from '../model/error.ts';
import { forgetRemoved } from './correct.ts';
import { intendedWeight, liveLeases, patch } from './leases.ts';
import type { Lock } from './lock.ts';
import { type Moved, moveByRedis, moveByTable, type NotMoved } from './moving.ts';
import { holdOf, noteHold, type PoolContext, rowOf } from './pool-context.ts';

/** keepalived's handover track file (src/track-file.ts), handed in. */
export interface HandoverFile {
  read(): Promise<number | undefined>;
  write(value: number): Promise<void>;
}

export interface PoolDesk extends PoolContext {
  readonly lock: Lock;
  /** A new connection to a member, with a command time-out; who asks for it ends it. */
  redis(member: string): Redis;
  readonly handover: HandoverFile;
  /** Takes an orphan VIP off the VRRP interface, and what directs behind it. Throws a WeirError. */
  removeOrphan(): Promise<void>;
  /** Why people forbid this node to act (hold-file.ts); undefined when nobody does. */
  hold(): Promise<string | undefined>;
  /** Leases whose producers are being moved right now by this process. */
  readonly moving: Set<string>;
  /** Decisions whose job has come to this process: it answers for itself, and is not done as a debt. */
  readonly arrived: Set<string>;
}

/**
 * Moves producers off a member when this node is the one that they come through. Redis is asked without the pool's lock:
 * it takes seconds, and the release rule must not wait for it. With a lease it stops as soon as that is over, and the
 * lease is marked as done. While it is not known who is MASTER the mark stays, and the next poll tries again.
 */
export async function moveProducers(
  desk: PoolDesk,
  input: { member: string; lease: string | undefined; signal: AbortSignal },
): Promise<Moved | NotMoved> {
  const { member, lease, signal } = input;
  const { pool } = desk;
  let isOver = true;
  try {
    if (lease !== undefined) desk.moving.add(lease);
    const state = desk.readings.director(desk.now())?.state;
    if (state === undefined) {
      isOver = lease === undefined;
      const detail = 'Nobody was moved: it is not known whether this node is MASTER.';
      return isOver ? { detail } : { detail: `${detail} As soon as it is they are.`, later: true };
    }
    if (state !== 'MASTER') return { detail: 'This node is not MASTER: no producer comes through it.' };

    const isAnswering = desk.readings.seen(member, desk.now())?.answering;
    if (isAnswering !== false) {
      const redis = desk.redis(member);
      const moved = await moveByRedis({ pool, member, redis, signal, wanted, repeat: lease !== undefined }).finally(
        () => redis.disconnect(),
      );
      if (moved !== undefined) return moved;
      // Of its own member only Redis can send producers off: the next poll knows whether it is silent or was slow.
      if (isAnswering === true && member === desk.node && lease !== undefined) {
        isOver = false;
        return {
          detail: `The Redis of ${member} was too slow to send its producers off; it is asked again.`,
          later: true,
        };
      }
    }
    if (lease === undefined) return { detail: `The Redis of ${member} does not answer: nobody was moved.` };
    return await desk.lock(() => moveSilent(desk, member, signal, wanted));
  } finally {
    if (lease !== undefined) {
      if (isOver) {
        await desk.lock(async () => {
          const hold = holdOf(desk, member);
          await noteHold(desk, member, hold && patch(hold, lease, { moving: false }));
        });
      }
      desk.moving.delete(lease);
    }
  }

  /** The weight must be 0 for as long as producers are moved, or they come back. */
  function wanted(): boolean {
    const hold = holdOf(desk, member);
    if (lease === undefined) return true;
    if (hold === undefined || hold.contested) return false;
    return intendedWeight(hold) === 0 && liveLeases(hold).some((one) => one.id === lease);
  }
}

async function moveSilent(desk: PoolDesk, member: string, signal: AbortSignal, wanted: () => boolean) {
  const { pool, ledger } = desk;
  const row = rowOf(await desk.lvs.read(pool), member);
  const stuck = row.activeConnections;
  // Its own TCP stack has these connections: the kernel here delivers to them whatever the table says.
  if (member === desk.node) {
    const detail = `${member} does not answer and is this node's own: its ${stuck} producers stay stuck until the VIP fails over.`;
    return { detail, moved: 0, stuck };
  }
  if (!wanted() || signal.aborted || !row.listed || row.weight !== 0) {
    return { detail: 'Its producers were not moved: the drain was taken back or cut off.', moved: 0, stuck };
  }
  try {
    return await moveByTable({
      pool,
      member,
      lvs: desk.lvs,
      signal,
      remember: (thresholds) =>
        ledger.write(pool.name, (record) => ({ ...record, removed: { ...record.removed, [member]: thresholds } })),
      forget: () => forgetRemoved(desk, member),
    });
  } catch (error) {
    return { detail: `Its producers were not moved: ${messageOf(error)}`, moved: 0, stuck };
  }
}
