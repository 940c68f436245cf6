import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SIGNALS } from '../../../src/model/readings/signals.ts';
import { NO_ANSWER } from '../../../src/observe/redis/read-member.ts';
import { startRedis } from '../../support/redis.ts';
import { type MemberFixture, type MemberFixtureOptions, membersOfTests } from '../member/member-fixture.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const member = membersOfTests();

describe('a member that serves', () => {
  it('answers, is writable, and says what it is', async () => {
    const a = await member();

    const { signals, troubles } = await a.read();

    expect(troubles).toEqual([]);
    expect(signals).toMatchObject({
      answering: true,
      writable: true,
      refusal: '',
      full: false,
      role: 'master',
      maxmemory_policy: 'noeviction',
      queue_depth: 0,
    });
    expect(signals.memory_bytes).toBeGreaterThan(100_000);
    expect(Object.keys(signals).filter((name) => !(name in SIGNALS.member))).toEqual([]);
  });

  it('has the items of all its queues as its depth', async () => {
    const a = await member({ reader: { queues: ['logstash', 'audit', 'empty'] } });
    await a.client.rpush('logstash', 'a', 'b', 'c');
    await a.client.lpush('audit', 'a', 'b');
    await a.client.rpush('of-somebody-else', 'a');

    expect((await a.read()).signals.queue_depth).toBe(5);
  });

  it('without queues to watch has a depth of 0', async () => {
    const a = await member({ reader: { queues: [] } });

    expect(await a.read()).toMatchObject({ signals: { answering: true, queue_depth: 0 }, troubles: [] });
  });

  it('has rates between two polls', async () => {
    const a = await member();
    await a.read();
    const item = 'x'.repeat(1_000);
    for (let count = 0; count < 40; count += 1) await a.client.rpush('logstash', item);
    for (let count = 0; count < 10; count += 1) await a.client.lpop('logstash');

    const { signals } = await a.read(2_000);

    expect(signals).toMatchObject({ push_rate: 20, take_rate: 5, refused_writes: 0, evicted_keys: 0, queue_depth: 30 });
    expect(signals.inflow_rate).toBeGreaterThan(20_000);
    expect(signals.consume_rate).toBeGreaterThan(5_000);
  });

  it('does not count the polls themselves as consumption', async () => {
    const a = await member();
    for (let poll = 0; poll < 5; poll += 1) await a.read();

    const { signals } = await a.read();

    // INFO is over 5 kB; what stays are the few bytes around a reply.
    expect(signals.consume_rate).toBeLessThan(1_000);
  });

  it('counts what came since CONFIG RESETSTAT, never less than nothing (T29)', async () => {
    const a = await member();
    for (let count = 0; count < 30; count += 1) await a.client.rpush('logstash', 'x');
    await a.read();
    await a.client.config('RESETSTAT');
    for (let count = 0; count < 6; count += 1) await a.client.rpush('logstash', 'x');

    const { signals } = await a.read();

    expect(signals.push_rate).toBe(6);
    expect(signals.inflow_rate).toBeGreaterThanOrEqual(0);
    expect(signals.consume_rate).toBeGreaterThanOrEqual(0);
  });
});

describe('a queue', () => {
  it('whose key is no list has no depth, and a sentence says why', async () => {
    const a = await member({ reader: { queues: ['logstash', 'audit'] } });
    await a.client.set('audit', 'no list');
    await a.client.rpush('logstash', 'x');

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ answering: true, writable: true });
    expect(signals).not.toHaveProperty('queue_depth');
    expect(troubles).toEqual([
      expect.stringMatching(/^Queue audit of member a cannot be counted: WRONGTYPE .* value: Weir counts lists,/),
    ]);
  });
});

