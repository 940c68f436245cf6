/** A pool that runs with every secret that it can have, and the commands of docs/rotation.md carried out there. */

import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, expect } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { sendJson, startSlackStandIn } from '../../../lab/slack/stand-in.ts';
import { untilValue } from '../../../lab/until.ts';
import { brokerUsers } from '../../../src/broker/acl.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startSmtp } from '../../support/smtp.ts';
import { MAIN, ownFolder, startWeir } from '../fixture.ts';

// Processes on a busy machine: a limit, not an expectation.
export const WITHIN_MS = 120_000;

export const HOSTS = ['worker', 'a'] as const;
type Host = (typeof HOSTS)[number];

const folder = ownFolder();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Each is a secret of the test, and none may be seen anywhere. */
const made: string[] = [];
export function secretOf(what: string): string {
  const text = `SENTINEL-${what}-${made.length}`;
  made.push(text);
  return text;
}

export interface Step {
  readonly where: string;
  readonly command: string;
}

/** The commands below a heading of docs/rotation.md, each with the place that the comment before it names. */
export async function stepsOf(heading: string): Promise<Step[]> {
  const text = await readFile(join(import.meta.dirname, '../../../docs/rotation.md'), 'utf8');
  const section = text.split(/^### /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const [, block = ''] = /^```sh\n(.*?)^```/ms.exec(section) ?? [];
  let where = '';
  return block
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      if (!line.startsWith('# on ')) return [{ where, command: line }];
      where = line.slice('# on '.length);
      return where.includes(':') ? [{ where, command: '' }] : [];
    });
}

async function redisWith(args: readonly string[], port?: number): Promise<TestRedis> {
  const users = await folder.file(`users-${made.length}-${port ?? 0}-${args.length}`, '');
  const all = [...args, '--aclfile', users];
  const redis = await startRedis(port === undefined ? { tcp: true, args: all } : { port, args: all });
  ends.push(redis.stop);
  return redis;
}

/** Broker, members, Slack, a mail server: each with what it takes. */
export async function startOthers() {
  const broker = await redisWith([]);
  const a = await redisWith(['--bind', '127.0.0.1']);
  const b = await redisWith(['--bind', '127.0.0.3'], a.port);
  const passwords = {
    ...{ worker: secretOf('worker'), a: secretOf('a'), terminal: secretOf('terminal'), pool: secretOf('pool') },
    ...{ slack: `xoxb-${secretOf('slack')}`, smtp: secretOf('smtp'), page: secretOf('page-token') },
  };
  const admin = new Redis(broker.path);
  ends.push(() => admin.disconnect());
  for (const { name, rules } of brokerUsers({ logs: ['a', 'b'] })) {
    const role = name.replace(/^weir-(node-)?/, '') as 'worker' | 'terminal' | 'a';
    const password = passwords[role] ?? secretOf('nobodys');
    await admin.call('ACL', 'SETUSER', name, ...rules.map((rule) => (rule.startsWith('<') ? `>${password}` : rule)));
  }
  for (const member of [a, b]) {
    const redis = new Redis(member.path);
    await redis.call('ACL', 'SETUSER', 'weir', 'on', `>${passwords.pool}`, '~*', '+@all');
    redis.disconnect();
  }
  const slack = await startSlackStandIn();
  const taken = new Set([passwords.slack]);
  slack.answer = ({ authorization }, response) => {
    if (taken.has(authorization.replace('Bearer ', ''))) return undefined;
    sendJson(response, 200, { ok: false, error: 'token_revoked' });
    return true;
  };
  const mailUsers = new Map([['ann', passwords.smtp]]);
  const smtp = await startSmtp(mailUsers);
  ends.push(slack.stop, smtp.stop);
  return { broker, members: { a, b }, admin, slack, taken, smtp, mailUsers, passwords };
}

type Others = Awaited<ReturnType<typeof startOthers>>;

const RULES = `version: 1
rules:
  - name: unread
    for_each: member
    when: "!member.answering"
    for: 0s
    severity: page
    do: [{action: drain, lease: 10m, verify: {expect: "member.weight == 0.0", within: 5s}}]
  - {name: kept-out, for_each: member, when: member.locked_out != "", for: 0s, severity: page}
`;

export const smtpUrl = ({ smtp: { port } }: Others, password: string) => `smtp://ann:${password}@127.0.0.1:${port}`;

