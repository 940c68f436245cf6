/**
 * Sweeps of the nodes of many pools, once a second and spread over the second: healthy, and a little different each
 * time.
 */

import type { Redis } from 'ioredis';
import { append } from '../../src/broker/entries/stream.ts';
import { createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { HEALTHY_MEMBER, healthyDirector } from '../../src/rules/testing/healthy.ts';
import { memberName } from './world.ts';

export interface Feed {
  stop(): void;
}

/** Steps that a second is cut into. */
const STEPS = 20;

export function feed(redis: Redis, { pools, members }: { pools: number; members: number }): Feed {
  const names = Array.from({ length: members }, (_, i) => memberName(i));
  // Each has its own, as nodes do.
  const clock = createBrokerClock(() => lookAtTime(redis, 'pool-0'));
  let step = 0;
  const timer = setInterval(() => {
    step += 1;
    if (step % STEPS === 0) clock.sync().catch(() => undefined);
    const at = Date.now();
    for (let pool = step % STEPS; pool < pools; pool += STEPS) {
      for (const node of names) append(redis, sweepOf(`pool-${pool}`, node, names, at), clock).catch(() => undefined);
    }
  }, 1_000 / STEPS);
  return { stop: () => clearInterval(timer) };
}

function sweepOf(pool: string, observer: string, names: readonly string[], at: number): Sweep {
  const jitter = () => 1 + Math.random() / 10;
  const member = () => ({
    ...HEALTHY_MEMBER,
    memory_bytes: 1e9 * jitter(),
    queue_depth: 100 * jitter(),
    inflow_rate: 1e6 * jitter(),
    consume_rate: 1e6 * jitter(),
  });
  return {
    ...{ kind: 'sweep', pool, observer, at, consumers: {}, leases: [], troubles: [] },
    members: Object.fromEntries(names.map((name) => [name, member()])),
    director: healthyDirector(observer === names[0], names.length),
    table: Object.fromEntries(
      names.map((name) => [name, { listed: true, weight: 100, activeConnections: 10, inactiveConnections: 0 }]),
    ),
  };
}
