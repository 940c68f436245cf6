/** The causes by which a Redis refuses pushes, as far as INFO shows them. Sources: files of Redis 7.0. */

import { type Info, isLoading, numberOf, partOf } from '../info.ts';
import { isReadOnly } from '../role.ts';

export interface Facts {
  /** With maxmemory and maxmemory_policy, where they could be learned. */
  readonly info: Info;
  /** Memory that counts against the limit; absent where INFO does not tell it. */
  readonly bytes?: number;
  /** The key of a queue holds no list. A stream may be meant; anything else makes every push to it fail. */
  readonly isNoList?: boolean;
}

export interface Cause {
  /** The first word of the error with which a push is refused. */
  readonly word: string;
  /** Pushes may meet this cause where the probe does not: they are bigger, and go to another key. */
  readonly isOfPush?: boolean;
  /** Whether pushes are refused, without a doubt. */
  isCertain(facts: Facts): boolean;
  /** Whether pushes may be refused: what becomes of the next ones tells. */
  isPossible(facts: Facts): boolean;
}

/** Over this share of the limit Redis may be full for what is pushed, or is full at times. */
const NEARLY_FULL = 0.95;

/** The first that is certain counts. From the third on, the order is that in which Redis asks (server.c, processCommand). */
export const CAUSES: readonly Cause[] = [
  {
    word: 'LOADING',
    isCertain: ({ info }) => isLoading(info),
    isPossible: () => false,
  },
  {
    // A replica does not ask about any cause below.
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
    // A failed snapshot stops writes where stop-writes-on-bgsave-error is on. INFO does not have that setting.
    word: 'MISCONF',
    isCertain: ({ info }) => info.get('aof_enabled') === '1' && info.get('aof_last_write_status') === 'err',
    isPossible: ({ info }) => info.get('rdb_last_bgsave_status') === 'err',
  },
  {
    // INFO has this field where min-replicas-to-write is above 0, and does not say how far above.
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

/** Returns the used share of Redis' own limit; undefined where there is no limit, or it is not known. */
export function ratioOf({ info, bytes }: Facts): number | undefined {
  const maxmemory = numberOf(info, 'maxmemory');
  return bytes === undefined || !maxmemory ? undefined : bytes / maxmemory;
}

export function goodReplicasOf({ info }: Facts): number | undefined {
  return numberOf(info, 'min_slaves_good_slaves') ?? numberOf(info, 'min_replicas_good_replicas');
}

/** A policy that evicts keys with an expiry evicts nothing where no key has one (evict.c, performEvictions). */
function evictsNothing(info: Info): boolean {
  const policy = info.get('maxmemory_policy') ?? '';
  if (policy === 'noeviction') return true;
  const databases = [...info.keys()].filter((name) => /^db\d+$/.test(name));
  const expires = databases.map((name) => partOf(info, name, 'expires'));
  return policy.startsWith('volatile') && expires.length > 0 && expires.every((count) => count === 0);
}
