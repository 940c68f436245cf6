/** What the rules in force see now, made from what the broker has. */

import type { Redis } from 'ioredis';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { Mode } from '../../model/configuration/mode.ts';
import type { Finding } from '../../model/decisions/decision.ts';
import type { RuleSet } from '../../model/decisions/rule.ts';
import { WeirError } from '../../model/error.ts';
import type { Explanation } from '../../model/people/explanation.ts';
import type { Facts } from '../../model/people/status.ts';
import { explainAll } from '../../rules/explain.ts';
import { measureAll } from '../../rules/state/series.ts';
import { readableRules } from '../rules-in-force.ts';
import { readPoolState } from '../stored.ts';
import { readStatus } from './status.ts';

export interface Picture {
  /** Broker time in ms. */
  readonly now: number;
  /** With the signals that the rules in force declare. */
  readonly facts: Facts;
  readonly findings: readonly Finding[];
  /** policy.mode as it holds for the pool. */
  readonly mode: Mode;
  /** Absent when no rules are in force, or this version cannot use them. */
  readonly ruleSet?: RuleSet;
}

/** A pool as an evaluation would see it now. */
export async function readPicture(redis: Redis, config: WeirConfig, pool: string): Promise<Picture> {
  const [status, rules, stored] = await Promise.all([
    readStatus(redis, config),
    readableRules(redis),
    readPoolState(redis, pool),
  ]);
  const now = status.pools.find(({ name }) => name === pool);
  if (now === undefined) throw new WeirError('usage', `There is no pool ${pool} in ${config.file}.`);
  const ruleSet = rules?.ruleSet;
  const series = stored?.state?.series ?? {};
  const { facts } = measureAll(now.facts, ruleSet?.extra ?? [], series, status.at);
  return { now: status.at, facts, findings: now.findings, mode: now.mode, ...(ruleSet !== undefined && { ruleSet }) };
}

export interface Explained {
  /** Broker time in ms. */
  readonly now: number;
  /** Hash of the rules in force. */
  readonly ruleSetHash?: string;
  readonly explanations: readonly Explanation[];
}

/** `target` is a member or node, a consumer, or the pool itself. */
export async function explainTarget(
  redis: Redis,
  config: WeirConfig,
  pool: string,
  target: string,
): Promise<Explained> {
  const { now, facts, findings, mode, ruleSet } = await readPicture(redis, config, pool);
  if (ruleSet === undefined) return { now, explanations: [] };
  const explanations = explainAll(ruleSet, target, facts, { name: pool, mode }, findings);
  return { now, ruleSetHash: ruleSet.hash, explanations };
}
