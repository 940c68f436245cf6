/** Passwords that are wrong, changed under a running process, or in a place where they would be printed. */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { brokerUsers } from '../../../src/broker/acl.ts';
import { poolKeys, QUEUE_PREFIX, RULES_KEY } from '../../../src/broker/keys.ts';
import { descendants } from '../../machine/processes.ts';
import { type HostAttack, heldUnless } from '../attack.ts';
import { type Host, isUp } from '../host.ts';

const SECRET = 'SENTINEL-of-the-broker-9';

function countOf(text: string): number {
  return text.split(SECRET).length - 1;
}

async function brokerAndConfig(host: Host, name: string, password: string) {
  const broker = await host.redis(`broker-${name}`, '--requirepass', password, '--appendonly', 'yes');
  const url = `redis://127.0.0.1:${broker.port}`;
  const { path } = await host.config(name, { broker: `{url: "${url}", password: ${SECRET}}` });
  const admin = new Redis(broker.path, { password });
  host.ends(() => admin.disconnect());
  return { path, admin };
}

const wrong: HostAttack = {
  of: 'H1',
  tries: 'a worker and a node with a wrong password, for 8 s',
  async run(host) {
    const { path } = await brokerAndConfig(host, 'wrong-password', 'theirs');
    const roles = [host.start(['worker', '--no-observe', '-c', path]), host.start(['node', '--name', 'a', '-c', path])];
    await Promise.all(roles.map(isUp));
    await sleep(8_000);
    const said = roles.map((role) => role.said());
    for (const role of roles) await role.end();
    const isTold = said.every((text) => /password|WRONGPASS/i.test(text));
    return heldUnless(
      said.some((text) => countOf(text) > 0) || !isTold,
      `${said.map(countOf).join(' and ')} times; the log says that the password is wrong`,
    );
  },
};

const rotated: HostAttack = {
  of: 'H1',
  tries: 'the password is changed under a running worker, and its connections are cut',
  async run(host) {
    const { path, admin } = await brokerAndConfig(host, 'rotated', SECRET);
    const worker = host.start(['worker', '--no-observe', '-c', path]);
    await isUp(worker);
    await admin.config('SET', 'requirepass', 'another');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await sleep(6_000);
    const count = countOf(worker.said());
    const startedAt = performance.now();
    await worker.end('SIGTERM');
    rotatedEndMs.set(host, performance.now() - startedAt);
    return heldUnless(count > 0, `${count} times in 6 s`);
  },
};

/** How long that worker took to end. */
const rotatedEndMs = new WeakMap<Host, number>();

const ends: HostAttack = {
  of: 'L13',
  tries: 'SIGTERM to a worker whose password has been changed',
  async run(host) {
    if (!rotatedEndMs.has(host)) await rotated.run(host);
    const ms = rotatedEndMs.get(host) ?? Number.POSITIVE_INFINITY;
    return heldUnless(ms > 60_000, `it ended after ${(ms / 1_000).toFixed(1)} s`);
  },
};

const printed: HostAttack = {
  of: 'L10',
  tries: 'a password in the query, or the user part, of broker.url',
  async run(host) {
    const said: string[] = [];
    const codes: (number | null)[] = [];
    for (const url of [`redis://127.0.0.1:1?password=${SECRET}`, `redis://:${SECRET}@127.0.0.1:1`]) {
      const { path } = await host.config('printed', { broker: `{url: "${url}"}` });
      const { code, text } = await host.weir(['status', '-c', path]);
      said.push(text);
      codes.push(code);
    }
    const count = countOf(said.join('\n'));
    return heldUnless(
      count > 0 || codes.some((code) => code !== 2),
      `refused with ${codes.join(', ')}, printed ${count} times`,
    );
  },
};

const open: HostAttack = {
  of: 'H5',
  tries: 'a broker beyond this machine without a password, or with redis://',
  async run(host) {
    const came: string[] = [];
    for (const broker of ['{url: "redis://10.99.99.99:6390"}', '{url: "redis://10.99.99.99:6390", password: x}']) {
      const { path } = await host.config('beyond', { broker });
      const { code, text } = await host.weir(['status', '-c', path]);
      came.push(code === 2 ? 'refused' : text);
    }
    return heldUnless(
      came.some((one) => one !== 'refused'),
      came.join(', '),
    );
  },
};

