import type { Redis } from 'ioredis';
import { type Actuator, createActuator } from '../../src/act/actuator.ts';
import type { SetOwnWeight } from '../../src/act/lvs/own-weight.ts';
import type { Budget } from '../../src/model/configuration/budget.ts';
import type { PoolConfig, RaiseConfig } from '../../src/model/configuration/config.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { fence } from '../../src/rails/fence.ts';
import { holdFile } from '../../src/rails/hold-file.ts';
import { nodeBudget } from '../../src/rails/node-budget.ts';
import { preflight } from '../../src/rails/preflight.ts';
import { preflightVip } from '../../src/rails/preflight-vip.ts';
import { poolConfig } from '../support/pool.ts';
import { tempDir } from '../support/temp-dir.ts';
import { createFakeLvs, type FakeLvs } from './fake-lvs.ts';

export interface Fixture {
  readonly actuator: Actuator;
  readonly lvs: FakeLvs;
  readonly said: Outcome[];
  readonly stateDir: string;
  readonly pool: PoolConfig;
  now: number;
  /** What the broker says of the time when it is asked. */
  askBrokerNow: () => Promise<number>;
  isTimeKnown: boolean;
  master: boolean | undefined;
  /** Of the handover track file; undefined: there is none. */
  handover: number | undefined;
  /** What keepalived makes of it: this node's VRRP side as the next poll sees it. */
  director: () => Signals | undefined;
  /** Whether the VIP was taken off the interface. */
  vipRemoved: boolean;
  /** As the next poll sees the members; undefined: it answers and does not let this node look. */
  writable: Record<string, boolean | undefined>;
  /** Lets broker time pass and polls once a second. */
  pass(seconds: number): Promise<void>;
  /** Lets broker time pass, then polls once. */
  poll(ms: number): Promise<void>;
  /** A process that dies and another that starts: same files, same table, new memory. */
  restart(): Promise<void>;
  job(changes?: Partial<ActionJob>): ActionJob;
  run(job: ActionJob, signal?: AbortSignal): Promise<Outcome>;
  end(): Promise<void>;
}

/** Node a (or `node`) of a pool of two, its hand real, its table a stand-in. */
export async function createFixture(
  options: {
    node?: string;
    lvs?: FakeLvs;
    pool?: PoolConfig;
    redis?: (member: string) => Redis;
    stateDir?: string;
    raise?: RaiseConfig;
    budget?: Budget;
    setOwnWeight?: SetOwnWeight;
  } = {},
): Promise<Fixture> {
  const stateDir = options.stateDir ?? (await tempDir());
  const lvs = options.lvs ?? createFakeLvs({ a: 100, b: 100 });
  const pool = options.pool ?? poolConfig();
  const said: Outcome[] = [];
  let actuator = make();
  let entries = 0;

  function make(): Actuator {
    return createActuator({
      node: options.node ?? 'a',
      stateDir,
      pools: { logs: pool },
      staleAfterMs: 3_000,
      lvs,
      setOwnWeight: options.setOwnWeight ?? (async () => false),
      raise: options.raise ?? { steps: [100], everyMs: 0 },
      budget: options.budget ?? { max: 1_000, perMs: 3_600_000 },
      rails: { holdFile, fence, nodeBudget, preflight, preflightVip },
      redis: (_pool, member) => {
        if (options.redis === undefined) throw new Error(`no Redis for ${member} in this test`);
        return options.redis(member);
      },
      handover: () => ({
        read: async () => fixture.handover,
        async write(value) {
          fixture.handover = value;
        },
      }),
      async removeOrphan() {
        fixture.vipRemoved = true;
      },
      brokerNow: () => fixture.now,
      askBrokerNow: () => fixture.askBrokerNow(),
      isTimeKnown: () => fixture.isTimeKnown,
      report: async (outcome) => void said.push(outcome),
    });
  }

  const fixture: Fixture = {
    get actuator() {
      return actuator;
    },
    lvs,
    said,
    stateDir,
    pool,
    now: 1_000_000,
    askBrokerNow: async () => fixture.now,
    isTimeKnown: true,
    master: false,
    handover: 0,
    director() {
      const { master } = fixture;
      return master === undefined ? undefined : { state: master ? 'MASTER' : 'BACKUP', vip: master };
    },
    vipRemoved: false,
    writable: { a: true, b: true },
    async pass(seconds) {
      for (let second = 0; second < seconds; second += 1) await fixture.poll(1_000);
    },
    async poll(ms) {
      fixture.now += ms;
      const members = Object.fromEntries(
        Object.entries(fixture.writable).map(([name, writable]) => [
          name,
          writable === undefined ? { answering: true } : { answering: writable, writable },
        ]),
      );
      const director = fixture.director();
      await actuator.onPoll({ pool: 'logs', now: fixture.now, members, ...(director && { director }) });
    },
    async restart() {
      await actuator.close();
      actuator = make();
      await actuator.start();
    },
    job(changes = {}) {
      entries += 1;
      const entryId = `${fixture.now}-${entries}`;
      return {
        decision: `${entryId}.member-unwritable.b`,
        pool: 'logs',
        node: 'a',
        action: 'drain',
        member: 'b',
        entryId,
        expiresAt: fixture.now + 10_000,
        lease: {
          weight: 0,
          until: fixture.now + 1_800_000,
          owner: 'rule:member-unwritable',
          reason: 'b is not writable',
        },
        ...changes,
      };
    },
    run: (job, signal = new AbortController().signal) => actuator.runJob(job, signal),
    async end() {
      await actuator.close();
    },
  };
  await actuator.start();
  return fixture;
}
