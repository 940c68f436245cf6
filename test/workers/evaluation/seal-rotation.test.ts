/**
 * From no seals to required ones and back, a process at a time, in both orders (docs/rotation.md): after each step a person
 * drains b and gives it back, each node changes its table once for the one and once for the other, and nothing is set aside.
 */

import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { append, readAfter } from '../../../src/broker/entries/stream.ts';
import { newKeyPair } from '../../../src/broker/seal/keys.ts';
import { openSeal, sealOf, sealOn } from '../../../src/broker/seal/sealed.ts';
import { jobSealFault } from '../../../src/broker/seal/things.ts';
import { readDesiredLeases } from '../../../src/broker/store.ts';
import { brokerTime } from '../../../src/broker/time/clock.ts';
import { secret } from '../../../src/config/secret.ts';
import type { SealMode, SealRole } from '../../../src/model/configuration/seal.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { actJob } from '../../../workers/node/act.ts';
import { createFixture, type Fixture } from '../../act/actuator-fixture.ts';
import { HEALTHY, POLICY, POLL, poolOf, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { type Harness, harnessOn, stateOf } from '../evaluate-fixture.ts';

type Who = 'a' | 'b' | 'w1' | 'w2' | 'ann';
type Modes = Record<Who, SealMode>;
const NODES = ['a', 'b'] as const;
const WORKERS = ['w1', 'w2'] as const;

/** Of a role the key before and the one after; which of them a process has is its own. */
const KEYS = Object.fromEntries(
  (['node', 'worker', 'terminal'] as const).map((role) => [role, [newKeyPair(), newKeyPair()]]),
) as Record<SealRole, ReturnType<typeof newKeyPair>[]>;
const publicKeys = (role: SealRole) => KEYS[role].map(({ publicText }) => publicText);
const PUBLIC = { node: { '*': publicKeys('node') }, worker: publicKeys('worker'), terminal: publicKeys('terminal') };

const redis = await redisOfFile();
const ROLE_OF: Record<Who, SealRole> = { a: 'node', b: 'node', w1: 'worker', w2: 'worker', ann: 'terminal' };

/** A slow machine takes seconds for a round. */
const PATIENT = { ...POLL, staleAfterMs: 60_000 };

let ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** The process anew, in this mode and with the key before (0) or after (1). */
async function processOf(who: Who, mode: SealMode, key: 0 | 1): Promise<Redis> {
  const own = redis.duplicate();
  ends.push(() => own.disconnect());
  if (own.status === 'wait') await own.connect();
  const privateText = KEYS[ROLE_OF[who]][key]?.privateText ?? '';
  const seal = { mode, key: secret(privateText), public: PUBLIC };
  sealOn([own], openSeal({ seal, pools: { logs: poolOf() } }, ROLE_OF[who]));
  return own;
}

async function cluster() {
  const connections = {} as Record<Who, Redis>;
  const harnesses = {} as Record<(typeof WORKERS)[number], Harness>;
  const actuators = { a: await createFixture({ node: 'a' }), b: await createFixture({ node: 'b' }) };
  ends.push(...NODES.map((name) => () => actuators[name].end()));
  actuators.a.master = true;

  async function become(who: Who, mode: SealMode, key: 0 | 1 = 0): Promise<void> {
    connections[who] = await processOf(who, mode, key);
    if (who === 'w1' || who === 'w2') {
      harnesses[who] = harnessOn(connections[who], { poll: PATIENT, policy: { ...POLICY, settleMs: 0, blockMs: 0 } });
    }
  }

  async function sweep(name: (typeof NODES)[number]): Promise<void> {
    const f: Fixture = actuators[name];
    f.now = await brokerTime(redis, 'logs');
    await f.poll(0);
    const unread: string[] = [];
    await f.actuator.takeDesired(
      await readDesiredLeases(connections[name], 'logs', (ids) => unread.push(...ids), f.now),
    );
    expect(unread).toEqual([]);
    const leases = f.actuator.liveLeases('logs');
    const seen = { members: { a: HEALTHY, b: HEALTHY }, table: await f.lvs.read(f.pool), leases };
    await append(connections[name], sweepOf(name, f.now, seen));
    for (const outcome of f.said.splice(0)) await append(connections[name], outcome);
  }

  /** By the process of the node, as it takes a job from its queue. */
  async function act(job: ActionJob): Promise<void> {
    const name = job.node as (typeof NODES)[number];
    const f = actuators[name];
    f.now = await brokerTime(redis, 'logs');
    await f.poll(0);
    const outcomes: Outcome[] = [];
    // As BullMQ hands it on: through JSON.
    const data = JSON.parse(JSON.stringify(job)) as ActionJob;
    await actJob({ data } as Job<ActionJob>, undefined, {
      runJob: (one, signal) => f.run(one, signal),
      report: (outcome) => outcomes.push(outcome),
      now: () => f.now,
      sealFault: (one) => jobSealFault(sealOf(connections[name]), one, f.now),
    });
    for (const outcome of outcomes) await append(connections[name], outcome);
  }

  async function round(): Promise<void> {
    for (const name of NODES) await sweep(name);
    for (const who of WORKERS) {
      const harness = harnesses[who];
      await evaluatePool(poolOf(), harness);
      for (const item of harness.delivered.splice(0)) if (item.queue === 'act') await act(item.data);
    }
  }

  const hasChanged = () => NODES.some((name) => actuators[name].lvs.changes.length > 0);

  async function say(action: 'drain' | 'restore'): Promise<Record<string, string[]>> {
    await round();
    for (const name of NODES) actuators[name].lvs.changes.splice(0);
    const asked = { kind: 'request', pool: 'logs', target: 'b', by: 'ann@x', force: false } as const;
    // On a slow machine a job may come too late: that is refused, and a person asks again.
    for (let tries = 0; tries < 5 && !hasChanged(); tries += 1) {
      await append(connections.ann, { ...asked, action, ...(action === 'drain' && { leaseMs: 600_000 }) });
      for (let rounds = 0; rounds < 6; rounds += 1) await round();
    }
    for (const who of WORKERS) expect(harnesses[who].aside).toEqual([]);
    return { a: [...actuators.a.lvs.changes], b: [...actuators.b.lvs.changes] };
  }

  /** What the process of a role now has done is taken by all, and what all do by it. */
  async function works(step: string): Promise<void> {
    expect(await say('drain'), step).toEqual({ a: ['b to 0'], b: ['b to 0'] });
    expect(await say('restore'), step).toEqual({ a: ['b to 100'], b: ['b to 100'] });
  }
  return { become, works, connections };
}

const UP: readonly Who[] = ['a', 'b', 'w1', 'w2', 'ann'];
const ORDERS: Record<string, readonly Who[]> = {
  'nodes, workers, terminals': UP,
  'terminals, workers, nodes': [...UP].reverse(),
};

it.each(Object.entries(ORDERS))(
  '%s: off, accept, require, another key, and back',
  { timeout: 300_000 },
  async (_, order) => {
    await redis.flushall();
    const { become, works, connections } = await cluster();
    const modes = Object.fromEntries(UP.map((who) => [who, 'off'])) as Modes;
    for (const who of UP) await become(who, 'off');
    await works('off');
    for (const mode of ['accept', 'require'] as const) {
      for (const who of order) {
        modes[who] = mode;
        await become(who, mode);
        await works(`${who}: ${mode}`);
      }
      if (mode === 'require') continue;
      const { seals } = await stateOf(redis);
      expect(Object.keys(seals?.unsealed ?? {}).sort(), 'who was heard before').not.toEqual([]);
    }
    expect((await readAfter(connections.w1, 'logs', '0-0', 5_000)).at(-1)?.seal).toMatchObject({
      n: expect.any(Number),
    });
    for (const who of order) {
      await become(who, 'require', 1);
      await works(`${who}: the key after`);
    }
    for (const mode of ['accept', 'off'] as const) {
      for (const who of order) {
        await become(who, mode, 1);
        await works(`${who}: back to ${mode}`);
      }
    }
  },
);
