/** Moving a member's producers to the others, when its weight is 0 in the table that they go through. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { hearRefusals, isReply } from '../../lib/redis/refusals.ts';
import { CommandError } from '../../lib/run-program.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { endpoint } from '../lvs/address.ts';
import { realServerOf, type Thresholds } from '../lvs/ipvsadm-arguments.ts';
import type { Lvs } from '../lvs/lvs.ts';
import { shedClients } from './clients.ts';

/**
 * How long a member stays out of the table so that the kernel forgets its connections, in ms. It does so by a delayed
 * work one jiffy later (ip_vs_ctl.c, expire_nodest_conn_handler; before Linux 5.9 only when a packet comes). Measured on
 * 6.1: added again at once the member has all its connections back, after 50 ms none.
 */
const FORGET_MS: readonly number[] = [100, 1_000];

export interface Moved {
  /** One sentence for people. */
  readonly detail: string;
  readonly moved: number;
  /** Producers that are still on the member and cannot be moved from here. */
  readonly stuck: number;
}

/** No producer was moved. `later`: the next poll tries again. */
export interface NotMoved {
  readonly detail: string;
  readonly later?: true;
}

export interface MoveInput {
  readonly pool: PoolConfig;
  readonly member: string;
  readonly redis: Redis;
  readonly signal: AbortSignal;
  /** False as soon as the action has been taken back. */
  readonly wanted: () => boolean;
}

/**
 * Ends the producers' connections at the member itself.
 * @returns undefined when the member gave no answer. Throws a WeirError when it refuses: that is an answer.
 */
export async function moveByRedis(input: MoveInput & { readonly repeat: boolean }): Promise<Moved | undefined> {
  const { pool, member } = input;
  if (pool.lvs.forwarding === 'nat') {
    throw new WeirError('refused', `Behind NAT the Redis of ${member} cannot tell producers from other clients.`);
  }
  const refusal = hearRefusals(input.redis);
  try {
    // Made for this one occasion: its first command would be refused while it connects.
    if (input.redis.status === 'wait' || input.redis.status === 'end') await input.redis.connect();
    const vip = endpoint(pool.vip.address, pool.vip.port);
    const { moved, left, cutOff } = await shedClients({ ...input, vip });
    const rest = cutOff ? ` ${left} were left when it was cut off.` : '';
    const who = moved === 1 ? '1 producer was' : `${moved} producers were`;
    return { moved, stuck: left, detail: `${who} moved off ${member}.${rest}` };
  } catch (error) {
    const refused = error instanceof WeirError || isReply(error) ? error : refusal();
    if (refused === undefined) return undefined;
    const words = messageOf(refused).replace(/\.$/, '');
    throw new WeirError('system', `The Redis of ${member} does not let Weir end its clients: ${words}.`, {
      cause: refused,
    });
  }
}

/**
 * Takes the member out of the table and adds it again at weight 0: the next packet of each of its connections gets a
 * reset. `remember` must be on disk before it returns (a crash in between leaves the member out), `forget` follows.
 */
export async function moveByTable(input: {
  readonly pool: PoolConfig;
  readonly member: string;
  readonly lvs: Lvs;
  readonly signal: AbortSignal;
  readonly remember: (thresholds: Thresholds) => Promise<void>;
  readonly forget: () => Promise<void>;
}): Promise<Moved> {
  const { pool, member, lvs, signal } = input;
  const place = realServerOf(pool, member);
  const before = await activeConnections();
  let left = before;
  if (before === 0)
    return { moved: 0, stuck: 0, detail: `${member} does not answer, and no producer is connected to it.` };
  // Once: each ipvsadm is a fork, and producers wait.
  const thresholds = await lvs.thresholds(place);
  for (const waitMs of FORGET_MS) {
    if (left === 0 || signal.aborted) break;
    await input.remember(thresholds);
    try {
      await lvs.remove(place);
    } catch (error) {
      // Where the kernel said no, keepalived was faster: nobody puts back what it took out. An ipvsadm that its time-out cut off
      // may have taken the member out: then it stays written down, to be put back.
      const saidNo = error instanceof CommandError && error.exitCode !== undefined;
      if (saidNo || (await lvs.read(pool))[member]?.listed === true) await input.forget();
      throw error;
    }
    await sleep(waitMs);
    // From here on the member is out of the table: the next poll adds it again if this does not.
    await lvs.add(place, 0, thresholds);
    await input.forget();
    left = await activeConnections();
  }
  const rest = left > 0 ? ` ${left} are still there.` : '';
  return {
    moved: before - left,
    stuck: left,
    detail: `${member} does not answer: it was taken out of the table and added again at weight 0, which resets ${before - left} connections.${rest}`,
  };

  async function activeConnections(): Promise<number> {
    return (await lvs.read(pool))[member]?.activeConnections ?? 0;
  }
}
