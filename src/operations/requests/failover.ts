/** A person moves the VIP of a pool to another node. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { defined } from '../../lib/defined.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { HandoverWay } from '../../model/decisions/handover.ts';
import { WeirError } from '../../model/error.ts';
import { memberOf, poolOf } from '../lookup.ts';
import { readStatus } from '../views/status.ts';
import { askAndWait } from './submit.ts';
import { optionFor, type Person, requestTerms, type Submit, type Terms } from './terms.ts';

/** Longer than a takeover, and than a few polls that are late. In ms. */
const MASTER_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 200;

export interface FailoverWish extends Terms {
  readonly pool: string;
  /** The node that would take the VIP; absent: any that would. */
  readonly to?: string;
  /** How; Weir chooses where neither is said. */
  readonly soft?: boolean;
  readonly hard?: boolean;
}

/**
 * @throws WeirError 'usage' where there is no such pool or node, or the time or the reason is none. What it returns throws
 * 'refused' where no node has the VIP within five seconds.
 */
export function failover(config: WeirConfig, wish: FailoverWish, person: Person): Submit<Decision> {
  const pool = poolOf(config, wish.pool);
  const { to } = wish;
  if (to !== undefined) memberOf(config, `${pool.name}/${to}`);
  const request = {
    ...requestTerms(config, wish, person),
    pool: pool.name,
    action: 'failover' as const,
    ...defined({ to, way: wayOf(wish, person) }),
  };
  return async (redis) => askAndWait(redis, { ...request, target: await masterOf(redis, config, pool) });
}

function wayOf({ soft, hard }: FailoverWish, person: Person): HandoverWay | undefined {
  if (!soft || !hard) return soft ? 'soft' : hard ? 'hard' : undefined;
  const [softly, hardly] = [optionFor(person, 'soft'), optionFor(person, 'hard')];
  throw new WeirError('usage', `${softly} and ${hardly} are two ways: give one of them, or neither and Weir chooses.`);
}

/** The node that the VIP is to leave. A pool has none for a moment while the VIP moves, or while one poll is late. */
async function masterOf(redis: Redis, config: WeirConfig, { name }: PoolConfig): Promise<string> {
  const startedAt = performance.now();
  for (;;) {
    const { pools } = await readStatus(redis, config);
    const master = pools.find((pool) => pool.name === name)?.facts.pool.master;
    if (master) return master;
    if (performance.now() - startedAt > MASTER_WITHIN_MS) {
      throw new WeirError(
        'refused',
        `No fresh node of pool ${name} says that it is MASTER: nothing can be handed over.`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
}
