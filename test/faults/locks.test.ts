/**
 * Hazards of BullMQ's locks, with a real broker and real processes: whoever is held up past its lock is taken for dead,
 * and does not know it when it goes on.
 */

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { createPrograms, type Program, type Programs } from '../../lab/chaos/bench/programs.ts';
import { compiled } from '../../lab/paths.ts';
import { append } from '../../src/broker/entries/stream.ts';
import { jobIdOf, openQueue, wake } from '../../src/broker/queues.ts';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The lock of the programs under test, and a time that is past it. In ms. */
const LOCK_MS = 2_000;
const PAST_THE_LOCK_MS = 3 * LOCK_MS;

interface World extends AsyncDisposable {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly dir: string;
  readonly programs: Programs;
}

async function createWorld(): Promise<World> {
  const server = await startRedis();
  const redis = new Redis(server.path, { maxRetriesPerRequest: null });
  const dir = await tempDir();
  const programs = createPrograms(dir, () => {});
  return {
    ...{ server, redis, dir, programs },
    async [Symbol.asyncDispose]() {
      await programs.stop();
      redis.disconnect();
      await server.stop();
    },
  };
}

/** Each with a state_dir of its own: two processes that believe to be the node are the worst case. */
async function start({ server, dir, programs }: World, what: 'act' | 'evaluate', name: string): Promise<Program> {
  const folder = join(dir, name);
  await mkdir(folder);
  const argv = [process.execPath, compiled('lab/chaos/stand-ins/held-up.js'), what, server.path, folder];
  const env = {
    ...process.env,
    NODE_OPTIONS: `--import=${compiled('lab/chaos/stand-ins/preload.js')}`,
    WEIR_BENCH_ORDER: join(dir, 'order.json'),
  };
  const program = programs.start(name, argv, env);
  await program.says(/^ready$/, 10_000);
  return program;
}

const saidBy = (program: Program, pattern: RegExp) => program.lines.filter((line) => pattern.test(line));

