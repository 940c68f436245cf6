/**
 * Every role with each of its credentials refused, and taken back while it runs: no secret of weir.yaml is in what it says, in
 * the environment of its children, in the broker, or in a file of its own.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import { descendants } from '../../lab/machine/processes.ts';
import { startSlackStandIn } from '../../lab/slack/stand-in.ts';
import { untilValue } from '../../lab/until.ts';
import { within } from '../../src/lib/within.ts';
import { startHttp } from '../support/http.ts';
import { startRedis } from '../support/redis.ts';
import { startSmtp } from '../support/smtp.ts';
import { MAIN, ownFolder, weir } from './fixture.ts';

// Processes on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });
const SAYS_WITHIN_MS = 180_000;
const ENDS_WITHIN_MS = 100_000;

const folder = ownFolder();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** One for each key; keepalived takes eight bytes. */
const SENTINELS = {
  broker: 'SENTINEL-broker',
  pool: 'SENTINEL-pool',
  vrrp: 'SENTINEL',
  token: 'xoxb-SENTINEL-token',
  signing: 'SENTINEL-signing',
  app: 'xapp-SENTINEL-app',
  smtp: 'SENTINEL-smtp',
  http: 'SENTINEL-http-token-of-the-page',
  heartbeat: 'SENTINEL-heartbeat',
  webhook: 'SENTINEL-webhook',
};

/** What Weir talks to. `isOpen`: it takes the credentials, until they are taken back. */
async function startOthers(isOpen: boolean) {
  const password = isOpen ? SENTINELS.broker : 'theirs';
  const broker = await startRedis({ tcp: true, args: ['--requirepass', password, '--rdbcompression', 'no'] });
  const member = await startRedis({ tcp: true, args: ['--requirepass', isOpen ? SENTINELS.pool : 'theirs'] });
  const slack = await startSlackStandIn({
    botToken: isOpen ? SENTINELS.token : 'xoxb-theirs',
    appToken: isOpen ? SENTINELS.app : 'xapp-theirs',
  });
  const smtp = await startSmtp();
  smtp.refuse = !isOpen;
  // Who refuses may say what it got.
  const web = await startHttp((request, response) => {
    response.writeHead(isOpen ? 200 : 403);
    response.end(`${request.url} ${JSON.stringify(request.headers)}`);
  });
  ends.push(...[broker, member, slack, smtp, web].map((one) => () => one.stop()));
  const admin = new Redis(broker.url, { password });
  ends.push(() => admin.disconnect());
  return { broker, member, slack, smtp, web, admin };
}

type Others = Awaited<ReturnType<typeof startOthers>>;

/** Programs that Weir starts and that end by themselves, each by way of one that notes its environment and arguments. */
async function notedPrograms(where: string): Promise<string> {
  await mkdir(where, { recursive: true });
  for (const [name, real] of [
    ['keepalived', '/usr/sbin/keepalived'],
    ['ipvsadm', '/usr/sbin/ipvsadm'],
  ]) {
    const path = join(where, name as string);
    await writeFile(path, `#!/bin/sh\n{ env; echo "$0 $*"; } >> ${where}/noted\nexec ${real} "$@"\n`);
    await chmod(path, 0o755);
  }
  return where;
}

async function configFor(name: string, others: Others, isEmbedded: boolean): Promise<string> {
  const { broker, member, slack, smtp, web } = others;
  const http = await freePort();
  const brokerKeys = isEmbedded ? '' : `url: ${broker.url}, `;
  const text = folder
    .config({ port: member.port, http, password: SENTINELS.pool })
    .replace(/http: \{.*\}/, `http: {listen: 127.0.0.1:${http}, token: ${SENTINELS.http}}`)
    .replace('virtual_router_id: 51}', `virtual_router_id: 51, version: 2, auth: ${SENTINELS.vrrp}}`)
    .replace(/state_dir: .*/, `state_dir: ${folder.path()}/state-${name}`);
  const lines = [
    `broker: {${brokerKeys}password: ${SENTINELS.broker}}`,
    text,
    `rules: ${folder.path()}/rules-${name}`,
    'tell:',
    `  slack: {token: ${SENTINELS.token}, channel: "#log", signing_secret: ${SENTINELS.signing}, app_token: ${SENTINELS.app}, api_url: "${slack.apiUrl}"}`,
    `  mail: {smtp: "smtp://ann:${SENTINELS.smtp}@127.0.0.1:${smtp.port}", from: weir@example.com, to: [ann@example.com]}`,
    `  heartbeat: "${web.url}/${SENTINELS.heartbeat}"`,
    `  routes: [{match: {}, slack: ["#log"], mail: [ann@example.com], webhook: {url: "${web.url}/hook", secret: ${SENTINELS.webhook}}}]`,
  ];
  await mkdir(join(folder.path(), `rules-${name}`));
  await writeFile(join(folder.path(), `rules-${name}`, 'x.yaml'), RULES);
  return folder.file(`${name}.yaml`, lines.join('\n'));
}

const RULES = `version: 1
rules:
  - {name: unread, for_each: member, when: "!member.answering", for: 0s, severity: page}
`;

