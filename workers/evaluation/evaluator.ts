/** The evaluator of a worker: takes the jobs that wake it, evaluates, and notes when each pool was evaluated last. */

import type { Redis } from 'ioredis';
import { type BrokerHealth, checkBroker } from '../../src/broker/health.ts';
import { type EvaluateJob, openWorker } from '../../src/broker/queues.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { messageOfEvent } from '../../src/operations/messages.ts';
import { judge } from '../../src/rails/index.ts';
import type { Metrics } from '../../src/tell/metrics.ts';
import { type Notifier, showMessage } from '../../src/tell/notify/notifier.ts';
import { type EvaluateDependencies, evaluatePool, newMemory } from './evaluate.ts';

export interface EvaluatorDependencies
  extends Pick<EvaluateDependencies, 'ruleSet' | 'brokerNow' | 'deliver' | 'onError'> {
  readonly redis: Redis;
  /** Its own connection: it waits for jobs. */
  readonly blocking: Redis;
  readonly config: WeirConfig;
  /** This worker's name and file. */
  readonly worker: string;
  readonly metrics: Metrics;
  /** Prints what happens. */
  readonly journal: Notifier;
  /** Adds to the health of the broker what this worker knows besides. */
  healthOf(seen: BrokerHealth): BrokerHealth;
  onFailed(job: string | undefined, error: Error): void;
}

export interface Evaluator {
  /** Pool of weir.yaml to the time since its last evaluation here, in ms; undefined: none yet. */
  ages(): ReadonlyMap<string, number | undefined>;
  /** The health of the broker at the last look; undefined before the first. */
  health: BrokerHealth | undefined;
  close(): Promise<void>;
}

export function startEvaluator(deps: EvaluatorDependencies): Evaluator {
  const { redis, config, metrics, journal, onError } = deps;
  const memory = newMemory();
  const finishedAt = new Map<string, number>();
  const self: Evaluator = {
    health: undefined,
    ages: () => {
      const ageOf = (at: number | undefined) => (at === undefined ? undefined : performance.now() - at);
      return new Map(Object.keys(config.pools).map((pool) => [pool, ageOf(finishedAt.get(pool))]));
    },
    close: () => worker.close(),
  };
  const worker = openWorker<EvaluateJob>({
    connection: deps.blocking,
    name: 'evaluate',
    async process(job) {
      const pool = config.pools[job.data.pool];
      if (pool === undefined) return;
      self.health ??= await checkBroker(redis);
      const startedAt = performance.now();
      await evaluatePool(pool, {
        redis,
        memory,
        judge,
        onError,
        worker: deps.worker,
        policy: config.policy,
        poll: config.poll,
        plan: config.tell.plan,
        ruleSet: deps.ruleSet,
        brokerNow: deps.brokerNow,
        health: () => deps.healthOf(self.health as BrokerHealth),
        deliver: deps.deliver,
        onAside: (aside) => metrics.setAside(pool.name, aside.length),
        onEvents(events) {
          for (const event of events) {
            if (event.type === 'decision' && !event.decision.drill) metrics.decided(event.decision);
            const message = messageOfEvent(event, pool.name, Date.now());
            if (message !== undefined) void showMessage(journal, message);
          }
        },
      });
      const at = performance.now();
      finishedAt.set(pool.name, at);
      metrics.evaluated(pool.name, at - startedAt);
    },
    onError,
  });
  worker.on('failed', (job, error) => deps.onFailed(job?.id, error));
  return self;
}
