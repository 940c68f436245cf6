/**
 * From a real Redis to the hand: the readers of two nodes and a worker, the rule pack, step with its rails, and the
 * MASTER's hand over a stand-in table. What Weir is refused is its own trouble, and no fact about a member.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { connectWatched, dropSilent } from '../../src/lib/redis/connections.ts';
import type { EntryBody } from '../../src/model/entries/entry.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { createMemberReader, type MemberReader } from '../../src/observe/redis/read-member.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { pollViewOf } from '../../workers/node/node-sweep.ts';
import { createFixture } from '../act/actuator-fixture.ts';
import { POLICY, sweepOf, tableOf } from '../support/pool.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { world } from '../support/world.ts';

const OBSERVERS = ['a', 'b', 'worker-w'];
const MEMBERS = ['a', 'b'];
/** Broker time goes on by a second with each poll, and polls come this soon: Redis' own clients reconnect in real time. */
const POLL_MS = 250;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A member that can be started anew at its port, as a person does with another password. */
async function member(password: string) {
  let server: TestRedis = await startRedis({ tcp: true, args: ['--requirepass', password] });
  const { port } = server;
  ends.push(() => server.stop());
  const producer = (known: string) => connectWatched({ host: '127.0.0.1', port, timeoutMs: 5_000, ...secret(known) });
  return {
    port,
    async restart(renewed: string) {
      await server.stop();
      server = await startRedis({ port, args: ['--requirepass', renewed] });
    },
    /** One push of a producer that knows the password: whether it was taken. */
    async push(known: string): Promise<boolean> {
      const redis = producer(known);
      await redis.connect();
      const length = await redis.rpush('logstash', 'x').finally(() => redis.disconnect());
      return length > 0;
    },
    async operator(known: string, ...command: [string, ...string[]]) {
      const redis = producer(known);
      await redis.connect();
      await redis.call(...command).finally(() => redis.disconnect());
    },
  };
}

const secret = (text: string) => ({ password: { reveal: () => text } });

/** Weir around two members, as its weir.yaml knows the password. */
async function weir(ports: Readonly<Record<string, number>>, password: string) {
  const { rules } = await loadRules(['rules']);
  const w = world(rules, { policy: { ...POLICY, settleMs: 0 } });
  const fixture = await createFixture();
  fixture.master = true;
  ends.push(fixture.end);
  const readers = Object.fromEntries(
    OBSERVERS.map((observer) => [observer, MEMBERS.map((name) => readerOf(observer, name))] as const),
  );
  let nowMs = 0;
  let broken = 0;

  function readerOf(observer: string, name: string): MemberReader {
    const redis = connectWatched({ host: '127.0.0.1', port: ports[name] ?? 0, timeoutMs: 2_000, ...secret(password) });
    const reader = createMemberReader({
      ...{ member: name, redis, dropSilent, queues: ['logstash'], own: name === observer },
      ...{ vip: { address: '127.0.0.9', port: 1 }, timeoutMs: 2_000, windowMs: 15_000, minSecondsToFull: 1_800 },
      monotonic: () => nowMs,
    });
    ends.push(() => reader.close());
    return reader;
  }

  function fold(body: EntryBody): void {
    const { jobs } = w.fold(nowMs, body);
    for (const job of jobs) if (job.node === 'a') void fixture.run({ ...job, expiresAt: fixture.now + 10_000 });
  }

  async function poll(): Promise<void> {
    nowMs += 1_000;
    fixture.now += 1_000;
    const sweeps = await Promise.all(OBSERVERS.map(look));
    for (const sweep of sweeps) fold(sweep);
    fold({ kind: 'tick', pool: 'logs' });
    const own = sweeps[0] as Sweep;
    const director = { state: 'MASTER', vip: true };
    await fixture.actuator.onPoll(pollViewOf({ ...own, pool: 'logs', at: fixture.now, director }));
    const weighted = MEMBERS.filter((name) => (fixture.lvs.weight(name) ?? 0) > 0);
    if (weighted.length === 0) broken += 1;
  }

  async function look(observer: string): Promise<Sweep> {
    const readings = await Promise.all((readers[observer] ?? []).map((reader) => reader.read()));
    const members = Object.fromEntries(MEMBERS.map((name, index) => [name, readings[index]?.signals as Signals]));
    const sweep = sweepOf(observer, 1_000_000 + nowMs, { members, troubles: readings.flatMap((one) => one.troubles) });
    if (OBSERVERS.indexOf(observer) < MEMBERS.length) {
      const weights = Object.fromEntries(MEMBERS.map((name) => [name, fixture.lvs.weight(name) ?? 0]));
      return { ...sweep, table: tableOf(weights) };
    }
    const { director: _, table: __, ...elsewhere } = sweep;
    return elsewhere;
  }

  return {
    fixture,
    /** Lets seconds of broker time pass, a poll for each. */
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second += 1) {
        await poll();
        await sleep(POLL_MS);
      }
    },
    acts: () => [...w.decisions.values()].map((one) => `${one.verdict} ${one.action} ${one.target}: ${one.reason}`),
    firing: () =>
      Object.values(w.state.findings)
        .filter(({ phase }) => phase === 'firing')
        .map(({ rule, target, title }) => ({ rule, target, title })),
    /** Seconds in which no member had a weight. */
    broken: () => broken,
  };
}

