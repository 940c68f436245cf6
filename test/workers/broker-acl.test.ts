/**
 * A real broker with exactly the users of `weir broker acl`, and required seals: each role does its work as its own, and
 * nobody else's. Somebody with the broker's password changes nothing.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import { untilValue } from '../../lab/until.ts';
import { brokerUsers } from '../../src/broker/acl.ts';
import { newKeyPair } from '../../src/broker/seal/keys.ts';
import { MAIN, ownFolder, weir } from '../cli/fixture.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

// Processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000 });
const WITHIN_MS = 120_000;

const PASSWORD = 's3cret';
const USERS = brokerUsers({ logs: ['a', 'b'] }, `>${PASSWORD}`);

const KEYS = { worker: newKeyPair(), terminal: newKeyPair(), node: newKeyPair() };
const SEAL = `
seal:
  mode: require
  key: $SEAL_KEY
  public:
    worker: ["${KEYS.worker.publicText}"]
    terminal: ["${KEYS.terminal.publicText}"]
    node: {a: ["${KEYS.node.publicText}"]}
`;

const folder = ownFolder();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(): Promise<{ broker: TestRedis; admin: Redis }> {
  const broker = await startRedis({ tcp: true, args: ['--appendonly', 'yes'] });
  const admin = new Redis(broker.path);
  ends.push(broker.stop, () => admin.disconnect());
  for (const { name, rules } of USERS) await admin.call('ACL', 'SETUSER', name, ...rules);
  return { broker, admin };
}

/** A weir.yaml whose user and password are those of the process. */
async function configOf(broker: TestRedis): Promise<string> {
  const member = await startRedis({ tcp: true });
  ends.push(member.stop);
  const text = folder.config({ port: member.port, http: await freePort(), broker: broker.url });
  const own = text.replace('broker: {', 'broker: {username: $BROKER_USER, password: $BROKER_PASSWORD, ');
  return folder.file('weir.yaml', `${own.replace('stale_after: 30s', 'stale_after: 3s')}${SEAL}`);
}

const as = (role: keyof typeof KEYS) => ({
  BROKER_USER: role === 'node' ? 'weir-node-a' : `weir-${role}`,
  BROKER_PASSWORD: PASSWORD,
  SEAL_KEY: KEYS[role].privateText,
});

function start(args: readonly string[], role: keyof typeof KEYS): void {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...as(role), PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    stdio: 'ignore',
  });
  ends.push(async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  });
}

const SAID = [
  ...['status', 'why b', 'audit logs', 'rules status', 'silence list', 'trust logs', 'ack logs-1', 'resume logs'],
  ...['pause logs --reason x --for 1m', 'silence add target=b --for 1m --reason x', 'restore logs/b'],
  'rules drill member-unwritable --target logs/b',
];

it('worker, node and terminal do their work, and nothing is refused', async () => {
  const { broker, admin } = await startBroker();
  const config = await configOf(broker);
  start(['worker', '-c', config], 'worker');
  start(['node', '--name', 'a', '-c', config], 'node');
  const terminal = (...args: string[]) => weir([...args, '-c', config], as('terminal'));
  const revision = async () => Number(await admin.hget('weir:{logs}:state', 'revision'));
  await untilValue(revision, (count) => count > 3, WITHIN_MS, 'evaluations');
  const jobs = () => admin.keys('weir:queue:act-a:*');

  const drained = terminal('drain', 'logs/b', '--force', '--reason', 'a test');
  await untilValue(jobs, (keys) => keys.length > 0, WITHIN_MS, 'a job for node a');
  const done = () => admin.zcard('weir:queue:act-a:completed');
  await untilValue(done, (count) => count > 0, WITHIN_MS, 'the job done');
  const answers = await Promise.all([drained, ...SAID.map((line) => terminal(...line.split(' ')))]);
  for (const { stdout, stderr } of answers) {
    expect(`${stdout}${stderr}`).not.toMatch(/NOPERM|does not answer|permission/i);
  }
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  const before = await revision();
  await untilValue(revision, (count) => count > before + 3, WITHIN_MS, 'evaluations after the connections were lost');
  expect(await refusals(admin)).toEqual([]);
  const state = async () => JSON.parse((await admin.hget('weir:{logs}:state', 'json')) ?? '{}');
  expect((await state()).unreadable).toBeUndefined();

  // Who has the broker's password and no key says what he likes.
  const hold = { kind: 'hold', pool: 'logs', scope: { kind: 'all' }, by: 'mallory', reason: 'x', holdMs: 60_000 };
  const [, , , last = ''] = (await admin.xrevrange('weir:{logs}:stream', '+', '-', 'COUNT', 1))[0]?.flat() ?? [];
  await admin.xadd('weir:{logs}:stream', '*', 'e', JSON.stringify(hold));
  await admin.xadd('weir:{logs}:stream', '*', 'e', last);
  const job = { decision: '1-0.r.b', pool: 'logs', node: 'a', action: 'drain', member: 'b', entryId: '1-0' };
  const queue = new Queue('act-a', { connection: admin as never, prefix: 'weir:queue' });
  const honest = (await queue.getCompleted()).map(({ returnvalue }) => String(returnvalue));
  expect(honest.length).toBeGreaterThan(0);
  expect(honest.filter((said) => said.startsWith('set aside'))).toEqual([]);
  const added = await queue.add('drain', { ...job, expiresAt: Date.now() + 60_000 });
  const rules = await admin.hget('weir:rules', 'hash');
  await admin.hset('weir:rules', 'hash', 'forged', 'texts', JSON.stringify([{ file: 'x.yaml', text: 'version: 1' }]));
  const writers = async () => Object.keys((await state()).unreadable ?? {});
  await untilValue(writers, (names) => names.includes('mallory'), WITHIN_MS, 'the forged hold set aside');
  expect((await state()).holds).not.toHaveProperty('all');
  await untilValue(
    () => admin.hget('weir:rules', 'hash'),
    (hash) => hash === rules,
    WITHIN_MS,
    'the rules before',
  );
  const answer = async () => (await Job.fromId(queue, added.id as string))?.returnvalue;
  await untilValue(answer, (said) => said === 'set aside: it is not sealed', WITHIN_MS, 'the forged job refused');
  await queue.close();
});

