import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Actuator, createActuator } from '../../../src/act/actuator.ts';
import type { LeaseFile } from '../../../src/act/ledger/pool-record.ts';
import type { PoolConfig } from '../../../src/model/configuration/config.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import { fence } from '../../../src/rails/fence.ts';
import { holdFile } from '../../../src/rails/hold-file.ts';
import { nodeBudget } from '../../../src/rails/node-budget.ts';
import { preflight } from '../../../src/rails/preflight.ts';
import { preflightVip } from '../../../src/rails/preflight-vip.ts';
import { poolConfig } from '../../support/pool.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';
import type { FakeLvs } from '../fake-lvs.ts';

const { a, b } = poolConfig().members as Record<'a' | 'b', PoolConfig['members'][string]>;

let f: Fixture;
let actuator: Actuator | undefined;
afterEach(async () => {
  await actuator?.close();
  actuator = undefined;
  await f.end();
});

/** b is drained on this node, and the node process ends. */
async function drained(): Promise<void> {
  f = await createFixture();
  f.master = true;
  await f.pass(1);
  expect((await f.run(f.job())).result).toBe('applied');
  expect(f.lvs.weight('b')).toBe(0);
  await f.actuator.close();
}

/** As the kernel's table, which knows addresses and not names: the rows of the stand-in under the pool's names. */
function byAddress(lvs: FakeLvs, now: PoolConfig): FakeLvs {
  const old = (name: string) => (now.members[name]?.address === b.address ? 'b' : name);
  return {
    ...lvs,
    async read(pool) {
      const rows = await lvs.read(pool);
      return Object.fromEntries(
        Object.entries(pool.members).map(([name, { address }]) => [
          name,
          rows[address === b.address ? 'b' : name] ?? {
            listed: false,
            weight: 0,
            activeConnections: 0,
            inactiveConnections: 0,
          },
        ]),
      );
    },
    thresholds: (place) => lvs.thresholds({ ...place, member: old(place.member) }),
    setWeight: (place, weight, mayStill) => lvs.setWeight({ ...place, member: old(place.member) }, weight, mayStill),
  };
}

interface Next {
  readonly said: Outcome[];
  /** A poll a second, of what this weir.yaml has. */
  pass(seconds: number): Promise<void>;
  restore(pool: string, member: string): Promise<string>;
  run(job: ActionJob): Promise<Outcome>;
}

/** The node comes up with another weir.yaml. */
async function startWith(...pools: readonly PoolConfig[]): Promise<Next> {
  const said: Outcome[] = [];
  const [first] = pools as [PoolConfig];
  const next = createActuator({
    ...{ node: 'a', stateDir: f.stateDir, staleAfterMs: 3_000, setOwnWeight: async () => false },
    pools: Object.fromEntries(pools.map((pool) => [pool.name, pool])),
    lvs: byAddress(f.lvs, first),
    raise: { steps: [100], everyMs: 0 },
    budget: { max: 1_000, perMs: 3_600_000 },
    rails: { holdFile, fence, nodeBudget, preflight, preflightVip },
    redis: (_pool, member) => expect.fail(`no Redis of ${member} is asked`),
    handover: () => ({
      read: async () => f.handover,
      async write(value) {
        f.handover = value;
      },
    }),
    removeOrphan: async () => {},
    brokerNow: () => f.now,
    askBrokerNow: async () => f.now,
    isTimeKnown: () => true,
    report: async (outcome) => void said.push(outcome),
  });
  actuator = next;
  await next.start();
  return {
    said,
    async pass(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        f.now += 1_000;
        for (const pool of pools) {
          const members = Object.fromEntries(
            Object.keys(pool.members).map((name) => [name, { answering: true, writable: true }]),
          );
          await next.onPoll({ pool: pool.name, now: f.now, members, director: { state: 'MASTER', vip: true } });
        }
      }
    },
    restore: (pool, member) => next.restore(pool, member, 'root@a'),
    run: (job) => next.runJob(job, new AbortController().signal),
  };
}

async function fileOf(): Promise<LeaseFile> {
  return (JSON.parse(await readFile(join(f.stateDir, 'leases.json'), 'utf8')) as { pools: LeaseFile }).pools;
}

