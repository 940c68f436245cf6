import { execFile } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lab } from '../../../lab/lab.ts';
import type { ExecResult } from '../../../lab/machine/protocol.ts';
import { describeLab } from '../../../lab/pool/overview.ts';
import type { ProducerStatus } from '../../../lab/pool/producers.ts';
import type { LvsTable } from '../../../lab/pool/table.ts';
import { type Member, QUEUE } from '../../../lab/pool/topology.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const MIB = 1024 * 1024;

/** What redis-cli prints for the question of the overview. */
const answer = (usedBytes: number, queued: number): ExecResult => ({
  code: 0,
  signal: null,
  stdout: `# Memory\r\nused_memory:${usedBytes}\r\nused_memory_peak:999999999\r\nmaxmemory:${64 * MIB}\r\n\n${queued}\n`,
  stderr: '',
});
const KILLED: ExecResult = { code: null, signal: 'SIGKILL', stdout: '', stderr: '' };

const table = (a: number, b: number): LvsTable => ({
  a: { weight: a, active: 1, inactive: 0 },
  b: { weight: b, active: 1, inactive: 0 },
});

function producer(member: Member | undefined, parts: Partial<ProducerStatus> = {}): ProducerStatus {
  const counts = { ok: 10, refused: 0, errors: 0, reconnects: 0, longestGapMs: 0 };
  return { id: 1, runId: '', status: 'ready', member, lastOkAt: Date.now(), ...counts, ...parts };
}

type Shown = 'a' | 'b';

interface Seen {
  readonly masters: readonly Member[];
  readonly tables: Readonly<Record<Shown, LvsTable>>;
  readonly producers: readonly ProducerStatus[];
  readonly redis: Readonly<Record<Shown, ExecResult | ((args: readonly string[]) => Promise<ExecResult>)>>;
}

const HEALTHY: Omit<Seen, 'producers'> = {
  masters: ['a'],
  tables: { a: table(100, 100), b: table(100, 100) },
  redis: { a: answer(MIB, 7), b: answer(32 * MIB, 12_345) },
};

/** The overview of a lab in which this is to be seen. */
function overview(seen: Partial<Seen>): Promise<string> {
  // Made now: a producer that has not pushed for a while counts as stuck.
  const pushing = [producer('a'), producer('a'), producer('b')];
  const { masters, tables, producers, redis } = { ...HEALTHY, producers: pushing, ...seen };
  const lab = {
    masters: async () => masters,
    table: async (node: Shown) => tables[node],
    producers: { stats: async () => producers },
    redis: (member: Shown) => ({
      cli: async (args: readonly string[]) => {
        const said = redis[member];
        return typeof said === 'function' ? said(args) : said;
      },
    }),
  };
  return describeLab(lab as unknown as Lab);
}

/** The cells of a member's row. */
async function row(member: Member, seen: Partial<Seen>): Promise<string[]> {
  const line = (await overview(seen)).split('\n').find((each) => each.startsWith(`  ${member} `));
  return (line ?? '').trim().split(/ {3,}/);
}

it('a healthy lab is one table, aligned, and no word more', async () => {
  expect((await overview({})).split('\n')).toEqual([
    '      VRRP     weight   Redis     memory   list logstash   producers',
    '  a   MASTER   100      answers   2 %      7               2',
    '  b   backup   100      answers   50 %     12345           1',
  ]);
});

describe('a member', () => {
  it('whose Redis hangs or refuses has no figures', async () => {
    expect(await row('b', { redis: { ...HEALTHY.redis, b: KILLED } })).toEqual([
      ...['b', 'backup', '100', 'no answer', '?', '?', '1'],
    ]);
    const loading = { ...answer(0, 0), stdout: 'LOADING Redis is loading the dataset in memory\n' };
    expect(await row('b', { redis: { ...HEALTHY.redis, b: loading } })).toContain('no answer');
  });

  it('has one weight where the directors agree, and both where they do not', async () => {
    const tables = { a: table(100, 0), b: table(100, 100) };

    expect(await row('a', { tables })).toContain('100');
    expect(await row('b', { tables })).toContain('0 on a, 100 on b');
  });

  it('that a director does not list is told', async () => {
    const without = { a: { weight: 100, active: 0, inactive: 0 } };

    expect(await row('b', { tables: { a: without, b: table(100, 5) } })).toContain('not listed on a, 5 on b');
    expect(await row('b', { tables: { a: without, b: without } })).toContain('not listed');
  });

  it('has its stuck producers counted, with the time since the one that is stuck longest', async () => {
    const producers = [40_400, 20_000, 0].map((quietMs) => producer('b', { lastOkAt: Date.now() - quietMs }));

    expect((await row('b', { producers })).at(-1)).toMatch(/^3, 2 stuck for 4\d s$/);
    expect((await row('a', { producers })).at(-1)).toBe('0');
  });
});

describe('below the table stands', () => {
  const notes = async (seen: Partial<Seen>) => (await overview(seen)).split('\n').slice(3);

  it('who has the VIP when it is not one node', async () => {
    expect(await notes({ masters: [] })).toEqual(['No node has the VIP.']);
    expect(await notes({ masters: ['a', 'b'] })).toEqual(['Both nodes have the VIP.']);
  });

  it('how many logs are lost, of all producers together', async () => {
    const producers = [
      producer('a', { refused: 3 }),
      producer('b', { refused: 4 }),
      producer(undefined, { refused: 5 }),
    ];

    expect((await notes({ producers }))[0]).toMatch(/^12 pushes were refused .* lost\.$/);
  });

  it('how many producers have no member yet', async () => {
    expect(await notes({ producers: [producer('a'), producer(undefined), producer(undefined)] })).toEqual([
      '2 producers are just connecting.',
    ]);
  });
});

describe('of a real Redis', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startRedis({ args: ['--maxmemory', '20mb'] });
  });
  afterEach(() => redis.stop());

  const cli = (args: readonly string[]): Promise<ExecResult> =>
    new Promise((resolve) => {
      execFile('redis-cli', ['-s', redis.path, ...args], (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), signal: null, stdout, stderr }),
      );
    });

  it('memory and queue are shown, and that it is gone', async () => {
    await cli(['RPUSH', QUEUE, 'x'.repeat(100_000), 'two', 'three']);

    const [, , , answers, memory, queued] = await row('b', { redis: { ...HEALTHY.redis, b: cli } });
    expect([answers, queued]).toEqual(['answers', '3']);
    expect(Number(/^(\d+) %$/.exec(memory ?? '')?.[1])).toBeGreaterThan(0);
    expect(Number(/^(\d+) %$/.exec(memory ?? '')?.[1])).toBeLessThan(50);

    await redis.stop();
    expect(await row('b', { redis: { ...HEALTHY.redis, b: cli } })).toContain('no answer');
  });
});
