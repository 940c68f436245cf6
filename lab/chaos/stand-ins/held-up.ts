/**
 * A worker that says where it is and waits there for a moment, so that a test can stop it at that point: `held-up.js
 * act|evaluate <broker socket> <folder>`. Actuator and evaluation are the real ones; the table is a word in a file, the
 * rule one sweep. Prints `looking` or `committing` before, and afterwards what came of it.
 */

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createActuator } from '../../../src/act/actuator.ts';
import { openWorker } from '../../../src/broker/queues.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import { connectBroker } from '../../../src/lib/redis/connections.ts';
import { DEFAULT_PLAN } from '../../../src/model/configuration/default-plan.ts';
import { DEFAULT_POLICY } from '../../../src/model/configuration/default-policy.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { RuleSet } from '../../../src/model/decisions/rule.ts';
import { judge } from '../../../src/rails/index.ts';
import { pass } from '../../../src/rails/verdict.ts';
import { evaluatePool, newMemory } from '../../../workers/evaluation/evaluate.ts';
import { actJob } from '../../../workers/node/act.ts';
import { patient } from '../../patience.ts';
import { EXAMPLE_POOL as pool } from '../../pool/example.ts';

const [what = '', socket = '', folder = ''] = process.argv.slice(2);
/** Short, so that the test need not wait for half a minute. */
const LOCK_MS = 2_000;
/** A test has so long to stop it there. */
const WAITS_MS = patient(1_000);
const say = (text: string) => void process.stdout.write(`${text}\n`);

const blocking = connectBroker({ url: socket }, 'worker');
const redis = connectBroker({ url: socket }, 'producer');
await Promise.all([blocking.connect(), redis.connect()]);
if (what === 'act') await act();
else evaluate();
say('ready');

/** An actuator whose table is on paper. It waits between its last look and the change. */
async function act(): Promise<void> {
  const weights = { a: 100, b: 100 };
  const row = (weight: number) => ({ listed: true, weight, activeConnections: 0, inactiveConnections: 0 });
  const actuator = createActuator({
    node: 'a',
    stateDir: folder,
    pools: { logs: pool },
    staleAfterMs: 60_000,
    lvs: {
      read: async () => ({ a: row(weights.a), b: row(weights.b) }),
      check: async () => undefined,
      async setWeight(place, weight, mayStill) {
        say('looking');
        await sleep(WAITS_MS);
        await mayStill?.();
        weights.b = weight;
        appendFileSync(`${folder}/acted`, `${process.pid} ${place.member} ${weight}\n`);
      },
      thresholds: async () => ({ upper: 0, lower: 0 }),
      remove: async () => undefined,
      add: async () => undefined,
    },
    rails: {
      holdFile: () => pass('hold', ''),
      fence: () => pass('fence', ''),
      nodeBudget: () => pass('node budget', ''),
      preflight: () => pass('pre-flight', ''),
      preflightVip: () => pass('vip', ''),
    },
    redis: () => {
      throw new Error('no Redis here');
    },
    setOwnWeight: async () => false,
    raise: { steps: [100], everyMs: 0 },
    budget: { max: 1_000, perMs: 3_600_000 },
    handover: () => ({ read: async () => undefined, write: async () => undefined }),
    removeOrphan: async () => undefined,
    brokerNow: () => Math.round(performance.timeOrigin + performance.now()),
    askBrokerNow: async () => Math.round(performance.timeOrigin + performance.now()),
    isTimeKnown: () => true,
    report: async () => undefined,
  });
  await actuator.start();
  const worker = openWorker<ActionJob>({
    connection: blocking,
    name: 'act-a',
    process: (job, _token, signal) =>
      actJob(job, signal, {
        runJob: (data, abort) => actuator.runJob(data, abort),
        report: (outcome) => say(`outcome ${outcome.result}`),
        now: Date.now,
      }),
    onError: (error) => say(`error ${error.message}`),
    lockMs: LOCK_MS,
  });
  worker.on('failed', (_job, error) => say(`failed ${error.message}`));
}

/** Evaluations that wait between reading and committing. */
function evaluate(): void {
  const ruleSet: RuleSet = { hash: 'none', rules: [], extra: [], warnings: [] };
  const slow = new Proxy(redis, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'eval') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<typeof redis.eval>) => {
        // Other scripts only read.
        if (!String(args[0]).includes("'HSET'")) return target.eval(...args);
        say('committing');
        await sleep(WAITS_MS);
        const revision = await target.eval(...args);
        say(`revision ${String(revision)}`);
        return revision;
      };
    },
  });
  const memory = newMemory();
  openWorker<{ pool: string }>({
    connection: blocking,
    name: 'evaluate',
    process: () =>
      evaluatePool(pool, {
        redis: slow,
        policy: { ...DEFAULT_POLICY, mode: 'auto', settleMs: 0 },
        poll: { intervalMs: 1_000, timeoutMs: 500, windowMs: 15_000, staleAfterMs: 3_000 },
        plan: {
          ...DEFAULT_PLAN,
          routes: [{ match: {}, to: [{ kind: 'slack', channel: '#log' }], escalate: [], goesOn: false }],
        },
        judge,
        ruleSet: async () => ruleSet,
        memory,
        brokerNow: () => brokerTime(redis, pool.name),
        health: () => ({ runId: 'r1', evicts: false, troubles: [] }),
        deliver: async (item) => say(`delivers ${item.queue}`),
        onError: (error) => say(`error ${String(error)}`),
        onEvents: (events) => say(`committed ${events.length}`),
      }),
    onError: (error) => say(`error ${error.message}`),
    lockMs: LOCK_MS,
  });
}
