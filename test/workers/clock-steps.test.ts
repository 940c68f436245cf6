import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, it, type TestContext } from 'vitest';
import { append } from '../../src/broker/entries/stream.ts';
import { poolKeys, QUEUE_PREFIX } from '../../src/broker/keys.ts';
import { type EvaluateJob, openQueue, openWorker, wake } from '../../src/broker/queues.ts';
import { readState } from '../../src/broker/store.ts';
import { createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import type { RuleSet } from '../../src/model/decisions/rule.ts';
import { entryTime } from '../../src/model/ids.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { judge } from '../../src/rails/index.ts';
import { checkRules } from '../../src/rules/files/load.ts';
import type { PoolState } from '../../src/rules/state/state.ts';
import { createClockWatch, withClock } from '../../workers/evaluation/clock-watch.ts';
import { evaluatePool, newMemory } from '../../workers/evaluation/evaluate.ts';
import { hasTurned } from '../../workers/node/changed.ts';
import { startSchedule } from '../../workers/schedule.ts';
import { HEALTHY, PLAN, POLICY, POLL, poolOf, SILENT, sweepOf } from '../support/pool.ts';
import { startSteppedRedis } from '../support/stepped-redis.ts';

const DAY_S = 86_400;

/** Two nodes that sweep every second and a worker with the rules that are shipped, on a broker whose clock can be set. */
async function startPool({ onTestFinished, expect }: Pick<TestContext, 'onTestFinished' | 'expect'>) {
  const server = await startSteppedRedis();
  const connections: Redis[] = [];
  const connect = () => {
    const redis = new Redis(server.path, { maxRetriesPerRequest: null });
    connections.push(redis);
    return redis;
  };
  const redis = connect();
  const files = ['members.yaml', 'pool.yaml'].map(async (file) => ({
    file,
    text: await readFile(new URL(`../../rules/${file}`, import.meta.url), 'utf8'),
  }));
  const { ruleSet } = checkRules(await Promise.all(files));
  expect(ruleSet).toBeDefined();
  const seen: string[] = [];
  const acts: string[] = [];
  const stops: (() => Promise<unknown>)[] = [];
  const stopped = new AbortController();
  let isSilent = false;

  async function sweeps(node: string): Promise<void> {
    const clock = createBrokerClock(() => lookAtTime(redis, 'logs'));
    const queue = openQueue<EvaluateJob>(redis, 'evaluate');
    let before: Sweep | undefined;
    while (!stopped.signal.aborted) {
      await clock.sync();
      const members = { a: HEALTHY, b: isSilent ? SILENT : HEALTHY };
      const sweep = sweepOf(node, clock.now(), { members });
      await append(redis, sweep, clock);
      if (hasTurned(before, sweep)) await wake(queue, 'logs');
      before = sweep;
      await sleep(1_000);
    }
    await queue.close();
  }

  function startWorker(): { kill(): Promise<void> } {
    const own = connect();
    const queue = openQueue<EvaluateJob>(own, 'evaluate');
    const clock = createBrokerClock(() => lookAtTime(own, 'logs'));
    const watch = createClockWatch({ clock, sweeps: async () => [] });
    let isKilled = false;
    const worker = openWorker<EvaluateJob>({
      connection: connect(),
      name: 'evaluate',
      onError: () => {},
      async process() {
        // A process that is gone neither ends its job nor renews its lock.
        if (isKilled) return new Promise(() => {});
        await evaluatePool(poolOf(), {
          redis: own,
          policy: { ...POLICY, settleMs: 0 },
          poll: POLL,
          plan: PLAN,
          judge,
          memory: newMemory(),
          brokerNow: () => clock.known(),
          health: () => withClock({ runId: 'r', evicts: false, troubles: [] }, watch),
          ruleSet: async () => ruleSet as RuleSet,
          deliver: async (item) => {
            if (item.queue === 'act') acts.push(`${item.data.action} ${item.data.member} on ${item.node}`);
          },
          onError: (error) => seen.push(String(error)),
          onEvents: (events) => {
            for (const event of events)
              if (event.type === 'finding') seen.push(`${event.finding.rule} ${event.change}`);
          },
        });
      },
    });
    const pools = ['logs'];
    const schedule = startSchedule({
      redis: own,
      clock,
      watch,
      evaluate: queue,
      pools,
      onHealth: () => {},
      onError: () => {},
    });
    const stop = async () => {
      await schedule.stop();
      await worker.close(true);
      await queue.close();
    };
    stops.push(stop);
    return {
      async kill() {
        isKilled = true;
        await expect.poll(() => redis.llen(`${QUEUE_PREFIX}:evaluate:active`), { timeout: 5_000 }).toBe(1);
        await stop();
        stops.splice(stops.indexOf(stop), 1);
      },
    };
  }

  const nodes = Promise.all(['a', 'b'].map(sweeps));
  onTestFinished(async () => {
    stopped.abort();
    await nodes;
    for (const stop of stops) await stop();
    for (const connection of connections) connection.disconnect();
    await server.stop();
  });
  const ids = async () => (await redis.xrange(poolKeys('logs').stream, '-', '+')) as [string, string[]][];
  return {
    startWorker,
    step: server.step,
    seen,
    acts,
    silence: () => {
      isSilent = true;
    },
    ticks: async () => (await ids()).filter(([, fields]) => fields[1]?.includes('"tick"')).length,
    lastId: async () => entryTime((await ids()).at(-1)?.[0] ?? '0-0'),
    leases: async () =>
      Object.keys((JSON.parse((await readState(redis, 'logs'))?.json ?? '{}') as PoolState).leases ?? {}),
  };
}

const DRAINED = ['drain b on a', 'drain b on b'];

describe.concurrent('the clock of the broker is set', () => {
  it.for<[string, number[]]>([
    ['back by two minutes', [-120]],
    ['ahead by a day', [DAY_S]],
    ['ahead by a day, and back', [DAY_S, 0]],
  ])('%s: ticks and timers go on, b is drained, people are told', { timeout: 90_000 }, async ([, steps], context) => {
    const { expect } = context;
    const pool = await startPool(context);
    pool.startWorker();
    await expect.poll(() => pool.ticks(), { timeout: 20_000 }).toBeGreaterThan(3);
    const before = { ticks: await pool.ticks(), last: await pool.lastId(), at: performance.now() };
    for (const seconds of steps) {
      await pool.step(seconds);
      await sleep(3_000);
    }
    pool.silence();
    await expect.poll(() => [...pool.acts].sort(), { timeout: 30_000 }).toEqual(DRAINED);
    const passedMs = performance.now() - before.at;
    expect(pool.seen).toContain('member-unwritable fired');
    // Entries are as far apart as they were in fact.
    expect(Math.abs((await pool.lastId()) - before.last - passedMs)).toBeLessThan(5_000);
    // However busy the machine is: they go on.
    const ticks = await pool.ticks();
    expect(ticks).toBeGreaterThan(before.ticks);
    await expect.poll(() => pool.ticks(), { timeout: 20_000 }).toBeGreaterThan(ticks + 3);
    // It is told while it lasts.
    if (steps.at(-1) === 0) return;
    await expect.poll(() => pool.seen, { timeout: 30_000 }).toContain('broker-trouble fired');
  });

  it('back by two minutes, and the worker is killed in that second with an evaluation in hand: the next one goes on', {
    timeout: 90_000,
  }, async (context) => {
    const { expect } = context;
    const pool = await startPool(context);
    const first = pool.startWorker();
    await expect.poll(() => pool.ticks(), { timeout: 20_000 }).toBeGreaterThan(3);
    await first.kill();
    await pool.step(-120);
    pool.startWorker();
    pool.silence();
    await expect.poll(() => [...pool.acts].sort(), { timeout: 40_000 }).toEqual(DRAINED);
  });
});
