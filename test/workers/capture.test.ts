/** What `weir capture` writes of real servers, and what `weir read` makes of that. */

import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import { parseConfig } from '../../src/config/load.ts';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import { parseCapture } from '../../src/observe/captured/capture.ts';
import { capture } from '../../src/operations/capture/index.ts';
import { readAnswers, readText } from '../../src/operations/read/index.ts';
import { defaultConfig } from '../../src/operations/read/settings.ts';
import { startRedis } from '../support/redis.ts';

const PASSWORD = 'pass-SENTINEL-7';
const VRRP_PASSWORD = 'SENTINEL';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function pool(
  parts: {
    readonly password?: string;
    /** Nobody needs one. */
    readonly isOpen?: true;
    readonly port?: number;
    readonly args?: readonly string[];
  } = {},
) {
  const required = parts.isOpen ? [] : ['--requirepass', PASSWORD];
  const server = await startRedis({ tcp: true, args: [...required, ...(parts.args ?? [])] });
  ends.push(server.stop);
  const password = parts.isOpen ? {} : { password: { reveal: () => PASSWORD } };
  const client: Redis = connectBroker({ url: server.url, ...password }, 'patient');
  ends.push(() => client.disconnect());
  await client.connect();
  const written = {
    keepalived: { pid_file: '/nowhere/keepalived.pid' },
    pools: {
      'acme-logs': {
        vip: { address: '192.168.81.229', port: parts.port ?? server.port },
        vrrp: { interface: 'eth0', virtual_router_id: 51, version: 2, auth: VRRP_PASSWORD },
        ...(!parts.isOpen && { redis: { password: parts.password ?? PASSWORD } }),
        queues: ['acme-orders'],
        members: {
          'acme-1': { address: '127.0.0.1', priority: 254 },
          'acme-2': { address: '127.0.0.77', priority: 250 },
        },
      },
    },
  };
  const config = parseConfig({ file: 'weir.yaml', text: JSON.stringify(written), env: {}, cwd: '/', root: true });
  const [only] = Object.values(config.pools);
  if (only === undefined) throw new Error('no pool');
  return { config, pool: only, client, port: server.port };
}

const NOW = new Date('2026-05-02T10:00:00Z');
const ONCE = { polls: 1, names: false, now: NOW };

it('a file that it has written is read: members, clients, the table, the services and the VRRP side', async () => {
  const file = join(import.meta.dirname, '../cases/captures/pool.json');

  const { kind, parts, notes } = await readAnswers({
    file,
    settings: { config: defaultConfig(), pools: [], silentMs: 5_000 },
  });

  expect(kind).toBe('capture');
  const row = { listed: true, weight: 100 };
  const table = { a: { ...row, activeConnections: 4 }, b: { ...row, activeConnections: 3 } };
  expect(parts).toMatchObject([
    {
      name: 'a',
      polls: [{ signals: { queue_depth: 2 } }, { signals: { queue_depth: 5, consumers: 1, consumers_on_vip: 0 } }],
    },
    { about: 'clients', name: 'a', clients: 2, takers: 1, commands: { rpush: 1, blpop: 1 } },
    { name: 'b', polls: [{ signals: { answering: false } }] },
    { about: 'director', polls: [{ signals: { lvs: true, weighted_members: 2 }, table }] },
    { about: 'services', services: [{ service: 'TCP 198.18.0.1:6379 wrr' }] },
    { about: 'director', polls: [{ signals: { state: 'MASTER', vip: true, keepalived: true } }] },
  ]);
  expect(notes[0]).toBe('Redis of member b gives no answer: Connection is closed.');
});

