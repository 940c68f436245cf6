/** The holds on a pool as they stand now, and the names of rules that people may hold. */

import type { Redis } from 'ioredis';
import { brokerTime } from '../../broker/time/clock.ts';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import type { Hold } from '../../model/people/hold.ts';
import { holdsInForce } from '../../rules/findings/holds.ts';
import { freshSweeps } from '../../rules/state/state.ts';
import { readableRules } from '../rules-in-force.ts';
import { readPoolState } from '../stored.ts';

/** @throws what ioredis throws when the broker does not answer. */
export async function readHolds(
  redis: Redis,
  config: WeirConfig,
  pool: string,
): Promise<(Hold & { readonly pool: string })[]> {
  const [stored, now] = await Promise.all([readPoolState(redis, pool), brokerTime(redis, pool)]);
  const { state } = stored ?? {};
  if (state === undefined) return [];
  const fresh = freshSweeps(state, now, config.poll.staleAfterMs);
  const holds = holdsInForce({
    pool,
    policy: config.policy,
    holds: state.holds,
    fresh,
    now,
    calendarMs: state.calendarMs,
  });
  return holds.map((hold) => ({ ...hold, pool }));
}

/** Names of the rules in force; undefined where none are. */
export async function readRuleNames(redis: Redis): Promise<string[] | undefined> {
  return (await readableRules(redis))?.ruleSet.rules.map(({ name }) => name);
}

/** Checks that a rule is in force: a hold on a mistyped name would hold nothing. @throws WeirError 'usage' */
export async function checkRule(redis: Redis, name: string): Promise<void> {
  const names = await readRuleNames(redis);
  if (names === undefined || names.includes(name)) return;
  throw new WeirError('usage', `There is no rule ${name} in force${didYouMean(name, names) || '.'}`);
}
