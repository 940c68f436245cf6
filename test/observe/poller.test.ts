import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import { createKeepalivedReader, type Dump } from '../../src/observe/director/keepalived-dump.ts';
import { tempDir } from '../support/temp-dir.ts';
import { renderIpVs, renderIpVsStats } from './director/ip-vs-render.ts';
import { STAND_IN_SIGNAL, startStandIn } from './director/keepalived-fixture.ts';
import { answerWith, pipelines, startLogstash } from './logstash-server.ts';
import { type Setup, type SetupOptions, startPoller } from './poller-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(options?: SetupOptions): Promise<Setup> {
  const setup = await startPoller(options);
  ends.push(setup.end);
  return setup;
}

/** A folder in the place of /proc, with the pool's table in it. */
async function procWithTable(): Promise<string> {
  const dir = await tempDir();
  await mkdir(join(dir, 'net'));
  const destinations = [{ address: '192.168.81.51', port: 6379, weight: 100, active: 2 }];
  const services = [{ protocol: 'TCP', address: '192.168.81.229', port: 6379, destinations }];
  await writeFile(join(dir, 'net/ip_vs'), renderIpVs(services));
  await writeFile(join(dir, 'net/ip_vs_stats'), renderIpVsStats({ connections: 1, packetsIn: 1, bytesIn: 1 }));
  return dir;
}

const BACKUP: Dump = {
  alive: true,
  instances: [{ name: 'VI_1', state: 1, interface: 'eth0', vips: ['192.168.81.229 dev eth0'], effectivePriority: 250 }],
};

describe('a sweep', () => {
  it('of a worker has every member and consumer, and no side of its own', async () => {
    const logstash = await startLogstash();
    ends.push(logstash.stop);
    logstash.answer = answerWith({ main: pipelines(1, 1, 20) });
    const { poller } = await start({ name: 'worker-x', parts: { consumers: { 'logs:9600': logstash.url } } });

    const sweep = await poller.poll(1_000_000);

    expect(sweep).toEqual({
      kind: 'sweep',
      pool: 'logs',
      observer: 'worker-x',
      at: 1_000_000,
      members: {
        a: expect.objectContaining({ answering: true, writable: true, queue_depth: 0 }),
        b: expect.objectContaining({ answering: true, writable: true, queue_depth: 0 }),
      },
      consumers: { 'logs:9600': { answering: true, worker_utilization: 20 } },
      troubles: [],
    });
  });

  it('of a node has its director’s side and its table besides', async () => {
    const { poller } = await start({ dump: async () => BACKUP, procRoot: await procWithTable() });

    const sweep = await poller.poll(5);

    expect(sweep.director).toEqual({
      ...{ state: 'BACKUP', keepalived: true, vip: false, bystander: true, priority: 250, kept_off: false },
      ...{ lvs: true, listed_members: 1, weighted_members: 1 },
    });
    expect(sweep.table).toEqual({ a: { listed: true, weight: 100, activeConnections: 2, inactiveConnections: 0 } });
    expect(sweep.troubles).toEqual([]);
  });

  it('counts the consumers of the node’s own member only', async () => {
    const { poller } = await start({ dump: async () => BACKUP, procRoot: await procWithTable() });

    const sweep = await poller.poll(5);

    expect(sweep.members.a).toMatchObject({ consumers: 0, consumers_on_vip: 0 });
    expect(sweep.members.b).not.toHaveProperty('consumers');
  });

  it('looks for the VIP on the node’s own interface, where that has another name', async () => {
    const members = { a: { name: 'a', address: '192.168.81.51', priority: 254, weight: 100, interface: 'lo' } };
    const parts = { vip: { address: '127.0.0.1', port: 6379 }, members };
    const { poller } = await start({ dump: async () => ({ alive: false }), procRoot: await tempDir(), parts });

    expect((await poller.poll(5))?.director).toMatchObject({ state: 'ORPHAN', vip: true });
  });

  it('has the troubles of all parts, and the rest of it whole', async () => {
    const { poller, servers } = await start({
      dump: async () => ({ alive: false, trouble: 'keepalived is not running (/run/keepalived.pid).' }),
      procRoot: await tempDir(),
      parts: { queues: ['logstash'] },
    });
    const client = connectBroker({ url: servers.b.url }, 'worker');
    ends.push(() => client.disconnect());
    await client.set('logstash', 'no list');

    const sweep = await poller.poll(5);

    expect(sweep.troubles).toEqual([
      expect.stringContaining('the kernel has no ip_vs here'),
      'keepalived is not running (/run/keepalived.pid).',
      expect.stringContaining('Queue logstash of member b cannot be counted'),
    ]);
    expect(sweep).not.toHaveProperty('table');
    expect(sweep.director).toEqual({ state: 'DOWN', keepalived: false, vip: false, kept_off: false, lvs: false });
    expect(sweep.members).toMatchObject({ a: { queue_depth: 0 }, b: { answering: true } });
  });
});

