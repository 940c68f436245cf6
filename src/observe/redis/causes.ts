/** Why a Redis refuses pushes, as far as INFO shows it. Sources: files of Redis 7.0. */

import { type Info, isLoading, numberOf, partOf } from './info.ts';
import { isReadOnly } from './role.ts';

export interface Facts {
  /** With maxmemory and maxmemory_policy, where they could be learned. */
  readonly info: Info;
  /** Memory that counts against the limit; absent where INFO does not tell it. */
  readonly bytes?: number;
  /** The key of a queue holds something else than a list: right where it is a stream, and else every push to it fails. */
  readonly isNoList?: boolean;
}

export interface Cause {
  /** What a push is refused with. */
  readonly word: string;
  /** Pushes may meet it where the probe does not: they are bigger, and of another key. */
  readonly isOfPush?: boolean;
  /** A push is refused, without a doubt. */
  isCertain(facts: Facts): boolean;
  /** A push may be refused: what becomes of those that come tells. */
  isPossible(facts: Facts): boolean;
}

/** Over this share of the limit Redis may be full for what is pushed, or is so at times. */
const NEARLY_FULL = 0.95;

/** The first that is certain counts, in the order in which Redis asks (server.c, processCommand), but for the first two. */
export const CAUSES: readonly Cause[] = [
  {
    word: 'LOADING',
    isCertain: ({ info }) => isLoading(info),
    isPossible: () => false,
  },
  {
    // A replica asks none of what follows.
    word: 'READONLY',
    isCertain: ({ info }) => isReadOnly(info) === true,
    isPossible: () => false,
  },
  {
    word: 'OOM',
    isOfPush: true,
    isCertain: (facts) => (ratioOf(facts) ?? 0) > 1 && evictsNothing(facts.info),
    isPossible: (facts) => (ratioOf(facts) ?? 0) > NEARLY_FULL,
  },
  {
    // The snapshot's failure stops writes where stop-writes-on-bgsave-error is on, which INFO does not have.
    word: 'MISCONF',
    isCertain: ({ info }) => info.get('aof_enabled') === '1' && info.get('aof_last_write_status') === 'err',
    isPossible: ({ info }) => info.get('rdb_last_bgsave_status') === 'err',
  },
  {
    // INFO has the field where min-replicas-to-write is above 0, and not how far above.
    word: 'NOREPLICAS',
    isCertain: (facts) => goodReplicasOf(facts) === 0,
    isPossible: (facts) => goodReplicasOf(facts) !== undefined,
  },
  {
    word: 'PAUSED',
    isCertain: ({ info }) => /^(all|write)$/.test(info.get('paused_actions') ?? ''),
    isPossible: () => false,
  },
  {
    word: 'WRONGTYPE',
    isOfPush: true,
    isCertain: () => false,
    isPossible: ({ isNoList }) => isNoList === true,
  },
];

/** The share of Redis' own limit that is used; undefined without a limit, or where nobody knows. */
export function ratioOf({ info, bytes }: Facts): number | undefined {
  const maxmemory = numberOf(info, 'maxmemory');
  return bytes === undefined || !maxmemory ? undefined : bytes / maxmemory;
}

export function goodReplicasOf({ info }: Facts): number | undefined {
  return numberOf(info, 'min_slaves_good_slaves') ?? numberOf(info, 'min_replicas_good_replicas');
}

/** A policy that evicts keys which expire evicts nothing where none does (evict.c, performEvictions). */
function evictsNothing(info: Info): boolean {
  const policy = info.get('maxmemory_policy') ?? '';
  if (policy === 'noeviction') return true;
  const databases = [...info.keys()].filter((name) => /^db\d+$/.test(name));
  const expires = databases.map((name) => partOf(info, name, 'expires'));
  return policy.startsWith('volatile') && expires.length > 0 && expires.every((count) => count === 0);
}
