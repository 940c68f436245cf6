import { afterEach, describe, expect, it } from 'vitest';
import { type Replies, type RespServer, startRespServer } from '../../support/resp-server.ts';
import { readerAt } from '../member/member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const TIMEOUT_MS = 3_000;

/** A member that answers by a table, its reader, and what INFO and LLEN say unless the table says otherwise. */
async function member(replies: Replies, info: Readonly<Record<string, string | number>> = LIMITED) {
  const text = Object.entries(info)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');
  const usual: Replies = (command) => {
    if (/^info/i.test(command)) return text;
    return /^llen/i.test(command) ? ':5' : '+OK';
  };
  const server = await startRespServer((command) => {
    const isSpecial = /^(client list|config get)/i.test(command);
    return isSpecial ? replies(command) : usual(command);
  });
  const reader = readerAt(server.port, { reader: { own: true, timeoutMs: TIMEOUT_MS } });
  ends.push(server.stop, reader.close);
  return { server, read: reader.read };
}

const LIMITED = {
  ...{ redis_version: '7.0.15', run_id: 'r1', role: 'master', loading: 0, connected_clients: 3 },
  ...{ used_memory: 1_000_000, maxmemory: 2_000_000, maxmemory_policy: 'noeviction' },
};
const CLIENTS = 'id=7 addr=192.0.2.60:40001 laddr=192.168.81.51:6379 age=9 idle=0 cmd=brpoplpush user=default\n';

const often = (server: RespServer, what: RegExp) => server.asked.filter((command) => what.test(command)).length;

describe('CLIENT LIST', () => {
  it('that does not come costs the count alone, and nobody waits behind it at the next poll', async () => {
    const a = await member(() => undefined);

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ answering: true, writable: true, queue_depth: 5, memory_ratio: 0.5 });
    expect(Object.keys(signals).filter((name) => name.startsWith('consumers'))).toEqual([]);
    expect(troubles).toEqual(['The consumers of member a cannot be counted: CLIENT LIST got no answer.']);
    // The connection on which it is owed is left for another one.
    await expect.poll(() => a.server.connections(), { timeout: 20_000 }).toBe(2);
    await expect
      .poll(() => a.read(), { timeout: 20_000 })
      .toMatchObject({ signals: { answering: true, queue_depth: 5 }, troubles });
    expect(often(a.server, /^client list/i)).toBe(1);
  });

  it('is asked for again after half a minute', async () => {
    const lists = [undefined, CLIENTS];
    const a = await member((command) => (/^client list/i.test(command) ? lists.shift() : '-ERR'));
    await a.read();
    await expect.poll(() => a.server.connections(), { timeout: 20_000 }).toBe(2);

    expect((await a.read(29_000)).signals).not.toHaveProperty('consumers');
    await expect
      .poll(() => a.read(30_000), { timeout: 20_000 })
      .toMatchObject({
        ...{ signals: { consumers: 1, consumers_on_vip: 0 }, troubles: [] },
      });
  });

  it.each([
    ['names no commands (Dragonfly)', 'id=7 addr=192.0.2.60:1 laddr=192.0.2.51:6379 name= age=9 phase=process\n'],
    ['is no list of clients (2.8 has no ids)', 'addr=192.0.2.60:1 fd=5 name= age=9 idle=0 cmd=blpop\n'],
  ])('that %s leaves the consumers unknown', async (_, list) => {
    const a = await member(() => list);

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ answering: true, writable: true });
    expect(Object.keys(signals).filter((name) => name.startsWith('consumers'))).toEqual([]);
    expect(troubles).toEqual(['The consumers of member a cannot be counted: its CLIENT LIST names no commands.']);
  });

  it('without local addresses (before 6.2) tells how many consumers, and not through where', async () => {
    const a = await member(() => CLIENTS.replace(/ laddr=\S+/, ''));

    const { signals } = await a.read();

    expect(signals).toMatchObject({ consumers: 1 });
    expect(signals).not.toHaveProperty('consumers_on_vip');
  });

  it('is not asked for above 5,000 clients: who was counted before is not known any more', async () => {
    const a = await member(() => CLIENTS, { ...LIMITED, connected_clients: 5_001 });

    expect(await a.read()).toMatchObject({
      troubles: [expect.stringMatching(/^The consumers of member a cannot be counted: it has 5001 clients/)],
    });
    expect(often(a.server, /^client list/i)).toBe(0);
  });
});

describe('the limit of a Redis whose INFO has none (before 3.2)', () => {
  const { maxmemory: _, maxmemory_policy: __, ...old } = LIMITED;
  const FULL = { ...old, redis_version: '2.8.24', used_memory: 2_010_000 };
  const configured = (limit: string, policy = 'noeviction'): Replies => {
    return (command) => {
      if (/^client/i.test(command)) return CLIENTS;
      return { list: /policy$/.test(command) ? ['maxmemory-policy', policy] : ['maxmemory', limit] };
    };
  };

  it('is asked for, once for all polls of half a minute', async () => {
    const a = await member(configured('2000000'), FULL);

    for (let poll = 0; poll < 3; poll += 1) {
      expect(await a.read()).toMatchObject({
        signals: { memory_limit_bytes: 2_000_000, maxmemory_policy: 'noeviction', refusal: 'OOM', full: true },
        troubles: [],
      });
    }
    expect(often(a.server, /^config get maxmemory$/i)).toBe(1);
  });

  it('that people raise is known half a minute later', async () => {
    let limit = '2000000';
    const a = await member((command) => configured(limit)(command), FULL);
    expect((await a.read()).signals).toMatchObject({ full: true });

    limit = '4000000';
    expect((await a.read(30_000)).signals).toMatchObject({
      full: false,
      writable: true,
      memory_limit_bytes: 4_000_000,
    });
  });

  it('of 0 is none', async () => {
    const a = await member(configured('0'), FULL);

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ writable: true, full: false });
    expect(signals).not.toHaveProperty('memory_limit_bytes');
    expect(troubles).toEqual([]);
  });

  it.each([
    ['is refused', "-ERR unknown command 'CONFIG'", /CONFIG GET is refused: ERR unknown command 'CONFIG'\.$/],
    ['does not come', undefined, /CONFIG GET got no answer\.$/],
    ['has none', { list: [] }, /CONFIG GET has none\.$/],
  ])('is not known where CONFIG GET %s: neither is whether pushes are taken', async (_, reply, trouble) => {
    const a = await member((command) => (/^client/i.test(command) ? CLIENTS : reply), FULL);

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ answering: true, memory_bytes: 2_010_000, queue_depth: 5 });
    expect(['memory_limit_bytes', 'writable', 'full'].filter((name) => name in signals)).toEqual([]);
    expect(troubles[0]).toMatch(/^The maxmemory of member a is not known: its INFO has none, and /);
    expect(troubles[0]).toMatch(trouble);
  });
});

it('a Redis whose INFO has its limit is not asked for it', async () => {
  const a = await member(() => CLIENTS);

  await a.read();

  expect(often(a.server, /^config/i)).toBe(0);
});
