/** The worker's side of the questions: what the page shows, and what is done of what others send. */

import type { Redis } from 'ioredis';
import { checkBroker } from '../../src/broker/health.ts';
import { readIncidents } from '../../src/broker/incidents.ts';
import { isFirst } from '../../src/broker/pace.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import type { Ages } from '../../src/tell/http/handlers.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import type { Talking } from '../slack/slack-inbound.ts';
import { type AlertsDependencies, createAlertsIn } from './alerts-in.ts';
import type { Answers } from './questions.ts';

/** Incidents of each pool at /api/v1/incidents. */
const SHOWN_INCIDENTS = 1_000;

/** A signature is remembered longer than Slack's time stamp is taken, in ms. */
const SEEN_KEPT_MS = 660_000;

export interface AnswersDependencies extends AlertsDependencies {
  readonly redis: Redis;
  readonly config: WeirConfig;
  readonly metrics: Metrics;
  readonly talking: Talking;
  ages(): ReadonlyMap<string, number | undefined>;
  onError(error: unknown, doing: string): void;
}

export function createAnswers(deps: AnswersDependencies): Answers {
  const { redis, config, pools, metrics, talking, ages, onError } = deps;
  const startedAt = performance.now();
  const status = () => readStatus(redis, config);
  return {
    status,
    incidents: async () => (await Promise.all(pools.map((pool) => readIncidents(redis, pool, SHOWN_INCIDENTS)))).flat(),
    ages: async (): Promise<Ages> => ({
      upMs: performance.now() - startedAt,
      pools: [...ages()].map(([pool, ms]) => [pool, ms ?? null]),
    }),
    async ready() {
      const { troubles } = await checkBroker(redis);
      const missing = [...ages()].filter(([, ms]) => ms === undefined).map(([pool]) => pool);
      return [...troubles, ...missing.map((pool) => `No evaluation of ${pool} has finished yet.`)];
    },
    async metrics() {
      // Without the broker the counters and the age of the last evaluation are still told: they are what pages.
      const current = await status().catch(() => undefined);
      const knownAges = [...ages().values()].filter((ms) => ms !== undefined);
      return metrics.text(current, knownAges.length === 0 ? undefined : Math.max(...knownAges));
    },
    signature: (signature) => isFirst(redis, `slack/${signature}`, SEEN_KEPT_MS),
    command: async (command) => (await talking.onCommand(command)) ?? null,
    async click(click) {
      talking.onClick(click).catch((error: unknown) => onError(error, 'a click in Slack'));
      return null;
    },
    alerts: createAlertsIn(deps),
  };
}
