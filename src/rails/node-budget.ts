import type { NodeBudgetFacts } from '../model/decisions/node-rails.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { formatDuration } from '../model/duration.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'node budget';

/**
 * The last rail, on the node; nothing passes it. However a job came to be, and whoever says that a person is behind it: a node
 * takes something so often and no more. What gives back is not counted and not refused.
 */
export function nodeBudget({ takings, now, budget: { max, perMs } }: NodeBudgetFacts): RailVerdict {
  // One later than now is of before a clock went back: it counts until it is as far away as an early one.
  const taken = takings.filter((at) => Math.abs(now - at) < perMs).length;
  const sentence = `This node took weight or the VIP away ${taken} times within ${formatDuration(perMs)}`;
  const figures = { taken, max };
  if (taken >= max) {
    return refuse(NAME, `${sentence}, and node.budget allows ${max}. Giving back is always allowed.`, figures);
  }
  return pass(NAME, `${sentence}, of ${max} allowed.`, figures);
}