const LEFT = /^This node holds logs\/b at weight 0 for rule member-unwritable until \S+Z, and its weir.yaml has no /;

describe('a member that is gone from weir.yaml while this node holds it', () => {
  const without = poolConfig({ members: { a } });

  it('is no lease of the pool any more; while it stands in the table at 0 the node says so', async () => {
    await drained();
    const next = await startWith(without);
    expect(actuator?.liveLeases('logs')).toEqual([]);
    expect(actuator?.troubles('logs')).toEqual([expect.stringMatching(LEFT)]);
    await next.pass(3_700);
    expect(f.lvs.weight('b')).toBe(0);
    expect(actuator?.troubles('logs')).toEqual([expect.stringContaining('and its time is over')]);
    expect(actuator?.troubles('logs').join()).toContain('`weir restore logs/b --local`');
  });

  it('is let go of as soon as it is not in the table any more', async () => {
    await drained();
    const next = await startWith(without);
    f.lvs.keepalivedRemoves('b');
    await next.pass(1);
    expect(next.said).toMatchObject([{ result: 'ended', detail: expect.stringContaining('weir.yaml has no logs/b') }]);
    expect(actuator?.troubles('logs')).toEqual([]);
    expect((await fileOf()).logs?.holds).toEqual({});
  });

  it('is given its weight back by a person, under the name that the file has', async () => {
    await drained();
    const next = await startWith(without);
    expect(await next.restore('logs', 'b')).toContain('b went from weight 0 to 100');
    expect(f.lvs.weight('b')).toBe(100);
    expect(actuator?.troubles('logs')).toEqual([]);
    expect(next.said).toMatchObject([{ result: 'ended', member: 'b' }]);
  });

  it('is given its weight back at a request of the pool, as another host’s weir.yaml has it', async () => {
    await drained();
    const next = await startWith(without);
    const outcome = await next.run(f.job({ action: 'restore', unconditional: true }));
    expect(outcome).toMatchObject({ result: 'applied', weightAfter: 100 });
    expect(f.lvs.weight('b')).toBe(100);
    expect(actuator?.troubles('logs')).toEqual([]);
    expect(await next.run(f.job({ action: 'restore', unconditional: true }))).toMatchObject({
      result: 'applied',
      detail: 'a holds nothing of logs/b, and its weir.yaml has no such member.',
    });
  });

  it('stays as it is when the pool ends its lease without a person: nobody polls it, and it may be dead', async () => {
    await drained();
    const id = f.job().decision;
    const next = await startWith(without);
    const [held] = Object.values((await fileOf()).logs?.holds ?? {}).flatMap(({ leases }) => leases);
    const end = f.job({ action: 'restore', decision: `${held?.id}~end`, leaseIds: [held?.id ?? id] });
    expect((await next.run(end)).result).toBe('kept');
    expect(f.lvs.weight('b')).toBe(0);
  });

  it('takes no other job', async () => {
    await drained();
    const next = await startWith(without);
    for (const action of ['drain', 'set_weight', 'shed_clients'] as const) {
      const { result, detail } = await next.run(f.job({ action }));
      expect([result, detail]).toEqual(['refused', 'weir.yaml of this node has no member b in pool logs.']);
    }
  });

  it('of a file that does not say where it stood is forgotten at a request too', async () => {
    await drained();
    const { logs, ...others } = await fileOf();
    const { as: _, ...old } = logs as NonNullable<typeof logs>;
    await writeFile(join(f.stateDir, 'leases.json'), JSON.stringify({ version: 1, pools: { ...others, logs: old } }));
    const next = await startWith(without);
    // Not where the pool ends the lease: somebody must look.
    const [held] = Object.values(old.holds).flatMap(({ leases }) => leases);
    const end = f.job({ action: 'restore', decision: `${held?.id}~end`, leaseIds: [held?.id ?? ''] });
    expect((await next.run(end)).result).toBe('refused');
    expect(actuator?.troubles('logs')).toEqual([expect.stringMatching(LEFT)]);
    const outcome = await next.run(f.job({ action: 'restore', unconditional: true }));
    expect(outcome).toMatchObject({ result: 'applied', detail: expect.stringContaining('look with `ipvsadm -Ln`') });
    expect(actuator?.troubles('logs')).toEqual([]);
  });

  it('of a file that does not say where it stood is forgotten at a word, and people are told to look', async () => {
    await drained();
    const { logs, ...others } = await fileOf();
    const { as: _, ...old } = logs as NonNullable<typeof logs>;
    await writeFile(join(f.stateDir, 'leases.json'), JSON.stringify({ version: 1, pools: { ...others, logs: old } }));
    const next = await startWith(without);
    await next.pass(1);
    expect(actuator?.troubles('logs')).toEqual([expect.stringMatching(LEFT)]);
    expect(await next.restore('logs', 'b')).toContain('look with `ipvsadm -Ln`');
    expect(actuator?.troubles('logs')).toEqual([]);
    await expect(next.restore('logs', 'b')).rejects.toThrow('weir.yaml of this node has no member b in pool logs');
  });

  it('that Weir had taken out of the table to move its producers is not put back', async () => {
    await drained();
    const { logs } = await fileOf();
    const removed = { b: { upper: 0, lower: 0 } };
    const pools = { logs: { ...logs, holds: {}, removed } };
    await writeFile(join(f.stateDir, 'leases.json'), JSON.stringify({ version: 1, pools }));
    f.lvs.keepalivedRemoves('b');
    const next = await startWith(without);
    await next.pass(1);
    expect([f.lvs.weight('b'), actuator?.troubles('logs')]).toEqual([undefined, []]);
    expect((await fileOf()).logs?.removed).toEqual({});
  });
});