async function refusals(admin: Redis): Promise<string[]> {
  const rows = (await admin.call('ACL', 'LOG')) as (readonly unknown[])[];
  return rows.map((row) => ['username', 'reason', 'object'].map((key) => row[row.indexOf(key) + 1]).join(' '));
}

const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  'weir-worker': ['FLUSHALL', 'CONFIG GET *', 'SHUTDOWN', 'KEYS *', 'GET other', 'ACL LIST', 'MODULE LIST'],
  'weir-terminal': [
    ...['FLUSHALL', 'CONFIG GET *', 'HSET weir:rules hash x', 'HSET weir:{logs}:state cursor 1-1'],
    ...['HSET weir:{logs}:leases x {}', 'XADD weir:queue:act-a:wait * a b', 'SET weir:alive 1', 'DEL weir:{logs}:told'],
  ],
  'weir-node-a': [
    ...[
      'FLUSHALL',
      'CONFIG GET *',
      'HGETALL weir:rules',
      'HSET weir:rules hash x',
      'HSET weir:{logs}:state cursor 1-1',
    ],
    ...['HSET weir:{logs}:leases x {}', 'LRANGE weir:queue:act-b:wait 0 -1', 'XADD weir:{other}:stream * e x'],
    ...['HGETALL weir:{logs}:decisions', 'SET weir:{logs}:alive 1', 'HSET weir:{logs}:told x y'],
  ],
};

it('each may ask whether a broker that was away is back', async () => {
  const { broker } = await startBroker();
  for (const { name: username } of USERS) {
    const redis = new Redis(broker.path, { username, password: PASSWORD, disableClientInfo: true });
    ends.push(() => redis.disconnect());
    expect(await redis.ping(), username).toBe('PONG');
  }
});

it('none may do what another does', async () => {
  const { broker } = await startBroker();
  for (const [username, commands] of Object.entries(FORBIDDEN)) {
    const redis = new Redis(broker.path, { username, password: PASSWORD, disableClientInfo: true });
    ends.push(() => redis.disconnect());
    for (const command of commands) {
      const [name = '', ...args] = command.split(' ');
      await expect(redis.call(name, ...args), `${username}: ${command}`).rejects.toThrow('NOPERM');
    }
  }
});

/** What BullMQ's scripts call, whichever way they go: a queue that lacks one of them fails in the night. */
function calledBy(...scripts: readonly string[]): string[] {
  const file = (script: string) => join(import.meta.dirname, '../../node_modules/bullmq/dist/cjs/scripts', script);
  const texts = scripts.map((script) => readFileSync(file(`${script}.js`), 'utf8'));
  return texts.flatMap((text) =>
    [...text.matchAll(/(?:call\(|pushCmd\w* = )["']([A-Z]+)["']/gi)].map(([, name = '']) => name),
  );
}

const ADDS = ['addStandardJob-9'];
const WORKS = [...ADDS, 'moveToActive-11', 'moveToFinished-14', 'moveStalledJobsToWait-9', 'extendLocks-1'];
const RETRIES = [...WORKS, 'retryJob-11', 'moveToDelayed-11', 'saveStacktrace-1'];

it.each([
  ['weir-terminal', ADDS],
  ['weir-node-a', WORKS],
  ['weir-worker', RETRIES],
])('%s may call all that the scripts of its queues do', (name, scripts) => {
  const rules = USERS.find((user) => user.name === name)?.rules ?? [];
  const lacking = calledBy(...scripts).filter((command) => !rules.includes(`+${command.toLowerCase()}`));
  expect([...new Set(lacking)]).toEqual([]);
});
