/** Asks a member seldom for more than INFO and LLEN. A question without an answer costs only its own figures. */

import type { Redis } from 'ioredis';
import { isReply } from '../../lib/redis/refusals.ts';
import { within } from '../../lib/within.ts';

/** The time between two questions of one kind, in ms. */
export const SELDOM_MS = 30_000;

/** A question has this share of what is left of poll.timeout: the reading itself must still be done in time. */
const SHARE = 0.9;

export interface Asker {
  readonly redis: Redis;
  /** Drops the connection of a peer that did not answer, so that the next poll has a new one. */
  readonly dropSilent: (redis: Redis) => void;
}

/**
 * Asks one question. A question that stays open would hold up the next one on this connection, so the connection is dropped
 * when the command's own time-out is over (see connectWatched), and not before.
 * @param leftMs what is left of poll.timeout.
 * @throws ReplyError with which Redis refuses it, and Error where no answer came in time.
 */
export async function askAside(
  { redis, dropSilent }: Asker,
  leftMs: number,
  ...[command, ...args]: readonly [string, ...string[]]
): Promise<unknown> {
  if (leftMs <= 0) throw new Error('no time is left');
  const asked = redis.call(command, ...args);
  asked.catch((error: unknown) => {
    if (!isReply(error)) dropSilent(redis);
  });
  return await within(asked, leftMs * SHARE);
}

/** Says why a question has no answer that can be used. @param refused stands before Redis' own words. */
export function whyNone(question: string, error: unknown, refused = ''): string {
  return isReply(error) ? refused + error.message.replace(/\.$/, '') : `${question} got no answer`;
}
