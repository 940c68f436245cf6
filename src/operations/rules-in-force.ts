/** The rules in force: what all workers have agreed on, whatever stands in a folder. */

import type { Redis } from 'ioredis';
import { agreeOn, readAgreed } from '../broker/rules.ts';
import { sealOf } from '../broker/seal/sealed.ts';
import { formatProblem } from '../lib/yaml/problem.ts';
import type { RuleSet } from '../model/decisions/rule.ts';
import { WeirError } from '../model/error.ts';
import type { RuleText } from '../rules/files/folder.ts';
import { checkRules } from '../rules/files/load.ts';

export interface RulesInForce {
  readonly ruleSet: RuleSet;
  readonly texts: readonly RuleText[];
  /** The worker whose folder they come from. */
  readonly by: string;
  /** When they were put in force: broker time in ms. */
  readonly at: number;
}

/**
 * The rules in force, compiled; undefined where no worker has put any there yet.
 * @throws WeirError 'rule' where this version cannot use them; what ioredis throws when the broker does not answer.
 */
export async function rulesInForce(redis: Redis): Promise<RulesInForce | undefined> {
  const agreed = await readAgreed(redis);
  if (agreed === undefined) return undefined;
  const { texts, by, at } = agreed;
  const { ruleSet, problems } = checkRules(texts);
  if (ruleSet !== undefined) return { ruleSet, texts, by, at };
  const why = inOneLine(problems.map(formatProblem));
  throw new WeirError('rule', `The rules in force, those of ${by}, cannot be used here: ${why}`);
}

/** The first of several sentences, and how many more there are. */
export function inOneLine([first = '', ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} (and ${more.length} more)`;
}

/**
 * For who looks on: rules that this version cannot use are none, because what else there is to see must be shown.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function readableRules(redis: Redis): Promise<RulesInForce | undefined> {
  return rulesInForce(redis).catch((error: unknown) => {
    if (error instanceof WeirError && error.code === 'rule') return undefined;
    throw error;
  });
}

/**
 * A sentence about the rules of this hash: that a folder is right does not put its rules in force, a worker does.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function whetherInForce(redis: Redis, hash: string): Promise<string> {
  const agreed = await readAgreed(redis);
  if (agreed === undefined) return 'No rules are in force yet: no worker has put any there.';
  const those = `those of ${agreed.by} since ${new Date(agreed.at).toISOString()}`;
  return agreed.hash === hash ? `They are in force: ${those}.` : `They are not in force; in force are ${those}.`;
}

/** Seals the rules in force anew: nobody did before, or by a key that goes. */
export async function sealRules(redis: Redis): Promise<void> {
  const agreed = sealOf(redis) && (await readAgreed(redis));
  if (agreed !== undefined) await agreeOn(redis, agreed, 'if-same');
}
