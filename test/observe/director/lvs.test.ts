import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fwmarkOf, markOf } from '../../../src/model/configuration/fwmark.ts';
import { SIGNALS } from '../../../src/model/readings/signals.ts';
import { parseIpVs } from '../../../src/observe/director/parse-ip-vs.ts';
import { createLvsReader, readTable, tableOf } from '../../../src/observe/director/read-lvs-table.ts';
import { poolOf } from '../../support/pool.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { type RenderedService, renderIpVs, renderIpVsStats } from './ip-vs-render.ts';

const pool = poolOf();
const A = { address: '192.168.81.51', port: 6379, weight: 100, active: 17, inactive: 3 };
const B = { address: '192.168.81.234', port: 6379, weight: 0, active: 4, inactive: 1 };
const SERVICE: RenderedService = { protocol: 'TCP', address: '192.168.81.229', port: 6379, destinations: [A, B] };

const ROW_A = { listed: true, weight: 100, activeConnections: 17, inactiveConnections: 3 };
const ROW_B = { listed: true, weight: 0, activeConnections: 4, inactiveConnections: 1 };

function tableIn(services: readonly RenderedService[], of = pool) {
  return tableOf(parseIpVs(renderIpVs(services)), of);
}

describe('the table of a pool', () => {
  it('has the rows of its VIP’s service by the members’ names', () => {
    expect(tableIn([SERVICE])).toEqual({ a: ROW_A, b: ROW_B });
  });

  it('is not that of another address, port or protocol', () => {
    const others = [{ address: '192.168.81.230' }, { port: 6380 }, { protocol: 'UDP' }, { protocol: 'SCTP' }];

    expect(tableIn(others.map((other) => ({ ...SERVICE, ...other })))).toBeUndefined();
  });

  it('has no row for a member that is not listed, nor for a server that is no member', () => {
    expect(tableIn([{ ...SERVICE, destinations: [B, { ...A, address: '192.168.81.99' }] }])).toEqual({ b: ROW_B });
    expect(tableIn([{ ...SERVICE, destinations: [{ ...A, port: 6380 }] }])).toEqual({});
    expect(tableIn([{ ...SERVICE, destinations: [] }])).toEqual({});
  });

  const marked = { ...pool, lvs: { ...pool.lvs, loopGuard: 'ingress-mark' as const } };

  it('under ingress-mark is the one of its mark, whatever else has the same members', () => {
    const other = { ...marked, name: 'other', vip: { address: pool.vip.address, port: 6380 } };
    const services: RenderedService[] = [other, marked].map((one, index) => ({
      protocol: 'FWM',
      mark: fwmarkOf(one) ?? 0,
      destinations: [{ ...A, port: 0, weight: index }],
    }));

    expect(tableIn(services, marked)).toEqual({ a: { ...ROW_A, weight: 1 } });
    expect(tableIn(services, other)).toEqual({ a: { ...ROW_A, weight: 0 } });
    expect(tableIn(services.slice(0, 1), marked)).toBeUndefined();
  });

  it('of a mark that Weir did not give is the one with its members, which stand at port 0 there', () => {
    const foreign = { protocol: 'FWM', mark: 1, destinations: [{ address: '10.0.0.9', port: 0 }] };
    const ours = { protocol: 'FWM', mark: 2, destinations: [{ ...A, port: 0 }] };

    expect(tableIn([foreign, ours])).toEqual({ a: ROW_A });
    expect(tableIn([foreign])).toBeUndefined();
  });

  it('is the service of the VIP where there is a firewall mark too', () => {
    const marked = { protocol: 'FWM', mark: 2, destinations: [{ ...A, weight: 1 }] };

    expect(tableIn([marked, SERVICE])).toEqual({ a: ROW_A, b: ROW_B });
  });

  it('is the service of all ports of the VIP where its port has none of its own', () => {
    const all = { ...SERVICE, port: 0, destinations: [A, B].map((one) => ({ ...one, port: 0 })) };

    expect(tableIn([{ ...all, persistentJiffies: 30_000 }])).toEqual({ a: ROW_A, b: ROW_B });
    expect(tableIn([{ ...all, destinations: [] }, SERVICE])).toEqual({ a: ROW_A, b: ROW_B });
    expect(tableIn([{ ...all, address: '192.168.81.230' }])).toBeUndefined();
  });

  describe('where several firewall marks have its members', () => {
    const marked = (mark: number, ...destinations: object[]) =>
      ({ protocol: 'FWM', mark, destinations: destinations as (typeof A)[] }) satisfies RenderedService;
    const [a, b] = [A, B].map((one) => ({ ...one, port: 0 }));
    const web = marked(3, { ...a, weight: 1 }, { ...b, weight: 1 });
    const redis = marked(7, { ...a }, { ...b });

    it('is not told from the others by guessing: a sentence names them, and what mends it', () => {
      const told = tableIn([web, redis]);

      expect(told).toContain('several firewall marks with members of logs (3, 7)');
      expect(told).toContain(`Give the pool's the number ${markOf(pool)}, in keepalived.conf`);
      expect(tableIn([web, marked(7, { ...b })])).toEqual(told);
    });

    it('is the one with the number that the sentence gives, under any loop guard', () => {
      expect(tableIn([web, marked(markOf(pool), { ...a }, { ...b })])).toEqual({ a: ROW_A, b: ROW_B });
    });

    it('is the one at the port of Redis, by NAT', () => {
      const at = (port: number) => [A, B].map((one) => ({ ...one, port, forwarding: 'Masq' }));

      expect(tableIn([marked(3, ...at(80)), marked(7, ...at(6379))])).toEqual({ a: ROW_A, b: ROW_B });
      expect(tableIn([marked(3, ...at(80))])).toContain('to 192.168.81.51:80, 192.168.81.234:80');
    });

    it('is the service of the VIP where that is there', () => {
      expect(tableIn([web, redis, SERVICE])).toEqual({ a: ROW_A, b: ROW_B });
    });
  });

  it('by NAT to another port is not known: Weir reads and changes another Redis than the one there', () => {
    const nat = [A, { ...B, port: 6380 }].map((one) => ({ ...one, forwarding: 'Masq' }));
    const told = tableIn([{ ...SERVICE, destinations: nat }]);

    expect(told).toContain('sends what comes for logs to 192.168.81.234:6380, and Weir reads');
    expect(tableIn([{ ...SERVICE, destinations: [...nat, { ...nat[1], port: 6379 } as typeof A] }])).toEqual({
      a: ROW_A,
      b: ROW_B,
    });
  });

  it('of IPv6 is found by any spelling of the configuration', () => {
    const written = {
      ...pool,
      vip: { address: 'FD00:0:0::229', port: 6379 },
      members: { a: { name: 'a', address: 'fd00:0::51', priority: 254, weight: 100 } },
    };
    const listed = { ...SERVICE, address: 'fd00::229', destinations: [{ ...A, address: 'fd00::51' }] };

    expect(tableIn([listed], written)).toEqual({ a: ROW_A });
  });
});

