/** Producers of a member that answers, told from its other clients and ended in batches. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { WeirError } from '../../model/error.ts';

/** All producers reconnect at once when they are all ended at once (docs/hazards.md#t22): a batch a second. */
const BATCH_INTERVAL_MS = 1_000;
const BATCH_SHARE = 0.1;
const MIN_BATCH = 50;

/** After this long producers that are still there are left alone, in ms. */
const MAX_SHED_MS = 20_000;

/**
 * The ids of clients that came through the VIP, from `CLIENT LIST`: on a real server behind direct routing the local
 * address of such a connection is the VIP, whereas consumers and monitors come by the member's own address.
 * @param vip `address:port` as `endpoint` writes it.
 * @returns undefined when the list has no local addresses (Redis before 6.2).
 */
export function clientsThrough(vip: string, clientList: string): string[] | undefined {
  const lines = clientList.split('\n').filter((line) => line.trim() !== '');
  const ids: string[] = [];
  for (const line of lines) {
    const fields = new Map(line.trim().split(' ').map(toField));
    const local = fields.get('laddr');
    if (local === undefined) return undefined;
    const id = fields.get('id');
    if (local === vip && id !== undefined && /^\d+$/.test(id)) ids.push(id);
  }
  return ids;
}

function toField(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** How many connections are ended at a time when there are `count`. */
export function batchSize(count: number): number {
  return Math.max(MIN_BATCH, Math.ceil(count * BATCH_SHARE));
}

export interface Shed {
  readonly moved: number;
  /** Connections through the VIP that were still there at the end. */
  readonly left: number;
  /** It was stopped while producers were left. */
  readonly cutOff: boolean;
}

/**
 * Ends the connections that came through the VIP, a batch a second. With `repeat` it goes on until none returns, for a
 * member that gets no new ones; without, every connection that was there at the start is ended once, wherever its
 * producer lands. Throws what the connection throws; `wanted` is asked before every batch.
 */
export async function shedClients(input: {
  readonly redis: Redis;
  readonly vip: string;
  readonly repeat: boolean;
  readonly signal: AbortSignal;
  readonly wanted: () => boolean;
  readonly monotonic?: () => number;
}): Promise<Shed> {
  const { redis, vip, repeat, signal, wanted } = input;
  const monotonic = input.monotonic ?? (() => performance.now());
  const deadline = monotonic() + MAX_SHED_MS;
  let moved = 0;
  let ids = await list();
  const size = batchSize(ids.length);

  while (ids.length > 0) {
    if (signal.aborted || !wanted() || monotonic() >= deadline) return { moved, left: ids.length, cutOff: true };
    moved += await kill(redis, ids.slice(0, size));
    ids = repeat ? await list() : ids.slice(size);
    if (ids.length > 0) await pause(signal);
  }
  return { moved, left: 0, cutOff: false };

  async function list(): Promise<string[]> {
    const producers = clientsThrough(vip, String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal')));
    if (producers !== undefined) return producers;
    throw new WeirError('system', 'Redis older than 6.2 does not say which clients came through the VIP.');
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(BATCH_INTERVAL_MS, undefined, { signal });
  } catch {
    // Aborted: the loop sees the signal.
  }
}

async function kill(redis: Redis, ids: readonly string[]): Promise<number> {
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.call('CLIENT', 'KILL', 'ID', id);
  const replies = (await pipeline.exec()) ?? [];
  let killed = 0;
  for (const [error, count] of replies) {
    if (error !== null) throw error;
    killed += Number(count);
  }
  return killed;
}
