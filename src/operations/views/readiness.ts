/** Whether the rules with actions are ready to act, counted over what was recorded. */

import type { WeirConfig } from '../../model/configuration/config.ts';
import { loadRules } from '../../rules/files/load.ts';
import { type Readiness, readinessOf } from '../../rules/replay/readiness.ts';
import { formatTable } from '../../tell/terminal/layout.ts';
import { type ReplayOptions, replayAll } from './replay.ts';

export interface PoolReadiness {
  readonly pool: string;
  readonly rules: readonly Readiness[];
}

/** @throws WeirError 'rule' where the rules cannot be used, 'usage' where nothing was recorded. */
export async function readReadiness(config: WeirConfig, options: ReplayOptions): Promise<PoolReadiness[]> {
  const ruleSet = await loadRules([config.rules]);
  const acting = ruleSet.rules.filter(({ steps }) => steps.length > 0);
  return (await replayAll(config, options, [ruleSet])).map(({ pool, episodes: [episodes = []], recordedMs }) => ({
    pool: pool.name,
    rules: acting.map((rule) => readinessOf(rule, episodes, recordedMs, config.policy.mode)),
  }));
}

/** For people: a table, and a sentence for each rule. */
export function readinessText({ pool, rules }: PoolReadiness): string {
  const right = { align: 'right' as const };
  const columns = [
    { head: 'RULE' },
    { head: 'MODE' },
    { head: 'FIRED', ...right },
    { head: 'WOULD ACT', ...right },
    { head: 'REFUSED', ...right },
    { head: 'GONE', ...right },
  ];
  const rows = rules.map(({ rule, mode, holds, fired, acted, refused, gone }) => [
    rule,
    holds === mode ? mode : `${holds} (its file: ${mode})`,
    ...[fired, acted, refused, gone].map(String),
  ]);
  const sentences = rules.map(({ rule, sentence }) => `${rule}: ${sentence}`);
  return [`Pool ${pool}`, ...formatTable(columns, rows), '', ...sentences].join('\n');
}