let procRoot: string;
beforeEach(async () => {
  procRoot = await tempDir();
  await mkdir(join(procRoot, 'net'));
});

const table = (services: readonly RenderedService[]) => writeFile(join(procRoot, 'net/ip_vs'), renderIpVs(services));
const totals = (connections: number, packetsIn: number, bytesIn: number) =>
  writeFile(join(procRoot, 'net/ip_vs_stats'), renderIpVsStats({ connections, packetsIn, bytesIn }));

describe('the table as the kernel has it now', () => {
  it('is read, and is empty where the service is not there', async () => {
    await table([SERVICE]);
    expect(await readTable(pool, procRoot)).toEqual({ a: ROW_A, b: ROW_B });

    await table([]);
    expect(await readTable(pool, procRoot)).toEqual({});
  });

  it('is an error where which service is the pool’s cannot be told', async () => {
    const marks = [3, 7].map((mark) => ({ protocol: 'FWM', mark, destinations: [{ ...A, port: 0 }] }));
    await table(marks);

    await expect(readTable(pool, procRoot)).rejects.toThrow('several firewall marks');
  });

  it('is an error that says what to do where the kernel has no LVS', async () => {
    const error = await readTable(pool, procRoot).catch((one: unknown) => one);

    expect(error).toMatchObject({ code: 'system' });
    expect(String(error)).toContain(`(${procRoot}/net/ip_vs) cannot be read: the kernel has no ip_vs here`);
    expect(String(error)).toContain('modprobe ip_vs');
  });

  it('is an error that names the file where that cannot be read', async () => {
    await mkdir(join(procRoot, 'net/ip_vs'));

    await expect(readTable(pool, procRoot)).rejects.toThrow(/net\/ip_vs\) cannot be read: EISDIR/);
  });

  // Root reads whatever the mode is.
  it.skipIf(process.getuid?.() === 0)('is an error about permission where that is missing', async () => {
    await writeFile(join(procRoot, 'net/ip_vs'), '', { mode: 0 });

    await expect(readTable(pool, procRoot)).rejects.toThrow('run the node as root or with CAP_NET_ADMIN');
  });

  it.skipIf(existsSync('/proc/net/ip_vs'))('is asked from /proc where nothing else is said', async () => {
    await expect(readTable(pool)).rejects.toThrow('(/proc/net/ip_vs) cannot be read: the kernel has no ip_vs here');
  });
});