describe('a member that has another name in weir.yaml', () => {
  const renamed = poolConfig({ members: { a, b2: { ...b, name: 'b2' } } });

  it('is held on under that name, and given back when its lease is over', async () => {
    await drained();
    const next = await startWith(renamed);
    expect(actuator?.liveLeases('logs')).toMatchObject([{ member: 'b2', weight: 0, base: 100 }]);
    await next.pass(1_790);
    expect(f.lvs.weight('b')).toBe(0);
    await next.pass(20);
    expect(f.lvs.weight('b')).toBe(100);
    expect(next.said).toMatchObject([{ result: 'ended', member: 'b2' }]);
    expect(actuator?.troubles('logs')).toEqual([]);
    expect((await fileOf()).logs?.holds).toEqual({});
  });
});

describe('a pool that has another name in weir.yaml', () => {
  const renamed = poolConfig({ name: 'logs2' });

  it('is held on under that name: what was over stays over, and the lease ends as it would have', async () => {
    await drained();
    const next = await startWith(renamed);
    expect(actuator?.liveLeases('logs2')).toMatchObject([{ member: 'b', weight: 0 }]);
    await next.pass(1_810);
    expect(f.lvs.weight('b')).toBe(100);
    expect(next.said).toMatchObject([{ pool: 'logs2', result: 'ended', member: 'b' }]);
    expect(Object.keys(await fileOf())).toEqual(['logs2']);
    expect((await fileOf()).logs2?.fence).toBeDefined();
  });
});

describe('a pool that is gone from weir.yaml', () => {
  const other = poolConfig({ name: 'other', vip: { address: '192.168.81.230', port: 6379 } });

  it('is named by every pool of the node while it is held, and given back by a person', async () => {
    await drained();
    const next = await startWith(other);
    await next.pass(2);
    expect(actuator?.troubles('other')).toEqual([expect.stringMatching(/^This node holds logs\/b .* no pool logs: /)]);
    expect(await next.restore('logs', 'b')).toContain('b went from weight 0 to 100');
    expect(actuator?.troubles('other')).toEqual([]);
  });

  it('keeps this node off no VIP any more', async () => {
    await drained();
    const { logs } = await fileOf();
    const handover = {
      id: '1-1.request.a',
      value: -254,
      until: f.now + 3_600_000,
      owner: 'person:ann',
      reason: 'x',
      hold: true,
    };
    await writeFile(
      join(f.stateDir, 'leases.json'),
      JSON.stringify({ version: 1, pools: { logs: { ...logs, holds: {}, handover } } }),
    );
    f.handover = -254;
    await startWith(other);
    expect(f.handover).toBe(0);
    expect((await fileOf()).logs?.handover).toBeUndefined();
  });
});
