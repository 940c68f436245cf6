/** What every rule in force sees of one target now: made from what the broker has. */

import type { Redis } from 'ioredis';
import { readAgreed } from '../src/broker/rules.ts';
import { readState } from '../src/broker/store.ts';
import type { WeirConfig } from '../src/model/config.ts';
import { type Explanation, explainAll } from '../src/rules/explain.ts';
import { checkRules } from '../src/rules/load.ts';
import { measureAll } from '../src/rules/series.ts';
import type { PoolState } from '../src/rules/state.ts';
import { readStatus } from './status.ts';

export interface Explained {
  /** Broker time in ms. */
  readonly now: number;
  /** Of the rules in force; absent when no worker has put any in force. */
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
  const [status, agreed] = await Promise.all([readStatus(redis, config), readAgreed(redis)]);
  const known = status.pools.find(({ name }) => name === pool);
  const { ruleSet } = agreed === undefined ? {} : checkRules(agreed.texts);
  if (known === undefined || ruleSet === undefined) return { now: status.at, explanations: [] };
  const stored = await readState(redis, pool);
  const { series = {} } = stored === undefined ? {} : (JSON.parse(stored.json) as PoolState);
  const { facts } = measureAll(known.facts, ruleSet.extra, series, status.at);
  const explanations = explainAll(ruleSet, target, facts, pool, known.findings);
  return { now: status.at, ruleSetHash: ruleSet.hash, explanations };
}
