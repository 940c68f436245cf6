/** People forbid Weir to act, and let it act again. Watching and telling go on. */

import type { WeirConfig } from '../../model/configuration/config.ts';
import { formatDuration } from '../../model/duration.ts';
import { MAX_HOLD_MS, scopeInWords } from '../../model/people/hold.ts';
import { scopeOf } from '../lookup.ts';
import { checkRule, readHolds } from '../views/holds.ts';
import { sayAndWait } from './say.ts';
import { checkLimited, commandFor, type Limited, type Person, type Submit } from './terms.ts';

export interface PauseWish extends Limited {
  /** As people write it (SCOPE_HELP). */
  readonly scope: string;
}

/**
 * @throws WeirError 'usage' where there is no such scope, or the time or the reason is none. What it returns throws 'usage'
 * where there is no such rule in force.
 * @returns what was done, in a sentence.
 */
export function pause(config: WeirConfig, wish: PauseWish, person: Person): Submit<string> {
  checkLimited(wish, { command: 'pause', maxMs: MAX_HOLD_MS }, person);
  const { scope, pools } = scopeOf(config, wish.scope);
  const { forMs: holdMs, reason } = wish;
  const { by } = person;
  return async (redis) => {
    if (scope.kind === 'rule') await checkRule(redis, scope.name);
    await sayAndWait(
      redis,
      pools.map((pool) => ({ kind: 'hold', pool, scope, by, reason, holdMs })),
    );
    const held = `Held for ${formatDuration(holdMs)} by ${by}: ${scopeInWords(scope, pools.join(', '))}.`;
    const next = `To end it sooner: ${commandFor(person, `resume ${wish.scope}`)}`;
    return `${held} Actions under way go on to their end. ${next}`;
  };
}

/**
 * @throws WeirError 'usage' where there is no such scope.
 * @returns what was done, in a sentence, and a line for each hold that still stands there.
 */
export function resume(config: WeirConfig, text: string, { by }: Person): Submit<string[]> {
  const { scope, pools } = scopeOf(config, text);
  return async (redis) => {
    await sayAndWait(
      redis,
      pools.map((pool) => ({ kind: 'resume', pool, scope, by })),
    );
    const left = (await Promise.all(pools.map((pool) => readHolds(redis, config, pool)))).flat();
    return [
      `Hold removed by ${by}, if there was one: ${scopeInWords(scope, pools.join(', '))}.`,
      ...left.map((hold) => `Still held: ${scopeInWords(hold.scope, hold.pool)} by ${hold.by}: ${hold.reason}`),
    ];
  };
}
