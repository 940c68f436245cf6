/** A broker that cannot be had: every command and role says why in one sentence, soon, and then is quiet. */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { createAuthority } from '../../lab/certificates.ts';
import { freePort } from '../../lab/free-port.ts';
import { untilValue } from '../../lab/until.ts';
import { startSentinel } from '../support/redis/sentinel.ts';
import { startTlsRedis, type TlsOptions } from '../support/redis/tls.ts';
import { startRedis } from '../support/redis.ts';
import { ownFolder, startWeir, weir } from './fixture.ts';

// Processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000 });
const SAYS_WITHIN_MS = 120_000;

const folder = ownFolder();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** What weir.yaml says of a broker, and the environment. */
interface Away {
  readonly broker: string;
  readonly env?: NodeJS.ProcessEnv;
}

async function redisWith(...args: string[]): Promise<string> {
  const server = await startRedis({ tcp: true, args });
  ends.push(() => server.stop());
  return server.url;
}

/** A server that is no Redis: what it does with a connection. */
async function serverThat(does: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    does(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function tlsRedis(options: TlsOptions, args = ['--tls-auth-clients', 'no']) {
  const server = await startTlsRedis(args, options);
  ends.push(() => server.stop());
  return {
    broker: `{url: "rediss://127.0.0.1:${server.tlsPort}", tls: {ca: ${server.ca}}}`,
    port: server.tlsPort,
    ca: server.ca,
  };
}

/** Which Redis of the test is the master, as real Sentinels know it. */
async function sentinelOf(...lines: string[]): Promise<string> {
  const sentinel = await startSentinel({ lines });
  ends.push(() => sentinel.stop());
  return `127.0.0.1:${sentinel.port}`;
}

const FOR_HERE: TlsOptions = { name: 'IP:127.0.0.1' };

const CASES: readonly (readonly [string, () => Promise<Away>, RegExp])[] = [
  [
    'another password',
    async () => ({ broker: `{url: "${await redisWith('--requirepass', 'theirs')}", password: ours}` }),
    /it refuses the password\. Correct broker\.password/,
  ],
  [
    'no password where one is asked for',
    async () => ({ broker: `{url: "${await redisWith('--requirepass', 'theirs')}"}` }),
    /it asks for a password, and weir\.yaml has none\. Set broker\.password/,
  ],
  [
    'a user without rights',
    async () => ({
      broker: `{url: "${await redisWith('--user', 'default', 'on', '>ours', '+hello', '+auth')}", password: ours}`,
    }),
    /its user default may not do what Weir does there\. Give that user its rights/,
  ],
  [
    'a user of another role',
    async () => ({
      broker: `{url: "${await redisWith('--user', 'weir-node-a', 'on', '>ours', '+hello', '+auth')}", username: weir-node-a, password: ours}`,
    }),
    /its user weir-node-a may not do .* a command at the terminal has weir-terminal, with its files in \/etc\/weir\/terminal/,
  ],
  [
    'a host that nobody knows',
    async () => ({ broker: '{url: "rediss://nowhere.invalid:6379", password: ours}' }),
    /its host is not known here\. Correct broker\.url/,
  ],
  [
    'a port where nobody listens',
    async () => ({ broker: '{url: "redis://127.0.0.1:1"}' }),
    /nothing listens there\. Correct broker\.url/,
  ],
  [
    'a socket that is not there',
    async () => ({ broker: '{url: /nonexistent/broker.sock}' }),
    /there is no such socket\. Correct broker\.url/,
  ],
  [
    'somebody who takes connections and never answers',
    async () => ({ broker: `{url: "${await serverThat(() => {})}"}` }),
    /it took the connection and does not answer\. Look whether/,
  ],
  [
    'somebody who hangs up',
    async () => ({ broker: `{url: "${await serverThat((socket) => socket.end())}"}` }),
    /hung up without a word\. Look whether/,
  ],
  [
    'a web server',
    async () => {
      const url = await serverThat((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
      return { broker: `{url: "${url}"}` };
    },
    /what answers there is no Redis\. Correct broker\.url/,
  ],
  [
    'a Redis that is full of clients',
    async () => {
      const url = await redisWith('--maxclients', '1');
      const first = new (await import('node:net')).Socket().connect(Number(new URL(url).port), '127.0.0.1');
      first.on('error', () => {});
      await once(first, 'connect');
      ends.push(() => first.destroy());
      return { broker: `{url: "${url}"}` };
    },
    /it has as many clients as it takes\. Raise maxclients/,
  ],
  [
    // As networking.c of Redis 7.0 writes it, to who comes from another host; it hangs up then.
    'a Redis in protected mode',
    async () => {
      const word = '-DENIED Redis is running in protected mode because protected mode is enabled\r\n';
      return { broker: `{url: "${await serverThat((socket) => socket.end(word))}"}` };
    },
    /it is in protected mode, which lets in its own host only\. Give the broker a password/,
  ],
  [
    'a certificate of a CA that is not known',
    async () => ({ broker: `{url: "rediss://127.0.0.1:${(await tlsRedis(FOR_HERE)).port}"}` }),
    /its certificate is of a CA that is not known here\. Name the file/,
  ],
  [
    'a certificate for another name',
    () => tlsRedis({ name: 'DNS:elsewhere.test' }),
    /its certificate is for another name\. Give the broker a certificate/,
  ],
  [
    'a certificate that has expired',
    () => tlsRedis({ ...FOR_HERE, days: -1 }),
    /its certificate has expired\. Give the broker a certificate/,
  ],
  [
    'a Redis that asks for a certificate of the client',
    () => tlsRedis(FOR_HERE, []),
    /it asks for a certificate of the client\. Set broker\.tls\.cert and broker\.tls\.key/,
  ],
  [
    'a Redis that takes no certificate of this client',
    async () => {
      const { port, ca } = await tlsRedis(FOR_HERE, []);
      const { cert, key } = await (await createAuthority(folder.path(), 'others')).issue('client');
      return { broker: `{url: "redis://127.0.0.1:${port}", tls: {ca: ${ca}, cert: ${cert}, key: ${key}}}` };
    },
    /it refuses the certificate of this host\. Look at broker\.tls\.cert/,
  ],
  [
    'TLS where there is none',
    async () => ({ broker: `{url: "${await redisWith()}", tls: {}}` }),
    /it does not speak TLS\. Give the broker a tls-port, or take TLS out/,
  ],
  [
    'no TLS where there is nothing else',
    async () => ({ broker: `{url: "redis://127.0.0.1:${(await tlsRedis(FOR_HERE)).port}"}` }),
    /it speaks TLS, and weir\.yaml does not ask for that\. Set broker\.tls/,
  ],
  [
    'Sentinels of which none answers',
    async () => ({ broker: '{sentinels: ["127.0.0.1:1", "127.0.0.1:2"], name: weir}' }),
    /: weir@127\.0\.0\.1:1,127\.0\.0\.1:2: no Sentinel says where it is: nothing listens there\. Start them/,
  ],
  [
    'a Sentinel that hangs, and one that is none',
    async () => {
      const [hangs, none] = [await serverThat(() => {}), await redisWith()].map((url) => new URL(url).host);
      return { broker: `{sentinels: ["${hangs}", "${none}"], name: weir}` };
    },
    /\d it took the connection and does not answer; \S+ it does not know a command that Weir needs\. Look whether/,
  ],
  [
    'a Sentinel that knows no such master',
    async () => ({ broker: `{sentinels: ["${await sentinelOf()}"], name: weir}` }),
    /its Sentinels know no master weir\. Correct broker\.name/,
  ],
  [
    'a Sentinel that refuses the password',
    async () => ({
      broker: `{sentinels: ["${await sentinelOf('requirepass theirs')}"], name: weir, sentinel_password: ours}`,
    }),
    /no Sentinel says where it is: it refuses the password\. Correct broker\.sentinel_password/,
  ],
  [
    'a Sentinel that names a master where nobody listens',
    async () => ({
      broker: `{sentinels: ["${await sentinelOf('sentinel monitor weir 127.0.0.1 1 1')}"], name: weir}`,
    }),
    /: weir@127\.0\.0\.1:\d+=127\.0\.0\.1:1: nothing listens there\. Start the broker there, or wait/,
  ],
  [
    'a Sentinel that names a master beyond this machine, without TLS',
    async () => ({
      broker: `{sentinels: ["${await sentinelOf('sentinel monitor weir 192.0.2.9 6379 1')}"], name: weir}`,
    }),
    /=192\.0\.2\.9:6379: its Sentinels name a master beyond this machine, .*\. Set both, or broker\.insecure: true/,
  ],
];

async function configFor(name: string, { broker }: Away): Promise<string> {
  const text = folder.config({ port: await freePort(), http: await freePort() });
  return folder.file(`${name.replaceAll(/\W/g, '-')}.yaml`, `broker: ${broker}\n${text}`);
}

it.each(CASES)('a command, and %s', async (name, make, sentence) => {
  const away = await make();
  const { code, stdout, stderr } = await weir(['status', '-c', await configFor(name, away)], away.env);

  expect(stderr).toMatch(sentence);
  expect(stderr).toMatch(/^The broker cannot be used: \S+: [^\n]+\.\n$/);
  expect([code, stdout]).toEqual([3, '']);
});

/** A role, what it has said so far, and the lines of it that say why the broker is away. */
async function start(role: string, name: string, away: Away) {
  const config = await configFor(`${role} ${name}`, away);
  const { said, kill } = startWeir([...role.split(' '), '-c', config], away.env);
  ends.push(kill);
  return { said, sentences: () => said().match(/The broker cannot be used: [^\n]*/g) ?? [] };
}

const ROLES = ['worker --no-observe', 'node --name a', 'up --name a --no-observe'];
const FOR_ROLES = ['another password', 'Sentinels of which none answers', 'a certificate of a CA that is not known'];

it.each(
  ROLES.flatMap((role) => CASES.filter(([name]) => FOR_ROLES.includes(name)).map((one) => [role, ...one] as const)),
)('%s, and %s', async (role, name, make, sentence) => {
  const { said, sentences } = await start(role, name, await make());
  await untilValue(sentences, ({ length }) => length > 0, SAYS_WITHIN_MS, 'why the broker is away');
  // Each of its connections and queues tries anew again and again.
  await sleep(4_000);

  // Its two parts come up one after the other.
  expect(sentences().length).toBeLessThanOrEqual(role.startsWith('up') ? 2 : 1);
  for (const one of sentences()) expect(one).toMatch(sentence);
  expect(said()).not.toMatch(/Connection is closed|isn't writeable|\n +at /);
});

it('a role says that the broker hangs, that it is gone, and each time that it answers again', async () => {
  const port = await freePort();
  const first = await startRedis({ port });
  ends.push(() => first.stop());
  const { said, sentences } = await start('node --name a', 'comes and goes', { broker: `{url: "${first.url}"}` });
  const backs = () => said().match(/answers again/g)?.length ?? 0;
  await untilValue(said, (text) => / is up/.test(text), SAYS_WITHIN_MS, 'that the role is up');
  expect(sentences()).toEqual([]);

  process.kill(first.pid, 'SIGSTOP');
  await untilValue(sentences, ({ length }) => length === 1, SAYS_WITHIN_MS, 'that the broker hangs');
  expect(sentences()[0]).toMatch(/does not answer|nobody answered/);
  process.kill(first.pid, 'SIGCONT');
  await untilValue(backs, (count) => count === 1, SAYS_WITHIN_MS, 'that it answers again');

  await first.stop();
  await untilValue(sentences, ({ length }) => length === 2, SAYS_WITHIN_MS, 'that the broker is gone');
  expect(sentences()[1]).toMatch(/nothing listens there/);
  const again = await startRedis({ port });
  ends.push(() => again.stop());
  await untilValue(backs, (count) => count === 2, SAYS_WITHIN_MS, 'that it answers again');
});

it.each(['node --name a', 'worker'])('%s without broker.url ends at once, with one sentence', async (role) => {
  const path = await folder.file('none.yaml', folder.config({ port: 7999, http: 7998 }));
  const { code, stderr } = await weir([...role.split(' '), '-c', path]);

  expect(stderr).toMatch(/^\S+none\.yaml has no broker\.url, and weir \w+ shares its broker .*`weir up`[^\n]*\n$/);
  expect(code).toBe(2);
});

it('a command without broker.url, where no `weir up` runs', async () => {
  const path = await folder.file('embedded.yaml', folder.config({ port: 7999, http: 7998 }));
  const { code, stderr } = await weir(['status', '-c', path]);

  expect(stderr).toMatch(/^weir\.yaml has no broker\.url, and no `weir up` with its own broker runs here [^\n]*\n$/);
  expect(code).toBe(3);
});