describe('a member that does not answer', () => {
  it('because it is frozen is silent poll after poll, each within its time-out, and soon back when it goes on', async () => {
    const a = await member({ reader: { timeoutMs: 500 } });
    await expect.poll(() => a.read(), { timeout: 50_000 }).toMatchObject({ signals: { answering: true } });

    process.kill(a.server.pid, 'SIGSTOP');
    const frozenUntil = performance.now() + 4_000;
    while (performance.now() < frozenUntil) {
      const askedAt = performance.now();
      expect(await a.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
      expect(performance.now() - askedAt).toBeLessThan(10_000);
      await sleep(400);
    }

    process.kill(a.server.pid, 'SIGCONT');
    await expect
      .poll(() => a.read(), { timeout: 50_000, interval: 200 })
      .toMatchObject({ signals: { answering: true, writable: true } });
  });

  it('because it is not there says so at once', async () => {
    const a = await member();
    await a.server.stop();

    expect(await a.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
    expect(await a.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
  });

  it('because it was killed is a new one when it is back: its counters begin anew', async () => {
    const a = await member();
    for (let count = 0; count < 50; count += 1) await a.client.rpush('logstash', 'x');
    await a.read();
    expect((await a.read()).signals).toHaveProperty('inflow_rate');

    await a.server.stop();
    expect((await a.read()).signals).toEqual(NO_ANSWER);
    const again = await startRedis({ port: a.port });
    ends.push(again.stop);
    let first = await a.read();
    for (let tries = 0; tries < 500 && first.signals.answering === false; tries += 1) {
      await sleep(100);
      first = await a.read();
    }

    expect(first.signals).toMatchObject({ answering: true, writable: true, queue_depth: 0 });
    expect(['inflow_rate', 'push_rate', 'refused_writes'].filter((name) => name in first.signals)).toEqual([]);
  });

  it('is not asked any more once its reader is closed', async () => {
    const a = await member();
    await a.read();

    await a.end();

    expect((await a.read()).signals).toEqual(NO_ANSWER);
  });
});

describe('consumers', () => {
  /** A consumer that waits for items at one of the addresses of the host, as seen by the server. */
  async function consumerAt(a: MemberFixture, host: string): Promise<void> {
    const consumer = a.connect(host);
    await consumer.lpop('logstash');
  }

  const listening: MemberFixtureOptions = { args: ['--bind', '127.0.0.1', '127.0.0.2'] };

  it('are counted by the member’s own node, those through the VIP apart', async () => {
    const vip = { address: '127.0.0.2', port: 0 };
    const a = await member({ ...listening, reader: { own: true, vip } });
    vip.port = a.port;
    await consumerAt(a, '127.0.0.1');
    await consumerAt(a, '127.0.0.2');
    await a.client.rpush('logstash', 'x');

    expect((await a.read()).signals).toMatchObject({ consumers: 2, consumers_on_vip: 1 });
  });

  it('are counted seldom: the list of clients is long', async () => {
    const a = await member({ reader: { own: true } });
    expect((await a.read()).signals).toMatchObject({ consumers: 0 });
    await consumerAt(a, '127.0.0.1');

    expect((await a.read(29_000)).signals).toMatchObject({ consumers: 0 });
    expect((await a.read(1_000)).signals).toMatchObject({ consumers: 1, consumers_on_vip: 0 });
  });

  it('are counted by nobody else', async () => {
    const a = await member();
    await consumerAt(a, '127.0.0.1');

    expect((await a.read()).signals).not.toHaveProperty('consumers');
  });

  const hasIPv6 = (networkInterfaces().lo ?? []).some((one) => one.address === '::1');

  it.skipIf(!hasIPv6)('that came through an IPv6 VIP are told by it', async () => {
    const vip = { address: '0:0::1', port: 0 };
    const a = await member({ args: ['--bind', '127.0.0.1', '::1'], reader: { own: true, vip } });
    vip.port = a.port;
    await consumerAt(a, '[::1]');

    expect((await a.read()).signals).toMatchObject({ consumers: 1, consumers_on_vip: 1 });
  });
});
