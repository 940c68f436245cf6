/**
 * What Weir's looks at a Redis cost that Redis and its producers: rounds of the same load without Weir, with the three
 * observers of a pool of two (two nodes and a worker) once a second, with the same a hundred times a second, which tells
 * what one look costs where once a second is lost in the noise, and without Weir again, which tells what the noise is.
 */

import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { bench, describe } from 'vitest';
import { readerAt } from '../observe/member/member-fixture.ts';
import { startRedis } from '../support/redis.ts';

const ROUNDS = 15;
const OBSERVERS = 3;
const EVERY_MS = {
  without: undefined,
  'once a second': 1_000,
  'a hundred times': 10,
  'without again': undefined,
} as const;
/** Of the server's processor time, in percent: more than this no observer may cost at once a second. */
const AT_MOST = 0.5;
/** 16 producers, a push of 500 bytes each at a time: some seconds on one processor. */
const PUSHES = 300_000;
const LOAD = ['-n', String(PUSHES), '-c', '16', '--csv', 'RPUSH', 'logstash', 'x'.repeat(500)];

type Way = keyof typeof EVERY_MS;

interface Run {
  /** Of the server, in ms. */
  readonly processorMs: number;
  /** Of the producers, in ms. */
  readonly p99: number;
  readonly looks: number;
  /** Of the load, in ms. */
  readonly tookMs: number;
}

const runs: Record<Way, Run[]> = { without: [], 'once a second': [], 'a hundred times': [], 'without again': [] };

async function run(port: number, admin: Redis, everyMs: number | undefined): Promise<Run> {
  const readers =
    everyMs === undefined ? [] : Array.from({ length: OBSERVERS }, (_, i) => readerAt(port, own(i === 0)));
  // Their connections are made before, and CLIENT LIST, which comes every 30 s, is asked for.
  for (const reader of readers) await reader.read();
  const state = { looks: 0, isOver: false };
  try {
    const before = await processorMsOf(admin);
    const startedAt = performance.now();
    const looking = readers.map((reader) => lookEvery(everyMs ?? 0, reader, state));
    const { stdout } = await promisify(execFile)('redis-benchmark', ['-p', String(port), ...LOAD]);
    const tookMs = performance.now() - startedAt;
    state.isOver = true;
    await Promise.all(looking);
    return { processorMs: (await processorMsOf(admin)) - before, p99: p99Of(stdout), looks: state.looks, tookMs };
  } finally {
    for (const reader of readers) reader.close();
    await admin.del('logstash');
  }
}

/** One after the other, as a poll does: who is late looks less often, and never twice at once. */
async function lookEvery(
  everyMs: number,
  reader: ReturnType<typeof readerAt>,
  state: { looks: number; isOver: boolean },
): Promise<void> {
  while (!state.isOver) {
    const next = performance.now() + everyMs;
    await reader.read(everyMs);
    state.looks += 1;
    while (!state.isOver && performance.now() < next) await sleep(Math.min(50, next - performance.now()));
  }
}

/** The member's own node asks for its clients as well. */
const own = (isOwn: boolean) => ({ reader: { own: isOwn }, probe: true });

async function processorMsOf(admin: Redis): Promise<number> {
  const info = await admin.info('cpu');
  const seconds = (name: string) => Number(new RegExp(`^${name}:(.*)`, 'm').exec(info)?.[1]);
  return 1_000 * (seconds('used_cpu_user') + seconds('used_cpu_sys'));
}

/** The columns of redis-benchmark: test, rps, avg, min, p50, p95, p99, max. */
function p99Of(csv: string): number {
  return Number(csv.trim().split('\n').at(-1)?.split('","')[6]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Against the run without Weir of the same round, in percent: median, and the middle half of the rounds. */
function compared(way: Way, of: (run: Run) => number): string {
  const shares = runs[way]
    .map((one, round) => 100 * (of(one) / of(runs.without[round] as Run) - 1))
    .sort((a, b) => a - b);
  const at = (share: number) => (shares[Math.floor(share * (shares.length - 1))] ?? Number.NaN).toFixed(2);
  return `${at(0.5)} % (${at(0.25)} to ${at(0.75)})`;
}

function print(): void {
  const lines = (Object.keys(runs) as Way[]).map((way) => {
    const [processorMs, p99] = [
      median(runs[way].map((one) => one.processorMs)),
      median(runs[way].map((one) => one.p99)),
    ];
    const than = way === 'without' ? '' : `, ${compared(way, (one) => one.processorMs)}`;
    const late = way === 'without' ? '' : `, ${compared(way, (one) => one.p99)}`;
    return `${way}: processor ${processorMs.toFixed(0)} ms${than}; p99 ${p99.toFixed(3)} ms${late}`;
  });
  const oneLook = lookUs();
  /** What the server uses of a processor under this load. */
  const used = median(runs.without.map(({ processorMs, tookMs }) => processorMs / tookMs));
  const share = oneLook / 1e6 / used;
  const verdict = 100 * share < AT_MOST ? 'under' : 'NOT UNDER';
  process.stdout.write(
    `${[
      ...lines,
      `one look: ${oneLook.toFixed(0)} us of the server's processor`,
      `once a second: ${(100 * share).toFixed(3)} % of its processor time under this load for an observer, ` +
        `${(100 * OBSERVERS * share).toFixed(3)} % for ${OBSERVERS}: ${verdict} ${AT_MOST} %`,
    ].join('\n')}\n`,
  );
}

/** Against the mean of the two runs without Weir of the same round, between which it stands. */
function lookUs(): number {
  const each = runs['a hundred times'].map(({ processorMs, looks }, round) => {
    const [one, other] = [runs.without[round] as Run, runs['without again'][round] as Run];
    return (1_000 * (processorMs - (one.processorMs + other.processorMs) / 2)) / looks;
  });
  return median(each);
}

describe('a Redis under load', async () => {
  const server = await startRedis({ tcp: true });
  const admin = new Redis(server.url);
  // The first run touches the memory that the others find.
  await run(server.port, admin, undefined);
  bench(
    'a round',
    async () => {
      // Whatever comes first comes last in the next round.
      const ways = Object.keys(EVERY_MS) as Way[];
      if (runs.without.length % 2 === 1) ways.reverse();
      for (const way of ways) runs[way].push(await run(server.port, admin, EVERY_MS[way]));
    },
    {
      ...{ iterations: ROUNDS, time: 0, warmupIterations: 0, warmupTime: 0 },
      // Called after the warm-up too, which has no rounds here.
      async teardown(_task, mode) {
        if (mode === 'warmup') return;
        print();
        admin.disconnect();
        await server.stop();
      },
    },
  );
});
