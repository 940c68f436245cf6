/** Evaluation in a worker: its edition of weir.yaml, the rules in force, the jobs, and the ticks that wake them. */

import { append } from '../../src/broker/entries/stream.ts';
import { defined } from '../../src/lib/defined.ts';
import type { Repeating } from '../../src/lib/every.ts';
import { openOwnNotifiers } from '../../src/operations/destinations.ts';
import { acceptedPack } from '../../src/operations/pack.ts';
import { type RulesKeeper, startRules } from '../rules/rules.ts';
import { rulesTold } from '../rules/rules-told.ts';
import { startSchedule } from '../schedule.ts';
import type { WorkerParts } from '../worker-parts.ts';
import { withClock } from './clock-watch.ts';
import { startEditions } from './editions.ts';
import { type Evaluator, startEvaluator } from './evaluator.ts';
import { sayFarewell } from './farewell.ts';

export interface Evaluation {
  readonly editions: { stop(): Promise<void> };
  readonly rules: RulesKeeper;
  readonly evaluator: Evaluator;
}

/** @throws WeirError when the rules are wrong. */
export async function startEvaluation(parts: WorkerParts): Promise<Evaluation> {
  const { config, pools, name, worker, redis, clock, watch, onError } = parts;
  const { deliver } = parts.outbox;
  const editions = await startEditions({
    config,
    worker,
    append: (word) => append(redis, word, clock),
    farewell: () => sayFarewell({ redis, pools, plan: config.tell.plan, deliver }),
    onError,
  });
  const rules = await startRules({
    redis,
    folder: config.rules,
    worker,
    formerly: `${name}:${config.rules}`,
    ...defined({ accepted: await acceptedPack() }),
    brokerNow: () => clock.known(),
    ...rulesTold({ ...parts, own: await openOwnNotifiers(config.tell, parts.channels) }),
    onError,
  });
  const evaluator = startEvaluator({
    redis,
    blocking: parts.blocking,
    config,
    worker,
    metrics: parts.metrics,
    journal: parts.journal,
    deliver,
    ruleSet: () => rules.current(),
    brokerNow: () => clock.known(),
    healthOf: (health) => withClock(health, watch),
    onFailed: parts.onFailed('evaluate'),
    onError,
  });
  return { editions, rules, evaluator };
}

/** Makes time pass in every pool, and looks at the broker's health. */
export function startTicks(parts: WorkerParts, evaluator: Evaluator): Repeating {
  const { redis, clock, watch, pools, evaluateQueue, log, onError } = parts;
  return startSchedule({
    redis,
    clock,
    watch,
    pools,
    evaluate: evaluateQueue,
    onHealth(health) {
      if (health.troubles.join() !== (evaluator.health?.troubles.join() ?? '')) {
        for (const trouble of health.troubles) log.warning({ trouble }, 'broker misconfigured');
      }
      evaluator.health = health;
    },
    onError,
  });
}