describe('a capture of a pool', () => {
  it('has what was answered and says what could not be had; it is read as the pool is', async () => {
    const { config, pool: acme, client } = await pool();
    await client.rpush('acme-orders', 'x', 'y');
    await client.client('SETNAME', 'acme-billing');

    const { json, notHad, isEmpty } = await capture(config, acme, { ...ONCE, polls: 2 });

    expect(isEmpty).toBe(false);
    for (const sentence of [
      /^Redis of member acme-2 gives no answer: /,
      /^keepalived is not running/,
      /^The LVS table and keepalived's dump of node acme-2 can be had on that host only/,
    ]) {
      expect(notHad).toContainEqual(expect.stringMatching(sentence));
    }
    const { members } = parseCapture('x', json);
    expect(Object.keys(members)).toEqual(['a', 'b']);
    expect(members.a).toMatchObject({ polls: 2, silentOn: [] });
    expect(members.b).toMatchObject({ replies: {}, silentOn: expect.arrayContaining(['INFO']) });

    const { parts, notes } = await read(json);
    expect(parts).toMatchObject([
      {
        about: 'member',
        name: 'a',
        polls: [{}, { signals: { answering: true, writable: true, queue_depth: 2, role: 'master' } }],
      },
      { about: 'clients', name: 'a', takers: 0 },
      { about: 'member', name: 'b', polls: [{ signals: { answering: false, writable: false } }] },
      ...parts.slice(3),
    ]);
    expect(notes).toEqual(expect.arrayContaining([expect.stringMatching(/^Redis of member b gives no answer: /)]));
  });

  it('has no secret in it, and no address or name of those who were there', async () => {
    const { config, pool: acme, client } = await pool();
    await client.client('SETNAME', 'acme-billing');

    const { json } = await capture(config, acme, ONCE);

    expect(json).not.toMatch(/SENTINEL|acme|192\.168\.81/i);
    expect(json).toContain('name=client-1');
  });

  it('has them where that is asked for, and still no secret', async () => {
    const { config, pool: acme, client } = await pool();
    await client.client('SETNAME', 'acme-billing');

    const { json } = await capture(config, acme, { ...ONCE, names: true });

    expect(json).toMatch(/name=acme-billing/);
    expect(json).toMatch(/LLEN acme-orders/);
    expect(json).toMatch(/192\.168\.81\.229/);
    expect(json).not.toMatch(/SENTINEL/);
  });

  it('of a member that does not let Weir in is read as that, and has not the password either', async () => {
    const { config, pool: acme } = await pool({ password: 'old-SENTINEL-8' });

    const { json, notHad } = await capture(config, acme, { ...ONCE, only: 'acme-1' });

    expect(json).not.toMatch(/SENTINEL/);
    expect(notHad[0]).toMatch(/^Redis of member acme-1 does not let Weir in: WRONGPASS /);
    const { parts } = await read(json);
    expect(parts[0]).toMatchObject({ name: 'a', polls: [{ signals: { answering: true, locked_out: 'password' } }] });
    expect(parts[0]).toMatchObject({ polls: [{ unknown: expect.arrayContaining(['writable', 'full']) }] });
  });

  it.each([
    ['asks for a password', {}],
    // Then what is said at the door comes as the answer to nothing.
    ['asks for none', { isOpen: true }],
  ] as const)('of a member that has as many clients as it may is read as that, where it %s', async (_, parts) => {
    const { config, pool: acme } = await pool({ args: ['--maxclients', '1'], ...parts });

    const { json } = await capture(config, acme, { ...ONCE, only: 'acme-1' });

    expect((await read(json)).parts[0]).toMatchObject({
      polls: [
        { signals: { answering: true, locked_out: 'maxclients' }, troubles: [expect.stringMatching(/max number/)] },
      ],
    });
  });

  it('has what Redis refuses in its own words', async () => {
    const { config, pool: acme, client } = await pool();
    await client.call('ACL', 'SETUSER', 'default', '-client|list', '-llen');

    const { json } = await capture(config, acme, { ...ONCE, only: 'acme-1' });

    expect(parseCapture('x', json).members.a?.replies).toMatchObject({
      'CLIENT LIST': [expect.stringMatching(/^-NOPERM /)],
      'LLEN queue-1': [expect.stringMatching(/^-NOPERM /)],
    });
  });

  it('that has nothing of anybody says so', async () => {
    const { config, pool: acme } = await pool({ port: await freePort() });

    const { isEmpty } = await capture(config, acme, { ...ONCE, only: 'acme-2' });

    expect(isEmpty).toBe(true);
  });

  it('is of members that there are', async () => {
    const { config, pool: acme } = await pool();

    await expect(capture(config, acme, { ...ONCE, only: 'acme-3' })).rejects.toThrow(
      'Pool acme-logs has no member or node acme-3: did you mean "acme-1"?',
    );
  });
});

async function read(text: string) {
  const settings = { config: defaultConfig(), pools: [], silentMs: 5_000 };
  return readText({ file: 'capture.json', text, kind: 'capture', settings });
}