const users: HostAttack = {
  of: 'H5',
  tries: 'what a node’s and a terminal’s user of `weir broker acl` may not do on a real broker',
  async run(host) {
    const broker = await host.redis('broker-acl');
    const admin = new Redis(broker.path);
    for (const { name, rules } of brokerUsers({ logs: ['a', 'b'] }, '>x'))
      await admin.call('ACL', 'SETUSER', name, ...rules);
    admin.disconnect();
    const keys = poolKeys('logs');
    const tries: readonly (readonly [string, readonly string[]])[] = [
      ['weir-node-a', ['HSET', RULES_KEY, 'hash', 'x']],
      ['weir-node-a', ['HSET', keys.state, 'json', '{}']],
      ['weir-node-a', ['HSET', keys.leases, 'x', '{}']],
      ['weir-node-a', ['LPUSH', `${QUEUE_PREFIX}:act-b:wait`, '1']],
      ['weir-node-a', ['CONFIG', 'SET', 'requirepass', 'x']],
      ['weir-node-a', ['FLUSHALL']],
      ['weir-terminal', ['HSET', RULES_KEY, 'hash', 'x']],
      ['weir-terminal', ['LPUSH', `${QUEUE_PREFIX}:act-a:wait`, '1']],
      ['weir-terminal', ['SHUTDOWN', 'NOSAVE']],
      ['weir-worker', ['CONFIG', 'SET', 'requirepass', 'x']],
      ['weir-worker', ['SHUTDOWN', 'NOSAVE']],
    ];
    const taken: string[] = [];
    for (const [username, [command = '', ...args]] of tries) {
      const redis = new Redis(broker.path, { username, password: 'x' });
      const answer = await redis.call(command, ...args).catch((error: Error) => error.message);
      if (!String(answer).startsWith('NOPERM')) taken.push(`${username} ${command}: ${String(answer)}`);
      redis.disconnect();
    }
    return heldUnless(taken.length > 0, taken.join('; ') || `${tries.length} commands, each NOPERM`);
  },
};

const embedded: HostAttack = {
  of: 'M5',
  tries: '`weir up`: broker.listen without a password; with one, its commands that take it over',
  async run(host) {
    const bare = await host.config('up-bare', { broker: '{listen: "127.0.0.1:16399"}' });
    const { code } = await host.weir(['up', '-c', bare.path]);
    const port = 16_398;
    const { path } = await host.config('up', { broker: `{listen: "127.0.0.1:${port}", password: ${SECRET}}` });
    const up = host.start(['up', '--no-observe', '-c', path]);
    await isUp(up);
    const stranger = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
    stranger.on('error', () => {});
    const refused = await stranger.set('x', '1').catch((error: Error) => error.message);
    stranger.disconnect();
    const known = new Redis(port, '127.0.0.1', { password: SECRET });
    const taken: string[] = [];
    for (const [command = '', ...args] of [
      ['CONFIG', 'SET', 'protected-mode', 'no'],
      ['CONFIG', 'SET', 'bind', '127.0.0.1 127.0.0.77'],
      ['REPLICAOF', '127.0.0.1', '1'],
      ['MODULE', 'LIST'],
      ['FLUSHALL'],
      ['SHUTDOWN', 'NOSAVE'],
    ]) {
      const answer = await known.call(command, ...args).catch((error: Error) => error.message);
      if (!/NOPERM|unknown command|not allowed/i.test(String(answer))) taken.push(`${command} ${String(answer)}`);
    }
    known.disconnect();
    const stays = up.isRunning;
    const user = await ownerOfBroker(up.pid);
    await up.end('SIGTERM');
    const isRoot = process.getuid?.() === 0 && user === '0';
    return heldUnless(
      code !== 2 || !/NOAUTH/.test(String(refused)) || taken.length > 0 || !stays || isRoot,
      `without a password: exit ${code}; a stranger: NOAUTH; ${taken.join(', ') || 'six commands refused'}; its user is ${user}`,
    );
  },
};

/** The uid of the redis-server below a process. */
async function ownerOfBroker(pid: number): Promise<string> {
  for (const one of descendants(pid)) {
    const status = await readFile(`/proc/${one}/status`, 'utf8').catch(() => '');
    if (/^Name:\tredis-server/m.test(status)) return /^Uid:\t(\d+)/m.exec(status)?.[1] ?? '?';
  }
  return 'none';
}

export const SECRET_ATTACKS: readonly HostAttack[] = [wrong, rotated, ends, printed, open, users, embedded];
