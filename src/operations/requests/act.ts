/** A person drains a member, sets its weight or gives it back. */

import type { WeirConfig } from '../../model/configuration/config.ts';
import { MAX_WEIGHT } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { Request } from '../../model/entries/requests.ts';
import { WeirError } from '../../model/error.ts';
import { memberOf } from '../lookup.ts';
import { toRestore } from './restorable.ts';
import { askAndWait } from './submit.ts';
import { type Person, requestTerms, type Submit, type Terms } from './terms.ts';

export interface ActWish extends Terms {
  readonly action: 'drain' | 'set_weight' | 'restore';
  /** `pool/member`, or a member alone where there is one pool. */
  readonly member: string;
  /** For set_weight: as it was written. */
  readonly weight?: number | string;
}

/** @throws WeirError 'usage' where there is no such member, or the weight, the time or the reason is none. */
export function act(config: WeirConfig, wish: ActWish, person: Person): Submit<Decision> {
  const { action, weight } = wish;
  const terms = requestTerms(config, wish, person);
  if (action === 'restore') {
    const { pool, member, check } = toRestore(config, wish.member);
    return async (redis) => {
      await check(redis);
      return askAndWait(redis, { ...terms, pool, action, target: member });
    };
  }
  const { pool, member } = memberOf(config, wish.member);
  const request: Request = {
    ...terms,
    pool: pool.name,
    action,
    target: member,
    ...(weight !== undefined && { weight: checkWeight(weight) }),
  };
  return (redis) => askAndWait(redis, request);
}

function checkWeight(written: number | string): number {
  const weight = Number(written);
  if (written !== '' && Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT) return weight;
  throw new WeirError(
    'usage',
    `${written || 'Nothing'} is no weight: a whole number from 0 to ${MAX_WEIGHT} is expected.`,
  );
}
