/** A Redis that turns its reader away, and what it says at the door. */

import type { Redis } from 'ioredis';
import { misunderstanding, wordAtTheDoor } from '../../lib/redis/door.ts';
import { doorOf, lastFault } from '../../lib/redis/guarded.ts';
import { lockedOutBy, refusalOfPushes } from '../../lib/redis/refusals.ts';
import { MEMBER_TLS, type TlsTrouble, tlsFaultOf } from '../../lib/redis/tls-faults.ts';
import type { MemberReading } from './member-signals.ts';
import type { QueueDepth } from './queues.ts';

/**
 * Asks the door why the connection did not come about; whichever question is answered first counts. `leftMs`: how long
 * this may take.
 * @throws AggregateError where nobody says anything, or nobody listens there.
 */
export async function askAtTheDoor(member: string, redis: Redis, leftMs: number): Promise<MemberReading> {
  const known = tlsFaultOf(lastFault(redis), MEMBER_TLS);
  if (known !== undefined) return tlsReading(member, known);
  const door = doorOf(redis);
  if (door === undefined) throw new Error('it has no door');
  return await Promise.any([
    wordAtTheDoor(door, leftMs).then((word) => {
      if (word === undefined) throw new Error('it says nothing');
      return refusedReading(member, word);
    }),
    misunderstanding(door, leftMs).then((error) => {
      const trouble = tlsFaultOf(error, MEMBER_TLS);
      if (trouble === undefined) throw new Error('it is no matter of TLS');
      return tlsReading(member, trouble);
    }),
  ]);
}

/** Nothing listens there: nobody stands at the door either. */
export function isNobody(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

/**
 * A server that refuses its reader does answer. What it refuses to producers as well is why it cannot be written; anything
 * else is Weir's own trouble, and whether a push would be accepted is not known.
 */
export function refusedReading(member: string, said: string, queues?: QueueDepth): MemberReading {
  const lockedOut = lockedOutBy(said);
  const refusal = refusalOfPushes(said);
  const sentence = said.split(/\.(?:\s|$)/)[0] ?? '';
  const redis = `Redis of member ${member}`;
  if (refusal !== undefined) {
    const signals = { answering: true, writable: false, refusal, locked_out: '' };
    return { signals, troubles: [`${redis} refuses INFO: ${sentence}.`] };
  }
  const depth = queues?.depth === undefined ? {} : { queue_depth: queues.depth };
  return { signals: { answering: true, locked_out: lockedOut ?? 'other', ...depth }, troubles: [troubleOf()] };

  function troubleOf(): string {
    if (lockedOut === 'password') return `${redis} refuses the password: set redis.password of the pool.`;
    const isDoor = lockedOut === 'maxclients' || lockedOut === 'protected-mode';
    return `${redis} ${isDoor ? 'turns every new connection away' : 'refuses INFO'}: ${sentence}.`;
  }
}

/** Also where its certificate is not to be trusted: producers may trust it all the same. */
function tlsReading(member: string, { seen, next }: TlsTrouble): MemberReading {
  return {
    signals: { answering: true, locked_out: 'tls' },
    troubles: [`Weir cannot speak with the Redis of member ${member}: ${seen}. ${next}`],
  };
}
