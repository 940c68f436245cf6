import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../lab/free-port.ts';
import { secret } from '../../../../src/config/secret.ts';
import { connectWatched } from '../../../../src/lib/redis/connections.ts';
import type { MemberConfig, PoolConfig } from '../../../../src/model/configuration/config.ts';
import type { Parts } from '../../../../src/provision/doctor/look/parts.ts';
import { lookAtClock, lookAtRedis } from '../../../../src/provision/doctor/look/redis.ts';
import { startTlsRedis } from '../../../support/redis/tls.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { startRespServer } from '../../../support/resp-server.ts';
import { wanted } from '../healthy.ts';

/** Protected mode lets in whoever comes over loopback. */
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

const [logs] = wanted().pools as [PoolConfig];

/** The pool with its member a at that address. */
function poolAt(port: number, host = '127.0.0.1'): PoolConfig {
  const { a, ...others } = logs.members;
  return {
    ...logs,
    vip: { ...logs.vip, port },
    members: { ...others, a: { ...(a as MemberConfig), address: host } },
  };
}

const notes: string[] = [];
const started: Pick<TestRedis, 'stop'>[] = [];
afterEach(async () => {
  notes.length = 0;
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function redisWith(...args: string[]): Promise<number> {
  const redis = await startRedis({ tcp: true, args });
  started.push(redis);
  return redis.port;
}

function parts(password?: string): Pick<Parts, 'note' | 'consumersOnVip' | 'redis'> {
  return {
    note: (sentence) => notes.push(sentence),
    consumersOnVip: (text) => (text.includes('laddr=') ? ['seen'] : []),
    redis: ({ members, vip }, member) =>
      connectWatched({
        ...{ host: members[member]?.address ?? '', port: vip.port, timeoutMs: 10_000 },
        ...(password !== undefined && { password: secret(password) }),
      }),
  };
}

describe('a Redis', () => {
  it('tells its settings, its role and its clients', async () => {
    const port = await redisWith('--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru', '--timeout', '300');

    expect(await lookAtRedis(parts(), poolAt(port), 'a')).toEqual({
      denied: false,
      evictionPolicy: 'allkeys-lru',
      maxmemoryBytes: 64 * 1024 * 1024,
      tcpKeepaliveSeconds: 300,
      timeoutSeconds: 300,
      replica: false,
      consumersOnVip: ['seen'],
      lacking: [],
    });
    expect(notes).toEqual([]);
  });

  it('that speaks TLS only is not looked at, and says why; its clock neither', async () => {
    const { tlsPort, stop } = await startTlsRedis();
    started.push({ stop });

    expect(await lookAtRedis(parts(), poolAt(tlsPort), 'a')).toEqual({});
    expect(await lookAtClock(parts(), poolAt(tlsPort), 'a')).toBeUndefined();
    expect(notes).toEqual([
      'The Redis of a in pool logs: it speaks TLS, and weir.yaml does not ask for that (set redis.tls).',
      'The clock of a: its Redis is asked for it, and it speaks TLS, and weir.yaml does not ask for that (set redis.tls).',
    ]);
  });

  it('that is a replica says so', async () => {
    const port = await redisWith('--replicaof', '127.0.0.1', '1');

    expect(await lookAtRedis(parts(), poolAt(port), 'a')).toMatchObject({ replica: true });
  });

  it('of another kind says it in its own word, and what it has no setting for is not known', async () => {
    const server = await startRespServer((command) => {
      if (/^role/i.test(command)) return { list: ['replica', '192.0.2.9', '6379', 'online', '0'] };
      if (/^config get tcp-keepalive/i.test(command)) return { list: ['tcp-keepalive', '300'] };
      return /^config/i.test(command) ? { list: [] } : '+OK';
    });
    started.push(server);

    const facts = await lookAtRedis(parts(), poolAt(server.port), 'a');

    expect(facts).toEqual({
      ...{ denied: false, replica: true, tcpKeepaliveSeconds: 300, consumersOnVip: [], lacking: [] },
    });
    expect(notes).toEqual([]);
  });

  it.runIf(OUTSIDE !== undefined)('in protected mode sends away whoever does not come over loopback', async () => {
    const port = await redisWith('--bind', '0.0.0.0', '--protected-mode', 'yes');

    expect(await lookAtRedis(parts(), poolAt(port, OUTSIDE), 'a')).toEqual({ denied: true });
    expect(await lookAtRedis(parts(), poolAt(port), 'a')).toMatchObject({ denied: false });
    expect(notes).toEqual([]);
  });

  it('whose ACL refuses CONFIG and CLIENT is looked at all the same, but for these', async () => {
    const port = await redisWith('--user', ...'default on nopass ~* &* +@all -config -client'.split(' '));

    const { lacking, ...rest } = await lookAtRedis(parts(), poolAt(port), 'a');
    expect(rest).toEqual({ denied: false, replica: false });
    expect(lacking?.map(({ rule }) => rule)).toEqual([
      '+client|setname',
      '+client|list',
      '+client|kill',
      '+config|get',
    ]);
    expect(notes.sort()).toEqual([
      expect.stringMatching(/its settings: NOPERM/),
      expect.stringMatching(/who is connected to it: NOPERM/),
    ]);
  });

  it('that refuses the password is not looked at', async () => {
    const port = await redisWith('--requirepass', 'right');

    expect(await lookAtRedis(parts('geheim'), poolAt(port), 'a')).toEqual({});
    expect(notes).toEqual([expect.stringMatching(/refuses the password/)]);
    expect(notes.join()).not.toContain('geheim');
  });

  it('that has as many clients as it may says so at its door', async () => {
    const port = await redisWith('--maxclients', '1');
    const inside = connect(port, '127.0.0.1');
    await once(inside, 'connect');

    expect(await lookAtRedis(parts('geheim'), poolAt(port), 'a')).toEqual({});
    expect(notes).toEqual(['The Redis of a in pool logs: ERR max number of clients reached.']);
    inside.destroy();
  });

  it('that gives no answer is not looked at', async () => {
    expect(await lookAtRedis(parts(), poolAt(await freePort()), 'a')).toEqual({});
    expect(notes).toEqual(['The Redis of a in pool logs: it gives no answer.']);
  });

  it('tells the clock of its server', async () => {
    const clock = await lookAtClock(parts(), poolAt(await redisWith()), 'a');

    // Both are rounded. It is the clock of this machine: asked slowly it is as right, and known less well.
    const { aheadMs, uncertainMs } = clock ?? expect.fail(notes.join());
    expect(uncertainMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs(aheadMs)).toBeLessThanOrEqual(uncertainMs + 2);
  });
});
