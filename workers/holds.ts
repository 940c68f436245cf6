/** What `weir pause` and `weir resume` need to know: the holds on a pool as they stand now, the rules in force. */

import type { Redis } from 'ioredis';
import { readAgreed } from '../src/broker/rules.ts';
import { readState } from '../src/broker/store.ts';
import type { WeirConfig } from '../src/model/config.ts';
import { WeirError } from '../src/model/error.ts';
import type { Hold } from '../src/model/hold.ts';
import { didYouMean } from '../src/nearest.ts';
import { holdsInForce } from '../src/rules/holds.ts';
import { checkRules } from '../src/rules/load.ts';
import { freshSweeps, NOTHING_REMEMBERED, type PoolState } from '../src/rules/state.ts';

/** @throws what ioredis throws when the broker does not answer. */
export async function readHolds(
  redis: Redis,
  config: WeirConfig,
  pool: string,
): Promise<(Hold & { readonly pool: string })[]> {
  const [stored, [seconds]] = await Promise.all([readState(redis, pool), redis.time()]);
  if (stored === undefined) return [];
  const state: PoolState = { ...NOTHING_REMEMBERED, ...(JSON.parse(stored.json) as PoolState) };
  const now = Number(seconds) * 1_000;
  const fresh = freshSweeps(state, now, config.poll.staleAfterMs);
  const holds = holdsInForce({ pool, policy: config.policy, holds: state.holds, fresh, now });
  return holds.map((hold) => ({ ...hold, pool }));
}

/** Names of the rules in force; undefined when none are yet. */
export async function readRuleNames(redis: Redis): Promise<string[] | undefined> {
  const agreed = await readAgreed(redis);
  return agreed === undefined ? undefined : checkRules(agreed.texts).ruleSet?.rules.map(({ name }) => name);
}

/** A hold on a rule whose name is mistyped would hold nothing. @throws WeirError 'usage' */
export async function checkRule(redis: Redis, name: string): Promise<void> {
  const names = await readRuleNames(redis);
  if (names === undefined || names.includes(name)) return;
  throw new WeirError('usage', `There is no rule ${name} in force${didYouMean(name, names) || '.'}`);
}
