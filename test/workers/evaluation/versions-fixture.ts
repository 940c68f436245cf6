/** Workers of several versions on one broker: the present one, a newer one, and the one before versions were written. */

import type { Redis } from 'ioredis';
import { readAfter } from '../../../src/broker/entries/stream.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import type { OutboxItem } from '../../../src/broker/store.ts';
import type { PolicyConfig } from '../../../src/model/configuration/config.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { RuleSet } from '../../../src/model/decisions/rule.ts';
import { FORMAT_VERSION } from '../../../src/model/entries/version.ts';
import { messageOf } from '../../../src/model/error.ts';
import { judge } from '../../../src/rails/index.ts';
import { foldEntry } from '../../../src/rules/fold-entry.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { PLAN, POLL, poolOf } from '../../support/pool.ts';
import { harnessOn } from '../evaluate-fixture.ts';

export interface VersionWorker {
  readonly jobs: ActionJob[];
  readonly said: string[];
  evaluate(): Promise<void>;
}

export interface VersionWorkers {
  /** The real evaluation, as of this format. */
  worker(version?: number): VersionWorker;
  /** One of the version before: it looks at no version and writes none. */
  workerBefore(): VersionWorker;
}

export function workersOn(redis: Redis, ruleSet: RuleSet, policy: PolicyConfig): VersionWorkers {
  return {
    worker(version = FORMAT_VERSION) {
      const jobs: ActionJob[] = [];
      const said: string[] = [];
      const deps = harnessOn(redis, {
        ...{ policy, plan: PLAN, version, ruleSet: async () => ruleSet },
        deliver: async (item: OutboxItem) => {
          if (item.queue === 'act') jobs.push(item.data);
        },
        onError: (error) => void said.push(messageOf(error)),
      });
      return { jobs, said, evaluate: () => evaluatePool(poolOf(), deps) };
    },
    workerBefore() {
      const { state: key, leases } = poolKeys('logs');
      const jobs: ActionJob[] = [];
      const evaluate = async () => {
        const [cursor, json] = await redis.hmget(key, 'cursor', 'json');
        if (typeof cursor !== 'string' || typeof json !== 'string') return;
        const context = { pool: poolOf(), policy, poll: POLL, ruleSet, judge };
        let state = { ...(JSON.parse(json) as PoolState), version: 1 };
        for (const entry of await readAfter(redis, 'logs', cursor, 100)) {
          const result = foldEntry(context, state, entry);
          state = { ...result.state, version: 1 };
          jobs.push(...result.jobs);
          for (const lease of result.desired) await redis.hset(leases, lease.id, JSON.stringify(lease));
        }
        await redis.hset(key, 'cursor', state.cursor, 'json', JSON.stringify(state));
        await redis.hincrby(key, 'revision', 1);
      };
      return { jobs, said: [], evaluate };
    },
  };
}
