/**
 * An upgrade and its way back, a process at a time, with the real actuators: after each step b hangs and is well again, and
 * each table has one change for the one and one for the other, whoever of the workers and nodes is of which version.
 */

import { afterEach, expect, it } from 'vitest';
import { append } from '../../../src/broker/entries/stream.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { readDesiredLeases } from '../../../src/broker/store.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import { FORMAT_VERSION } from '../../../src/model/entries/version.ts';
import type { LeaseView, Sweep } from '../../../src/model/readings/reading.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import { createFixture, type Fixture } from '../../act/actuator-fixture.ts';
import { HEALTHY, POLICY, SILENT, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { ruleSet, unwritable } from '../../support/world.ts';
import { type VersionWorker, workersOn } from './versions-fixture.ts';

type Version = 'before' | 'now' | 'newer';
type Node = 'a' | 'b';
const NODES: readonly Node[] = ['a', 'b'];

const PLENTY = { max: 1_000, perMs: 3_600_000 };
const POLICY_NOW = {
  ...{ ...POLICY, settleMs: 0, blockMs: 0 },
  budgets: { target: PLENTY, rule: PLENTY, kind: PLENTY, pool: PLENTY },
};
const redis = await redisOfFile();
const { worker, workerBefore } = workersOn(redis, ruleSet([unwritable({ forMs: 0 })]), POLICY_NOW);

/** The workers and nodes that there are: `before now | before before` are two workers, then a and b. */
interface Cluster {
  /** Goes over to these: whoever of them is there already goes on. */
  become(processes: string): Promise<void>;
  /** b hangs, or is well again. @returns what each node has changed in its table since the last time. */
  hang(): Promise<Record<Node, string[]>>;
  heal(): Promise<Record<Node, string[]>>;
}

let nodes: Record<Node, Fixture> | undefined;
afterEach(async () => {
  for (const name of NODES) await nodes?.[name].end();
  nodes = undefined;
});

async function cluster(): Promise<Cluster> {
  const actuators = { a: await createFixture({ node: 'a' }), b: await createFixture({ node: 'b' }) };
  nodes = actuators;
  actuators.a.master = true;
  const versions: Record<Node, Version> = { a: 'before', b: 'before' };
  let workers: { readonly version: Version; readonly worker: VersionWorker }[] = [];
  let isHung = false;
  /** As BullMQ, which takes a job of one id once. */
  const taken = new Set<string>();

  async function sweep(name: Node): Promise<void> {
    const f = actuators[name];
    f.now = await brokerTime(redis, 'logs');
    f.writable = { a: true, b: !isHung };
    await f.poll(0);
    await f.actuator.takeDesired(await readDesiredLeases(redis, 'logs'));
    const seen = sweepOf(name, f.now, {
      members: { a: HEALTHY, b: isHung ? SILENT : HEALTHY },
      table: await f.lvs.read(f.pool),
      leases: f.actuator.liveLeases('logs'),
    });
    await append(redis, written(seen, versions[name]));
  }

  async function act(job: ActionJob): Promise<void> {
    const name = job.node as Node;
    if (taken.has(`${name} ${job.decision}`)) return;
    taken.add(`${name} ${job.decision}`);
    const f = actuators[name];
    f.now = await brokerTime(redis, 'logs');
    await append(redis, await f.run(job));
  }

  /** Everybody has their turn, and another worker is the first in each round. */
  async function round(): Promise<void> {
    for (const name of NODES) await sweep(name);
    const [first, ...rest] = workers;
    if (first !== undefined) workers = [...rest, first];
    for (const { worker: one } of workers) await one.evaluate();
    for (const { worker: one, version } of workers) {
      for (const job of one.jobs.splice(0)) await act(version === 'newer' ? { ...job, ...UNKNOWN } : job);
    }
    for (const name of NODES) {
      for (const news of actuators[name].said.splice(0)) await append(redis, news);
    }
  }

  /** Until nothing is open, b has that weight everywhere, and some rounds more in which nothing happens. */
  async function settle(weight: number): Promise<void> {
    let quiet = 0;
    for (let rounds = 0; quiet < 4; rounds += 1) {
      if (rounds > 300) throw new Error(`b is not at ${weight}: ${JSON.stringify(await stateNow())}`);
      await round();
      const { open = {}, leases = {} } = await stateNow();
      const isDone = Object.keys(open).length === 0 && Object.keys(leases).length === (weight === 0 ? 1 : 0);
      const isThere = NODES.every((name) => actuators[name].lvs.weight('b') === weight);
      quiet = isDone && isThere ? quiet + 1 : 0;
    }
  }

  return {
    async become(processes) {
      const [some = '', both = ''] = processes.split(' | ');
      const wanted = some.split(' ') as Version[];
      const before = workers;
      workers = wanted.map(
        (version) => before.find((one) => one.version === version) ?? { version, worker: start(version) },
      );
      for (const [index, version] of (both.split(' ') as Version[]).entries()) {
        const name = NODES[index] as Node;
        if (versions[name] !== version) await actuators[name].restart();
        versions[name] = version;
      }
      await round();
    },
    async hang() {
      isHung = true;
      await settle(0);
      return changes();
    },
    async heal() {
      isHung = false;
      await settle(100);
      return changes();
    },
  };

  function changes(): Record<Node, string[]> {
    return { a: actuators.a.lvs.changes.splice(0), b: actuators.b.lvs.changes.splice(0) };
  }
}

/** What nobody of today knows. */
const UNKNOWN = { version: FORMAT_VERSION + 1, fromTheFuture: { x: 1 } };

/** A sweep as a node of that version writes it. */
function written(sweep: Sweep, version: Version): Sweep {
  if (version === 'newer') return { ...sweep, ...UNKNOWN } as Sweep;
  if (version === 'now') return { ...sweep, version: FORMAT_VERSION, calendarMs: 0 };
  return { ...sweep, leases: sweep.leases.map(({ kept: _, unwritable: __, ...lease }): LeaseView => lease) };
}

function start(version: Version): VersionWorker {
  return version === 'before' ? workerBefore() : worker(version === 'now' ? FORMAT_VERSION : FORMAT_VERSION + 1);
}

async function stateNow(): Promise<Partial<PoolState>> {
  return JSON.parse((await redis.hget(poolKeys('logs').state, 'json')) ?? '{}') as Partial<PoolState>;
}

const OUT = { a: ['b to 0'], b: ['b to 0'] };
const BACK = { a: ['b to 100'], b: ['b to 100'] };

const UP_NODES_FIRST = [
  'before | before before',
  'before | now before',
  'before | now now',
  'before now | now now',
  'now | now now',
];
const UP_WORKERS_FIRST = [
  'before | before before',
  'now before | before before',
  'now | before before',
  'now | before now',
  'now | now now',
];
const TO_NEWER = [
  'now | now now',
  'now | now newer',
  'now newer | now newer',
  'newer | now newer',
  'newer | newer newer',
];

it.each([
  ['nodes first, and back', [...UP_NODES_FIRST, ...UP_NODES_FIRST.toReversed().slice(1)]],
  ['workers first, and back', [...UP_WORKERS_FIRST, ...UP_WORKERS_FIRST.toReversed().slice(1)]],
  [
    'to a newer one, the older worker beside it, and its nodes back',
    [...TO_NEWER, 'newer now | newer now', 'newer | now now'],
  ],
])(
  '%s: one change in each table for each time that b hangs, and one when it is well',
  async (_, steps) => {
    const all = await cluster();
    // The first state is that of a worker of today: the one before begins none here.
    await all.become('now | before before');
    await redis.hdel(poolKeys('logs').state, 'version');
    for (const step of steps) {
      await all.become(step);
      expect([step, await all.hang()]).toEqual([step, OUT]);
      expect([step, await all.heal()]).toEqual([step, BACK]);
    }
  },
  300_000,
);

it('back to an older worker as docs/upgrades.md has it, while b is drained: its tables have no change more', async () => {
  const all = await cluster();
  await all.become('newer | now now');
  expect(await all.hang()).toEqual(OUT);
  await redis.del(poolKeys('logs').state);
  await all.become('now | now now');
  expect(await all.hang()).toEqual({ a: [], b: [] });
  expect(await all.heal()).toEqual(BACK);
});