/** A host has a weir.yaml, its credentials, those of the people there, and its programs. */
async function hostOf(host: Host, others: Others, http: number): Promise<string> {
  const { broker, members, slack, passwords } = others;
  const own = join(folder.path(), host);
  for (const name of ['credentials', 'terminal', 'bin', 'rules']) await mkdir(join(own, name), { recursive: true });
  const files = {
    'credentials/WEIR_BROKER_USER': host === 'worker' ? 'weir-worker' : `weir-node-${host}`,
    'credentials/WEIR_BROKER_PASSWORD': passwords[host],
    'terminal/WEIR_BROKER_USER': 'weir-terminal',
    'terminal/WEIR_BROKER_PASSWORD': passwords.terminal,
    'credentials/WEIR_REDIS_PASSWORD': passwords.pool,
    'credentials/SLACK_BOT_TOKEN': passwords.slack,
    'credentials/SMTP_URL': smtpUrl(others, passwords.smtp),
    'credentials/WEIR_HTTP_TOKEN': passwords.page,
    'credentials/WEIR_HTTP_OLD_TOKEN': passwords.page,
    'rules/x.yaml': RULES,
    'weir.yaml': `state_dir: ${own}/state
rules: ${own}/rules
broker: {url: "${broker.url}", username: $WEIR_BROKER_USER, password: $WEIR_BROKER_PASSWORD}
http: {listen: 127.0.0.1:${http}, token: $WEIR_HTTP_TOKEN, old_token: $WEIR_HTTP_OLD_TOKEN}
policy: {mode: auto, settle: 1s}
poll: {window: 5s, stale_after: 30s}
pools:
  logs:
    vip: {address: 127.0.0.9, port: ${members.a.port}}
    vrrp: {interface: lo, virtual_router_id: 51}
    redis: {username: weir, password: $WEIR_REDIS_PASSWORD}
    queues: [logstash]
    members: {a: {address: 127.0.0.1, priority: 254}, b: {address: 127.0.0.3, priority: 250}}
tell:
  slack: {token: $SLACK_BOT_TOKEN, channel: "#log", api_url: "${slack.apiUrl}"}
  mail: {smtp: $SMTP_URL, from: weir@example.com, to: [ann@example.com]}
`,
    'bin/redis-cli': `#!/bin/sh\nexec "$REAL_REDIS_CLI" -s "$SOCKET" "$@"\n`,
    'bin/weir': `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@" -c ${own}/weir.yaml\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(own, name), text, { mode: 0o600 });
  for (const name of ['redis-cli', 'weir']) await chmod(join(own, 'bin', name), 0o755);
  return own;
}

const UNITS: Readonly<Record<string, Host>> = { 'weir-worker': 'worker', 'weir-node': 'a' };
const run = promisify(execFile);

/** Its processes, and a way to carry out the steps of the document there. */
export async function startPool(others: Others) {
  const http = await freePort();
  const own = { worker: await hostOf('worker', others, http), a: await hostOf('a', others, http) };
  const { stdout } = await run('which', ['redis-cli']);
  let printed = '';
  const running = new Map<Host, ReturnType<typeof startWeir>>();

  async function start(host: Host): Promise<void> {
    const args = host === 'worker' ? ['worker'] : ['node', '--name', host];
    const weir = startWeir([...args, '-c', join(own[host], 'weir.yaml')], {
      CREDENTIALS_DIRECTORY: join(own[host], 'credentials'),
    });
    running.set(host, weir);
    await untilValue(weir.said, (said) => / is up/.test(said), WITHIN_MS, `${host} to be up`);
  }

  async function stop(host: Host): Promise<void> {
    const weir = running.get(host);
    running.delete(host);
    await weir?.end();
    printed += weir?.said() ?? '';
  }

  /** As root at a terminal of the host. */
  async function sh(host: Host, command: string, socket = ''): Promise<void> {
    const env = {
      PATH: `${own[host]}/bin:${process.env.PATH}`,
      CREDENTIALS_DIRECTORY: `${own[host]}/terminal:${own[host]}/credentials`,
      ...{ HOME: own[host], SOCKET: socket, REAL_REDIS_CLI: stdout.trim() },
    };
    const here = command.replaceAll('/etc/weir/', `${own[host]}/`);
    const said = await run('sh', ['-c', here], { cwd: own[host], env }).catch((error: unknown) => error);
    const { stdout: out = '', stderr = '', code } = said as { stdout?: string; stderr?: string; code?: number };
    printed += out + stderr;
    expect({ command, out: `${out}${stderr}`.trim(), code }).toMatchObject({ command, code: undefined });
    expect(out, command).not.toMatch(/^(ERR|WRONG|NO)/m);
  }

  async function step({ where, command }: Step): Promise<void> {
    const [, unit = ''] = /^systemctl restart (\S+)$/.exec(command) ?? [];
    const host = UNITS[unit];
    if (host !== undefined) {
      await stop(host);
      return start(host);
    }
    const { broker, members } = others;
    if (where === 'the broker') return sh('worker', command, broker.path);
    if (where === 'each member') for (const member of Object.values(members)) await sh('worker', command, member.path);
    else if (where === 'each host') for (const each of HOSTS) await sh(each, command);
    else if (where === 'the worker' || where === 'a') await sh(where === 'a' ? 'a' : 'worker', command);
    else expect.fail(`Who is ${where}?`);
  }

  ends.push(() => Promise.all(HOSTS.map(stop)));
  await Promise.all(HOSTS.map(start));
  const url = `http://127.0.0.1:${http}/metrics`;
  return { own, url, step, sh, printed: () => printed + [...running.values()].map(({ said }) => said()).join('') };
}