/** Whatever a role says, its children, and what stands in their environments. */
function start(role: string, config: string, path: string) {
  const child = spawn(process.execPath, [MAIN, ...role.split(' '), '-c', config], {
    env: { HOME: folder.path(), PATH: `${path}:${process.env.PATH}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (said += part));
  const ended = once(child, 'close');
  ends.push(async () => {
    child.kill('SIGTERM');
    // It stops also where nobody takes its credentials.
    await within(ended, ENDS_WITHIN_MS);
  });
  /** Arguments and environments of what it has started and runs. */
  const children = () =>
    descendants(child.pid as number)
      .flatMap((pid) => ['cmdline', 'environ'].map((file) => `/proc/${pid}/${file}`))
      .map((file) => readFileSync(file, 'latin1').replaceAll('\0', '\n'))
      .join('\n');
  return { said: () => said, children, until };

  async function until(pattern: RegExp): Promise<void> {
    const isDone = (text: string) => pattern.test(text) || child.exitCode !== null;
    await untilValue(() => said, isDone, SAYS_WITHIN_MS, `a line like ${pattern}`);
    expect(said).toMatch(pattern);
  }
}

/** Every file below, but weir.yaml itself and what the test has written. */
async function filesBelow(root: string): Promise<string> {
  const all = await readdir(root, { withFileTypes: true, recursive: true });
  const files = all.filter((one) => one.isFile() && !one.name.endsWith('.yaml'));
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1').catch(() => ''));
  return (await Promise.all(texts)).join('\n');
}

async function brokerDump({ admin, broker }: Others): Promise<string> {
  await admin.save();
  return readFile(join(dirname(broker.path), 'dump.rdb'), 'latin1');
}

function expectNoSecret(where: string, text: string): void {
  const found = Object.entries(SENTINELS).filter(([, value]) => text.includes(value));
  expect(found.map(([key]) => `${key} in ${where}`)).toEqual([]);
  expect(`${where}: ${/.{0,60}SENTINEL.{0,20}/.exec(text)?.[0] ?? ''}`).toBe(`${where}: `);
}

/** Takes every credential back, and ends what is connected. */
async function takeBack({ admin, member, slack, smtp, web }: Others): Promise<void> {
  const inside = new Redis(member.url, { password: SENTINELS.pool });
  for (const redis of [admin, inside]) {
    await redis.config('SET', 'requirepass', 'theirs');
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
  inside.disconnect();
  slack.answer = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end('{"ok":false,"error":"token_revoked"}');
    return true;
  };
  smtp.refuse = true;
  await web.stop();
}

const ROLES = ['worker', 'node --name a', 'up --name a'];

it.each(ROLES)('%s, where everything is refused', async (role) => {
  const name = `refused-${role.split(' ')[0]}`;
  const others = await startOthers(false);
  const path = await notedPrograms(join(folder.path(), `bin-${name}`));
  const { said, children, until } = start(role, await configFor(name, others, false), path);
  await until(/it refuses the password/);
  // A node tells people after 5 s; Slack and the mail server refuse that.
  if (role !== 'worker') {
    await until(/token/);
    await until(/A mail through/);
  }
  await sleep(3_000);

  expectNoSecret('what it says', said());
  expectNoSecret('its files', await filesBelow(join(folder.path(), `state-${name}`)));
  expectNoSecret('its children', `${children()}${await readFile(join(path, 'noted'), 'utf8').catch(() => '')}`);
  expect(said()).not.toMatch(/\n +at /);
});

it.each(ROLES)('%s, from which everything is taken back', async (role) => {
  const name = `rotated-${role.split(' ')[0]}`;
  const others = await startOthers(true);
  const path = await notedPrograms(join(folder.path(), `bin-${name}`));
  const config = await configFor(name, others, false);
  const { said, children, until } = start(role, config, path);
  await until(/ is up"/);
  // Without a worker nobody answers a request: it would be waited for.
  const asks = role.startsWith('node') ? [] : ['pause --reason SENT'];
  const commands = [...asks, 'status', 'why logs', 'audit', 'silence list', 'doctor --node a'];
  for (const command of commands) {
    const { stdout, stderr } = await weir([...command.split(' '), '-c', config]);
    expectNoSecret(`weir ${command}`, stdout + stderr);
  }
  expectNoSecret('the broker', await brokerDump(others));

  await takeBack(others);
  await writeFile(join(folder.path(), `rules-${name}`, 'x.yaml'), 'version: 1\nrules: [{name: broken}]\n');
  await until(/it refuses the password/);
  await sleep(8_000);
  for (const command of commands) {
    const { stdout, stderr } = await weir([...command.split(' '), '-c', config]);
    expectNoSecret(`weir ${command}, refused`, stdout + stderr);
  }
  expectNoSecret('what it says', said());
  expectNoSecret('its files', await filesBelow(join(folder.path(), `state-${name}`)));
  expectNoSecret('its children', `${children()}${await readFile(join(path, 'noted'), 'utf8').catch(() => '')}`);
  expectNoSecret('the broker', await brokerDump(others));
  expect(said()).not.toMatch(/\n +at /);
});

it('up with a broker of its own: that is started without any secret in its arguments and environment', async () => {
  const name = 'embedded';
  const others = await startOthers(true);
  const path = await notedPrograms(join(folder.path(), `bin-${name}`));
  const { said, children, until } = start('up --name a', await configFor(name, others, true), path);
  await until(/node is up/);

  expect(children()).toMatch(/redis-server/);
  expectNoSecret('its children', children());
  expectNoSecret('what it says', said());
  expectNoSecret('its files', await filesBelow(join(folder.path(), `state-${name}`)));
});