describe('a director’s LVS side', () => {
  let nowMs = 0;
  const reader = () => createLvsReader({ pool, windowMs: 15_000, monotonic: () => nowMs, procRoot });

  it('has the table, and counts who is listed and who has a weight', async () => {
    await table([SERVICE]);
    await totals(0, 0, 0);

    expect(await reader().read()).toEqual({
      table: { a: ROW_A, b: ROW_B },
      signals: { lvs: true, listed_members: 2, weighted_members: 1 },
      troubles: [],
    });
  });

  it('without the service has an empty table and a sentence: that is not "no LVS" (T32)', async () => {
    await table([{ ...SERVICE, port: 6380 }]);
    await totals(0, 0, 0);

    expect(await reader().read()).toEqual({
      table: {},
      signals: { lvs: false, listed_members: 0, weighted_members: 0 },
      troubles: ['The LVS table has no service for 192.168.81.229:6379: does keepalived have its virtual_server?'],
    });
  });

  it('whose service cannot be told from others has no table and no word of one: nobody takes it for missing', async () => {
    const marks = [3, 7].map((mark) => ({ protocol: 'FWM', mark, destinations: [{ ...A, port: 0 }] }));
    await table(marks);
    await totals(0, 0, 0);

    expect(await reader().read()).toEqual({
      signals: {},
      troubles: [expect.stringContaining('several firewall marks with members of logs (3, 7)')],
    });
  });

  it('without the service has nothing to say under notify-swap, where only the MASTER has one', async () => {
    await table([]);
    await totals(0, 0, 0);
    const swapped = { ...pool, lvs: { ...pool.lvs, loopGuard: 'notify-swap' as const } };
    const lvs = createLvsReader({ pool: swapped, windowMs: 15_000, monotonic: () => 0, procRoot });

    expect(await lvs.read()).toMatchObject({ table: {}, signals: { lvs: false }, troubles: [] });
  });

  it('without LVS has no table at all, and a sentence (T32)', async () => {
    const reading = await reader().read();

    expect(reading).toEqual({ signals: { lvs: false }, troubles: [expect.stringContaining('no ip_vs here')] });
  });

  it('that can only be read by half says nothing of the table', async () => {
    await table([SERVICE]);
    await mkdir(join(procRoot, 'net/ip_vs_stats'));

    const reading = await reader().read();

    expect(reading).not.toHaveProperty('table');
    expect(reading.troubles).toEqual([expect.stringContaining('ip_vs_stats) cannot be read: EISDIR')]);
  });

  it('has rates from the totals once there are two, of types that the catalogue knows', async () => {
    const lvs = reader();
    await table([SERVICE]);
    await totals(100, 1_000, 50_000);
    nowMs = 0;
    expect((await lvs.read()).signals).not.toHaveProperty('connection_rate');

    await totals(110, 1_400, 90_000);
    nowMs = 2_000;

    const { signals } = await lvs.read();
    expect(signals).toMatchObject({ connection_rate: 5, packet_rate: 200, byte_rate: 20_000 });
    expect(Object.keys(signals).filter((name) => !(name in SIGNALS.director))).toEqual([]);
  });

  it('whose totals were set back counts what came since (T29)', async () => {
    const lvs = reader();
    await table([SERVICE]);
    for (const [atMs, connections] of [
      [0, 1_000],
      [1_000, 1_010],
      [2_000, 4],
    ] as const) {
      nowMs = atMs;
      await totals(connections, connections, connections);
      await lvs.read();
    }
    nowMs = 4_000;
    await totals(10, 10, 10);

    expect((await lvs.read()).signals).toMatchObject({ connection_rate: 5, packet_rate: 5, byte_rate: 5 });
  });

  it('whose totals cannot be understood has the table without rates', async () => {
    await table([SERVICE]);
    await writeFile(join(procRoot, 'net/ip_vs_stats'), 'rubbish\n');

    expect(await reader().read()).toMatchObject({ table: { a: ROW_A }, signals: { lvs: true } });
  });
});