describe.concurrent('an action', () => {
  async function addJob({ redis }: World): Promise<ActionJob> {
    const now = Date.now();
    const job: ActionJob = {
      decision: `${now}-0.member-unwritable.b`,
      ...{ pool: 'logs', node: 'a', action: 'drain', member: 'b', entryId: `${now}-0` },
      expiresAt: now + 10_000,
      lease: { weight: 0, until: now + 60_000, owner: 'rule:member-unwritable', reason: 'a test' },
    };
    const queue = openQueue<ActionJob>(redis, 'act-a');
    await queue.add(job.action, job, { jobId: jobIdOf(job.decision) });
    await queue.close();
    return job;
  }

  /** A process that holds a job, between its last look and the change. */
  async function looking(world: World): Promise<{ one: Program; job: ActionJob }> {
    const one = await start(world, 'act', 'one');
    const job = await addJob(world);
    await one.says(/^looking$/, 10_000);
    return { one, job };
  }

  async function jobState({ redis }: World, job: ActionJob): Promise<string> {
    const queue = openQueue<ActionJob>(redis, 'act-a');
    const state = await queue.getJobState(jobIdOf(job.decision));
    await queue.close();
    return state;
  }

  const acted = ({ dir }: World) => ['one', 'two'].filter((name) => existsSync(join(dir, name, 'acted')));

  it('is done by one of two that take jobs, and once, when nothing happens', async ({ expect }) => {
    await using world = await createWorld();
    const both = [await start(world, 'act', 'one'), await start(world, 'act', 'two')];
    const job = await addJob(world);
    await expect.poll(() => jobState(world, job), { timeout: 60_000 }).toBe('completed');
    expect(acted(world)).toHaveLength(1);
    expect(both.flatMap((program) => saidBy(program, /^outcome/))).toEqual(['outcome applied']);
  });

  it('is not done by a process that was stopped past its lock and the life of its job (H2), nor by another', async ({
    expect,
  }) => {
    await using world = await createWorld();
    const { one, job } = await looking(world);
    await one.kill('SIGSTOP');
    const two = await start(world, 'act', 'two');
    await expect.poll(() => jobState(world, job), { timeout: 60_000 }).toBe('failed');
    await sleep(Math.max(0, job.expiresAt + 500 - Date.now()));
    await one.kill('SIGCONT');
    await one.says(/^outcome (expired|failed)$/, 10_000);
    expect(acted(world)).toEqual([]);
    expect(saidBy(two, /^(looking|outcome)/)).toEqual([]);
  });

  it('is not done by a process whose event loop was blocked past its lock and the life of its job (H2)', async ({
    expect,
  }) => {
    await using world = await createWorld();
    const { one, job } = await looking(world);

    await writeFile(join(world.dir, 'order.json'), JSON.stringify({ blockMs: job.expiresAt + 500 - Date.now() }));
    await one.kill('SIGUSR2');
    await start(world, 'act', 'two');
    await expect.poll(() => jobState(world, job), { timeout: 60_000 }).toBe('failed');
    await one.says(/^outcome (expired|failed)$/, 15_000);
    expect(acted(world)).toEqual([]);
  });

  it('is not begun again when its process was killed (H1)', async ({ expect }) => {
    await using world = await createWorld();
    const { one, job } = await looking(world);
    await one.kill('SIGKILL');
    const two = await start(world, 'act', 'two');
    await expect.poll(() => jobState(world, job), { timeout: 60_000 }).toBe('failed');
    await sleep(LOCK_MS);
    expect(acted(world)).toEqual([]);
    expect(saidBy(two, /^(looking|outcome)/)).toEqual([]);
  });

  it('is done at most once while the broker is frozen past its lock (H3)', async ({ expect }) => {
    await using world = await createWorld();
    const one = await start(world, 'act', 'one');
    const two = await start(world, 'act', 'two');
    const job = await addJob(world);
    await expect
      .poll(() => [one, two].some((program) => saidBy(program, /^looking$/).length > 0), { timeout: 60_000 })
      .toBe(true);
    process.kill(world.server.pid, 'SIGSTOP');
    await sleep(PAST_THE_LOCK_MS);
    process.kill(world.server.pid, 'SIGCONT');
    await expect.poll(() => jobState(world, job), { timeout: 60_000 }).toMatch(/completed|failed/);
    await sleep(LOCK_MS);
    expect(acted(world)).toHaveLength(1);
    expect([one, two].flatMap((program) => saidBy(program, /^looking$/))).toHaveLength(1);
  });
});

describe.concurrent('an evaluation', () => {
  const HELD_UP = {
    stopped: {
      begin: (_: World, program: Program) => program.kill('SIGSTOP'),
      end: (_: World, program: Program) => program.kill('SIGCONT'),
    },
    blocked: {
      async begin({ dir }: World, program: Program) {
        await writeFile(join(dir, 'order.json'), JSON.stringify({ blockUntil: join(dir, 'go-on') }));
        await program.kill('SIGUSR2');
      },
      end: ({ dir }: World) => writeFile(join(dir, 'go-on'), ''),
    },
  };

  it.each(['stopped', 'blocked'] as const)(
    'of a process that was %s past its lock commits nothing and delivers nothing (H2)',
    async (how) => {
      await using world = await createWorld();
      await append(world.redis, { kind: 'tick', pool: 'logs' });
      const one = await start(world, 'evaluate', 'one');
      const queue = openQueue<{ pool: string }>(world.redis, 'evaluate');
      await wake(queue, 'logs');
      await one.says(/^committing$/, 10_000);
      await HELD_UP[how].begin(world, one);
      const two = await start(world, 'evaluate', 'two');
      await two.says(/^revision 1$/, 20_000);
      await HELD_UP[how].end(world, one);
      await one.says(/^revision 0$/, 20_000);
      expect(saidBy(one, /^(delivers|committed)/)).toEqual([]);
      expect(saidBy(two, /^delivers show$/)).toHaveLength(1);
      await queue.close();
    },
  );
});
