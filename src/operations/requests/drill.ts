/** A person sends the first step of a rule to the nodes as a drill: every rail is asked, nothing is changed. */

import type { Redis } from 'ioredis';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { ActionKind } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { WeirError } from '../../model/error.ts';
import { memberOf } from '../lookup.ts';
import { readableRules } from '../rules-in-force.ts';
import { askAndWait, sentence } from './submit.ts';
import type { Person, Submit } from './terms.ts';

export interface DrillWish {
  readonly rule: string;
  /** `pool/member`, or a member alone where there is one pool. */
  readonly target: string;
}

/**
 * @throws WeirError 'usage' where there is no such member. What it returns throws 'usage' where no rule in force has that
 * name, or it only tells.
 */
export function drill(config: WeirConfig, { rule, target }: DrillWish, { by }: Person): Submit<Decision> {
  const { pool, member } = memberOf(config, target);
  return async (redis) =>
    askAndWait(redis, {
      kind: 'request',
      pool: pool.name,
      action: await firstAction(redis, rule),
      target: member,
      by,
      force: false,
      reason: 'a drill',
      drill: { rule },
    });
}

/** What the rule does first, by the rules in force. */
async function firstAction(redis: Redis, name: string): Promise<ActionKind> {
  const rules = (await readableRules(redis))?.ruleSet.rules ?? [];
  const rule = rules.find((candidate) => candidate.name === name);
  const [step] = rule?.steps ?? [];
  if (step !== undefined) return step.action;
  if (rule !== undefined) throw new WeirError('usage', `The rule ${name} only tells: there is nothing to drill.`);
  const acting = rules.filter(({ steps }) => steps.length > 0).map((candidate) => candidate.name);
  const guess = didYouMean(name, acting) || `; with actions there are ${acting.join(', ') || 'none'}.`;
  throw new WeirError('usage', `There is no rule ${name} in force${guess}`);
}

/** What came of a drill, and what would come of it in earnest now. */
export function drillText(decision: Decision): string {
  return `${railsInWords(decision)}\n${sentence(decision)}`;
}

function railsInWords({ rails, drill: drilled }: Decision): string {
  const refusing = rails.find(({ pass }) => !pass);
  if (refusing !== undefined) return `The rail ${refusing.rail} would refuse it now: ${refusing.sentence}`;
  switch (drilled?.verdict) {
    case 'shadow':
      return 'Every rail would pass it now. In shadow mode Weir would only say so.';
    case 'ask':
      return 'Every rail would pass it now, and Weir would ask for approval.';
    default:
      return 'Every rail would pass it now.';
  }
}
