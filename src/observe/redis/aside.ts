/** What a member is asked for beside INFO and LLEN, seldom: what does not come costs only its own figures. */

import type { Redis } from 'ioredis';
import { isReply } from '../../lib/redis/refusals.ts';
import { within } from '../../lib/within.ts';

/** Between two of the same question, in ms. */
export const SELDOM_MS = 30_000;

/** Of what is left of poll.timeout: the reading itself must still be through in time. */
const SHARE = 0.9;

export interface Asker {
  readonly redis: Redis;
  /** Drops the connection of a peer that did not answer, so that the next poll has a new one. */
  readonly dropSilent: (redis: Redis) => void;
}

/**
 * Asks one question. What is asked next on this connection would wait behind one that stays open: the connection is dropped
 * when the command's own time-out is over (see connectWatched), and not before.
 * @param leftMs of poll.timeout.
 * @throws ReplyError with which Redis refuses it, and Error where no answer came, or none in time.
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

/** What became of a question that got no answer to go by. @param refused how Redis' own words are led up to. */
export function whyNone(question: string, error: unknown, refused = ''): string {
  return isReply(error) ? refused + error.message.replace(/\.$/, '') : `${question} got no answer`;
}
