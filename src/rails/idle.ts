import { REDUCING_KINDS } from '../model/decisions/action.ts';
import type { Proposal, RailFacts } from '../model/decisions/rail.ts';

/**
 * Whether the target gives nothing up: it takes no writes, as one that is silent, loading or read-only, and more than half of
 * the pool serves afterwards, also when everything that is held or under way is taken off. Such members may be out together:
 * each that stays in the table is a share of the producers who get nowhere. A full one is another matter: its list is what
 * its consumers live on, and where it goes the others are full sooner.
 */
export function givesNothingUp({ action, target }: Proposal, { pool, facts, otherTargets }: RailFacts): boolean {
  const { writable, full, refusal } = facts.members[target] ?? {};
  if (!REDUCING_KINDS.has(action) || writable !== false || full === true || refusal === 'OOM') return false;
  const left = Object.entries(facts.members).filter(
    ([name, one]) => one.serving === true && name !== target && !otherTargets.includes(name),
  );
  return left.length * 2 > Object.keys(pool.members).length;
}
