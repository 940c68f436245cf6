/** Whether anybody can have known whether a rule holds for a target before this entry. */

import type { Rule } from '../../model/decisions/rule.ts';
import type { Draft } from '../state/draft.ts';

/** A rule that is new, or a target of which no sweep had anything: nobody can have known it before. */
export function isFirstLook(
  { knownRules, state }: Pick<Draft, 'knownRules' | 'state'>,
  { name, forEach }: Pick<Rule, 'name' | 'forEach'>,
  target: string,
): boolean {
  if (knownRules[name] === undefined) return true;
  const sweeps = Object.values(state.sweeps);
  if (forEach === 'pool') return sweeps.length === 0;
  if (forEach === 'director') return state.sweeps[target]?.director === undefined;
  return sweeps.every(({ members, consumers }) => (forEach === 'member' ? members : consumers)[target] === undefined);
}