it('the password of a pool changes, first of b, then of a, and Weir is not told: nobody is drained, people are told', async () => {
  const [a, b] = [await member('old'), await member('old')];
  const w = await weir({ a: a.port, b: b.port }, 'old');
  await w.pass(3);
  expect(w.firing()).toEqual([]);

  await b.restart('new');
  await w.pass(20);
  expect(w.firing()).toMatchObject([{ rule: 'weir-locked-out', target: 'b' }]);
  expect(w.firing()[0]?.title).toContain('keeps Weir out (password)');
  expect(await b.push('new')).toBe(true);

  await a.restart('new');
  await w.pass(20);
  expect(w.firing()).toMatchObject([
    { rule: 'weir-locked-out', target: 'b' },
    { rule: 'weir-locked-out', target: 'a' },
  ]);
  expect([await a.push('new'), await b.push('new')]).toEqual([true, true]);
  expect(w.acts()).toEqual([]);
  expect(w.fixture.lvs.changes).toEqual([]);
  expect(w.broken()).toBe(0);
});

it('an ACL that takes INFO from Weir is told, and the member is not drained', async () => {
  const [a, b] = [await member('old'), await member('old')];
  const w = await weir({ a: a.port, b: b.port }, 'old');
  await w.pass(3);

  await b.operator('old', 'ACL', 'SETUSER', 'default', '-info');
  await w.pass(20);

  expect(w.firing()).toMatchObject([{ rule: 'weir-locked-out', target: 'b' }]);
  expect(await b.push('old')).toBe(true);
  expect(w.acts()).toEqual([]);
  expect(w.fixture.lvs.changes).toEqual([]);
});

it('what a person has out stays out when the other member keeps Weir out: it may serve', async () => {
  const [a, b] = [await member('old'), await member('old')];
  const w = await weir({ a: a.port, b: b.port }, 'old');
  await w.pass(3);
  const { fixture } = w;
  const lease = { weight: 0, until: fixture.now + 7_200_000, owner: 'person:ann@x', reason: 'disks' };
  expect(await fixture.run(fixture.job({ action: 'set_weight', lease }))).toMatchObject({ result: 'applied' });

  await a.restart('new');
  await w.pass(10);

  expect(await a.push('new')).toBe(true);
  expect(fixture.said.map(({ result, detail }) => `${result}: ${detail}`)).toEqual([]);
  expect(fixture.lvs.weight('b')).toBe(0);
});

it('the same bench drains a member that takes no writes: it would have told', async () => {
  const [a, b] = [await member('old'), await member('old')];
  const w = await weir({ a: a.port, b: b.port }, 'old');
  await w.pass(3);

  await b.operator('old', 'CONFIG', 'SET', 'maxmemory', '1');
  await w.pass(5);

  expect(w.fixture.lvs.changes).toEqual(['b to 0']);
});
