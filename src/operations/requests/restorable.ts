/** A member whose weight a person gives back; also one that only another host's weir.yaml has. */

import type { Redis } from 'ioredis';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { restorableOf } from '../lookup.ts';
import { readPoolState } from '../stored.ts';

export interface Restorable {
  readonly pool: string;
  readonly member: string;
  /** @throws WeirError 'usage' where this weir.yaml has no such member, and the pool holds nothing of it. */
  check(redis: Redis): Promise<void>;
}

/** @throws WeirError 'usage' where no broker is needed to know that there is no such member. */
export function toRestore(config: WeirConfig, text: string): Restorable {
  try {
    const { pool, member } = restorableOf(config, text);
    return { pool: pool.name, member, check: async () => undefined };
  } catch (error) {
    const [pool = '', member = ''] = text.split('/');
    if (member === '' || !Object.hasOwn(config.pools, pool)) throw error;
    return {
      pool,
      member,
      async check(redis) {
        if (!(await isHeld(redis, pool, member))) throw error;
      },
    };
  }
}

/** Whether the pool holds the member, or a decision about it is open. What cannot be read a worker may know. */
async function isHeld(redis: Redis, pool: string, member: string): Promise<boolean> {
  const stored = await readPoolState(redis, pool);
  if (stored === undefined) return false;
  const { state } = stored;
  if (state === undefined) return true;
  const held = Object.values(state.leases).map((lease) => lease.member);
  const open = Object.values(state.open).map(({ decision }) => decision.target);
  return [...held, ...open].includes(member);
}
