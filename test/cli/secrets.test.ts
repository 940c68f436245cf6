/** A broker that refuses the log-in: each role says so, and what it says has no password in it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import { untilValue } from '../../lab/until.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { ownFolder, startWeir } from './fixture.ts';

// Processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000 });
const SAYS_WITHIN_MS = 120_000;

const OURS = 'ours-SENTINEL-9';
const THEIRS = 'theirs-SENTINEL-9';

const folder = ownFolder();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(password: string): Promise<TestRedis> {
  const broker = await startRedis({ tcp: true, args: ['--requirepass', password] });
  ends.push(() => broker.stop());
  return broker;
}

/** The role, and all that it has said. */
async function start(role: string, broker: TestRedis) {
  const text = folder.config({ port: await freePort(), http: await freePort(), broker: broker.url });
  const config = await folder.file(`${role}.yaml`, text.replace('broker: {', `broker: {password: ${OURS}, `));
  const { said, ended, kill } = startWeir([...role.split(' '), '-c', config]);
  ends.push(kill);
  return { said, ended };
}

async function untilSays(said: () => string, pattern: RegExp): Promise<void> {
  await untilValue(said, (text) => pattern.test(text), SAYS_WITHIN_MS, `a line like ${pattern}`);
}

const ROLES = ['worker --no-observe', 'node --name a'];

it.each([...ROLES, 'status', 'pause --reason x'])('%s, whose password is wrong', async (role) => {
  const { said, ended } = await start(role, await startBroker(THEIRS));
  await Promise.race([ended, untilSays(said, /WRONGPASS|broker/i)]);
  // Each role tries anew again and again, and each queue of BullMQ with it.
  await Promise.race([ended, sleep(3_000)]);
  expect(said()).toMatch(/WRONGPASS|broker/i);
  expect(said()).not.toMatch(/SENTINEL|\n +at /);
});

it.each(ROLES)('%s, under which the password is changed', async (role) => {
  const broker = await startBroker(OURS);
  const { said } = await start(role, broker);
  await untilSays(said, / is up"/);
  const admin = new Redis(broker.url, { password: OURS });
  await admin.config('SET', 'requirepass', THEIRS);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  admin.disconnect();
  const before = said().length;
  await untilSays(() => said().slice(before), /WRONGPASS|password/i);
  await sleep(3_000);
  expect(said()).not.toMatch(/SENTINEL|\n +at /);
});