describe('what hangs', () => {
  const TIMEOUT_MS = 3_000;

  it('is cut at the time-out, all parts at once, and leaves the rest of the sweep as it is', async () => {
    const logstash = await startLogstash();
    ends.push(logstash.stop);
    logstash.answer = () => {};
    const keepalived = await startStandIn(await tempDir());
    ends.push(keepalived.stop);
    await writeFile(keepalived.files.dumpFile, '');
    const dumps = createKeepalivedReader({ keepalived: keepalived.files, signal: STAND_IN_SIGNAL, staleAfterMs: 0 });
    const { poller, servers } = await start({
      timeoutMs: TIMEOUT_MS,
      dump: dumps.dump,
      procRoot: await procWithTable(),
      parts: { consumers: { 'logs:9600': logstash.url } },
    });
    process.kill(servers.b.pid, 'SIGSTOP');
    const askedAt = performance.now();

    const sweep = await poller.poll(5);

    // Three hang: one after the other they would take three time-outs.
    expect(performance.now() - askedAt).toBeLessThan(3 * TIMEOUT_MS);
    expect(sweep.members.a).toMatchObject({ answering: true, writable: true });
    expect(sweep.members.b).toEqual({ answering: false, writable: false });
    expect(sweep.consumers).toEqual({ 'logs:9600': { answering: false } });
    expect(sweep.director).toMatchObject({ state: 'HUNG', keepalived: true, lvs: true });
    expect(sweep.director).not.toHaveProperty('priority');
    expect(sweep.table).toHaveProperty('a');
    expect(sweep.troubles).toEqual([expect.stringContaining('wrote no fresh dump')]);
  });
});

describe('a process that was held up', () => {
  it.each([
    [100, true],
    [101, false],
  ])('for %i ms believes that a member is silent: %s', async (lagMs, believed) => {
    const { poller, servers } = await start({ timeoutMs: 2_000, lagMs: () => lagMs });
    process.kill(servers.b.pid, 'SIGSTOP');

    const { members } = await poller.poll(5);

    expect(members.a).toMatchObject({ answering: true });
    expect('b' in members).toBe(believed);
  });

  it('does not call a keepalived hung or a consumer silent, and keeps all that it has read', async () => {
    const dump = async (): Promise<Dump> => ({ alive: true, hangs: true });
    const parts = { consumers: { 'logs:9600': 'http://127.0.0.1:1' } };
    const { poller } = await start({ dump, procRoot: await procWithTable(), parts, lagMs: () => 500 });

    const sweep = await poller.poll(5);

    expect(sweep.director).toMatchObject({ keepalived: true, lvs: true });
    expect(sweep.director).not.toHaveProperty('state');
    expect(sweep.consumers).toEqual({});
    expect(Object.keys(sweep.members)).toEqual(['a', 'b']);
    expect(sweep.table).toHaveProperty('a');
  });

  it('before the poll listens again', async () => {
    const lags = [5_000, 0];
    const { poller, servers } = await start({ timeoutMs: 2_000, lagMs: () => lags.shift() ?? 0 });
    process.kill(servers.b.pid, 'SIGSTOP');

    expect((await poller.poll(5)).members.b).toMatchObject({ answering: false });
  });

  it('sees it by itself', async () => {
    const { poller, servers } = await start({ timeoutMs: 2_000, lagMs: 'watched' });
    process.kill(servers.b.pid, 'SIGSTOP');
    await poller.poll(5);

    const polled = poller.poll(5);
    const until = performance.now() + 500;
    while (performance.now() < until);

    expect((await polled).members).not.toHaveProperty('b');
    await expect.poll(async () => 'b' in (await poller.poll(5)).members, { timeout: 50_000 }).toBe(true);
  });
});

it.each(['write', 'read'] as const)(
  'a poller that is closed leaves no connection behind (probe: %s)',
  async (probe) => {
    const { poller, connections } = await start({ parts: { redis: { probe } } });
    const { members } = await poller.poll(5);
    // The probe has a connection of its own.
    const each = probe === 'write' ? 4 : 2;
    expect(connections.map((redis) => redis.status)).toEqual(new Array(each).fill('ready'));
    expect('write_seconds' in (members.a ?? {})).toBe(probe === 'write');

    poller.close();

    await expect
      .poll(() => connections.map((redis) => redis.status), { timeout: 50_000 })
      .toEqual(new Array(each).fill('end'));
  },
);
