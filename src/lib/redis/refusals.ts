/** What a Redis says when it refuses: whom that concerns, and how it is heard at all. */

import type { Redis } from 'ioredis';

/** What keeps Weir out: what it refuses, or the door at which every new connection is turned away. */
export type LockedOut = 'password' | 'permission' | 'command' | 'maxclients' | 'protected-mode' | 'tls' | 'other';

/** Redis itself said this, and not the client of a time-out or of a connection that is gone. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** What a refusal tells of. */
interface Refusal {
  /** What Redis said, without the `-` in front. */
  readonly says: RegExp;
  /** `member`: a push is refused with the same word. Anything else keeps out whoever asked, and nobody else. */
  readonly tellsOf: 'member' | LockedOut;
  /** The word that later versions have for it, where an old one says only ERR. */
  readonly word?: string;
  /** Where it comes from: a file of Redis 7.0, or whose it is. */
  readonly source: string;
}

/**
 * The first that fits counts; what is not here tells nothing of anybody (`other`). Every word that Redis 2.4 to 8.0 and
 * Valkey 7.2 to 8.0 answer with is in it (test/lib/redis/error-words.ts has them, by version).
 */
export const REFUSALS: readonly Refusal[] = [
  { says: /^OOM /, tellsOf: 'member', source: 'server.c, processCommand' },
  { says: /^MISCONF /, tellsOf: 'member', source: 'server.c, writeCommandsDeniedByDiskError' },
  { says: /^NOREPLICAS /, tellsOf: 'member', source: 'server.c, checkGoodReplicasStatus' },
  { says: /^READONLY /, tellsOf: 'member', source: 'server.c, a replica that is read only' },
  { says: /^MASTERDOWN /, tellsOf: 'member', source: 'server.c, replica-serve-stale-data no' },
  { says: /^LOADING /, tellsOf: 'member', source: 'server.c, it reads its files' },
  { says: /^BUSY /, tellsOf: 'member', source: 'server.c, a script or module runs' },
  { says: /^CLUSTERDOWN /, tellsOf: 'member', source: 'cluster.c, getNodeByQuery' },
  { says: /^MOVED /, tellsOf: 'member', source: 'cluster.c, getNodeByQuery: the slot is on another node' },
  { says: /^ASK /, tellsOf: 'member', source: 'cluster.c, getNodeByQuery: the slot leaves, and this key is not there' },
  // To a command of one key, as all of Weir's are, only for the whole slot.
  { says: /^TRYAGAIN /, tellsOf: 'member', source: 'cluster.c: the slot is on its way; Redis 8.4: it is trimmed' },
  { says: /^REDIRECT /, tellsOf: 'member', source: 'server.c of Valkey 8: a replica, to clients that ask for that' },
  { says: /^ERR command not allowed when used memory/, tellsOf: 'member', word: 'OOM', source: 'redis.c of 2.4' },
  { says: /^ERR link with MASTER is down/, tellsOf: 'member', word: 'MASTERDOWN', source: 'redis.c of 2.4' },
  { says: /^(NOAUTH|WRONGPASS) /, tellsOf: 'password', source: 'acl.c, since 6.0' },
  { says: /invalid password/i, tellsOf: 'password', source: 'AUTH before 6.0' },
  { says: /operation not permitted/i, tellsOf: 'password', source: 'every command before 2.8 that lacks AUTH' },
  { says: /^NOPERM /, tellsOf: 'permission', source: 'acl.c' },
  { says: /^DENIED /, tellsOf: 'protected-mode', source: 'networking.c, at the door' },
  { says: /max number of clients/i, tellsOf: 'maxclients', source: 'networking.c, at the door' },
  { says: /unknown (sub)?command/i, tellsOf: 'command', source: 'server.c: renamed, too old, or a proxy' },
  { says: /wrong number of arguments|syntax error/i, tellsOf: 'command', source: 'server.c' },
  // A queue of another type is read from LLEN (src/observe/redis/queues.ts), for the probe has a key of its own.
  { says: /^WRONGTYPE /, tellsOf: 'other', source: 'object.c, checkType: of one key' },
  { says: /^CROSSSLOT /, tellsOf: 'other', source: 'cluster.c, getNodeByQuery: of several keys, a push has one' },
  { says: /^(NOSCRIPT|NOTBUSY|UNKILLABLE) /, tellsOf: 'other', source: 'script.c: EVALSHA, SCRIPT KILL' },
  { says: /^EXECABORT /, tellsOf: 'other', source: 'multi.c: EXEC' },
  { says: /^UNBLOCKED /, tellsOf: 'other', source: 'blocked.c: a take that waited' },
  { says: /^NOPROTO /, tellsOf: 'other', source: 'networking.c: HELLO' },
  { says: /^NOSUB /, tellsOf: 'other', source: 'server.c of Valkey 8: UNSUBSCRIBE' },
  { says: /^(BUSYKEY|IOERR) /, tellsOf: 'other', source: 'cluster.c: RESTORE, MIGRATE' },
  { says: /^NOMASTERLINK /, tellsOf: 'other', source: 'replication.c: PSYNC' },
  { says: /^(BUSYGROUP|NOGROUP) /, tellsOf: 'other', source: 't_stream.c' },
  { says: /^INVALIDOBJ /, tellsOf: 'other', source: 'hyperloglog.c' },
  { says: /^DISABLED /, tellsOf: 'other', source: 'config.c of 5.0: CONFIG SET' },
  { says: /^(INPROG|NOGOODSLAVE|NOQUORUM|IDONTKNOW) /, tellsOf: 'other', source: 'sentinel.c: no pool member at all' },
];

function refusalIn(said: string): Refusal | undefined {
  return REFUSALS.find(({ says }) => says.test(said));
}

/**
 * What keeps whoever asked out, of the words of a refusal; undefined where producers are refused as well. At the door
 * (networking.c, acceptCommonHandler) those who are inside go on: it says nothing of them.
 */
export function lockedOutBy(said: string): LockedOut | undefined {
  const tellsOf = refusalIn(said)?.tellsOf ?? 'other';
  return tellsOf === 'member' ? undefined : tellsOf;
}

/** The word with which pushes are refused as well (`OOM`, `LOADING`); undefined where a refusal says nothing of them. */
export function refusalOfPushes(said: string): string | undefined {
  const refusal = refusalIn(said);
  return refusal?.tellsOf === 'member' ? (refusal.word ?? said.split(' ')[0]) : undefined;
}

/**
 * Hears what a connection is refused with while it is made: that comes as an event, and what is thrown then is only that
 * there is no connection.
 * @returns the last one; undefined where it is older than `since` (by performance.now()), or was let in after it.
 */
export function hearRefusals(redis: Redis): (since?: number) => Error | undefined {
  let last: { readonly error: Error; readonly at: number } | undefined;
  redis.on('error', (error: unknown) => {
    if (isReply(error)) last = { error, at: performance.now() };
  });
  // It is let in.
  redis.on('ready', () => {
    last = undefined;
  });
  return (since = 0) => (last !== undefined && last.at >= since ? last.error : undefined);
}
