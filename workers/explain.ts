/** What the rules in force see now: made from what the broker has. */

import type { Redis } from 'ioredis';
import { readAgreed } from '../src/broker/rules.ts';
import { readState } from '../src/broker/store.ts';
import type { WeirConfig } from '../src/model/config.ts';
import type { Finding } from '../src/model/decision.ts';
import { WeirError } from '../src/model/error.ts';
import type { RuleSet } from '../src/model/rule.ts';
import type { Facts } from '../src/model/status.ts';
import { type Explanation, explainAll } from '../src/rules/explain.ts';
import { checkRules } from '../src/rules/load.ts';
import { measureAll } from '../src/rules/series.ts';
import type { PoolState } from '../src/rules/state.ts';
import { readStatus } from './status.ts';

export interface Picture {
  /** Broker time in ms. */
  readonly now: number;
  /** With the signals that the rules in force declare. */
  readonly facts: Facts;
  readonly findings: readonly Finding[];
  /** Absent when no worker has put any in force, or this version cannot read them. */
  readonly ruleSet?: RuleSet;
}

/** A pool as an evaluation would see it now. */
export async function readPicture(redis: Redis, config: WeirConfig, pool: string): Promise<Picture> {
  const [status, agreed, stored] = await Promise.all([
    readStatus(redis, config),
    readAgreed(redis),
    readState(redis, pool),
  ]);
  const known = status.pools.find(({ name }) => name === pool);
  if (known === undefined) throw new WeirError('usage', `There is no pool ${pool} in ${config.file}.`);
  const { ruleSet } = agreed === undefined ? {} : checkRules(agreed.texts);
  const { series = {} } = stored === undefined ? {} : (JSON.parse(stored.json) as PoolState);
  const { facts } = measureAll(known.facts, ruleSet?.extra ?? [], series, status.at);
  return { now: status.at, facts, findings: known.findings, ...(ruleSet !== undefined && { ruleSet }) };
}

export interface Explained {
  /** Broker time in ms. */
  readonly now: number;
  /** Of the rules in force. */
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
  const { now, facts, findings, ruleSet } = await readPicture(redis, config, pool);
  if (ruleSet === undefined) return { now, explanations: [] };
  const explanations = explainAll(ruleSet, target, facts, pool, findings);
  return { now, ruleSetHash: ruleSet.hash, explanations };
}
