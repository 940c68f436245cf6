/** Who a terminal's request is from: the log-in that the kernel keeps, and no variable that anybody sets. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { poolKeys } from '../../src/broker/keys.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/waiting.ts';
import { MAIN, ownFolder } from './fixture.ts';

// Processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 120_000 });

const folder = ownFolder();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const NOBODY = 65_534;
const LOGS_IN = ['sh', '-c', 'echo "$0" > /proc/self/loginuid && exec "$@"'];
/** A user namespace of another's, or a kernel without audit, does not let a process log in. */
const canLogIn = spawnSync('sh', [...LOGS_IN.slice(1), String(NOBODY), 'true'], { stdio: 'ignore' }).status === 0;

/** Who stands in the entry of `weir pause`, of which no worker takes notice. */
async function whoAsks(before: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const broker = await startRedis({ tcp: true });
  ends.push(() => broker.stop());
  const config = await folder.file('me.yaml', folder.config({ port: 6_379, http: 8_480, broker: broker.url }));
  const [program = '', ...args] = [...before, process.execPath, MAIN, 'pause', '--reason', 'x', '-c', config];
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const ended = once(child, 'close');
  ends.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const redis = new Redis(broker.url);
  ends.push(() => redis.quit());
  const [word] = await until(async () => {
    const words = await redis.hvals(poolKeys('logs').words);
    return words.length > 0 && words;
  }, 'the word of weir pause');
  return JSON.parse(word ?? '').by;
}

it('is whoever the process runs as where nobody logged in, whatever $SUDO_USER says', async () => {
  expect(await whoAsks([], { SUDO_USER: 'U0APPROVER' })).toBe(`${userInfo().username}@${hostname()}`);
});

it.runIf(canLogIn)('is who logged in, before sudo and su', async () => {
  expect(await whoAsks([...LOGS_IN, String(NOBODY)], { SUDO_USER: 'ann' })).toBe(`nobody@${hostname()}`);
});

it.runIf(canLogIn)('is the number of who logged in where that has no name here', async () => {
  expect(await whoAsks([...LOGS_IN, '4242424'], {})).toBe(`uid-4242424@${hostname()}`);
});
