/** The real evaluation on a real Redis: what tests of it share. */

import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { poolKeys } from '../../src/broker/keys.ts';
import { type OutboxItem, readState } from '../../src/broker/store.ts';
import { judge } from '../../src/rails/index.ts';
import type { PoolState } from '../../src/rules/state/state.ts';
import { type EvaluateDependencies, newMemory } from '../../workers/evaluation/evaluate.ts';
import { brokerNow } from '../support/clock.ts';
import { PLAN, POLICY, POLL, sweepOf } from '../support/pool.ts';
import { ruleSet, unwritable } from '../support/world.ts';

export interface Harness extends EvaluateDependencies {
  readonly delivered: OutboxItem[];
  /** Entries that were set aside: their writers. */
  readonly aside: string[];
}

export function harnessOn(redis: Redis, parts: Partial<EvaluateDependencies> = {}): Harness {
  const delivered: OutboxItem[] = [];
  const aside: string[] = [];
  return {
    redis,
    policy: { ...POLICY, settleMs: 0 },
    poll: POLL,
    plan: {
      ...PLAN,
      routes: [{ match: {}, to: [{ kind: 'slack', channel: '#log' }], escalate: [], goesOn: false }],
    },
    judge,
    ruleSet: async () => ruleSet([unwritable({ forMs: 0 })]),
    health: () => ({ runId: 'r1', evicts: false, troubles: [] }),
    memory: newMemory(),
    brokerNow: () => brokerNow(redis),
    deliver: async (item) => {
      delivered.push(item);
    },
    onEvents: () => {},
    onAside: (entries) => void aside.push(...entries.map(({ writer }) => writer)),
    onError: (error) => expect.fail(String(error)),
    ...parts,
    delivered,
    aside,
  };
}

/** A sweep of every node, now. */
export async function sweepNow(redis: Redis, parts: Parameters<typeof sweepOf>[2] = {}, pool = 'logs'): Promise<void> {
  for (const node of ['a', 'b']) {
    await appendAgo(redis, 0, sweepOf(node, await brokerNow(redis), { ...parts, pool }), pool);
  }
}

export async function stateOf(redis: Redis, pool = 'logs'): Promise<PoolState> {
  return JSON.parse((await readState(redis, pool))?.json ?? '{}') as PoolState;
}

/** As if the last evaluation was so long ago: the stored cursor and what was seen are set back, and the stream has nothing that was read. */
export async function evaluatedAgo(redis: Redis, ms: number, pool = 'logs'): Promise<void> {
  const cursor = `${(await brokerNow(redis)) - ms}-0`;
  const state = await stateOf(redis, pool);
  const sweeps = Object.entries(state.sweeps).map(([name, sweep]) => [name, { ...sweep, at: sweep.at - ms }]);
  const json = JSON.stringify({ ...state, cursor, sweeps: Object.fromEntries(sweeps) });
  await redis.hset(poolKeys(pool).state, { cursor, json });
  await redis.del(poolKeys(pool).stream);
  await redis.hincrby(poolKeys(pool).state, 'revision', 1);
}

/** An entry as it would have been written so long ago, or by whoever writes what is no entry. */
export async function appendAgo(redis: Redis, ms: number, body: unknown, pool = 'logs'): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (await redis.xadd(poolKeys(pool).stream, `${(await brokerNow(redis)) - ms}-*`, 'e', text)) as string;
}
