/** The built command as people run it: exit codes, sentences, no stacks. Everything real but LVS, which this host lacks. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../src/model/doctor.ts';
import type { Status } from '../../src/model/status.ts';
import { freePort, startRedis, type TestRedis } from '../support/redis.ts';

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function weir(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const { WEIR_CONFIG: _, ...rest } = process.env;
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: tmpdir(), env: { ...rest, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weir-cli-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

function config(parts: { port: number; http: number; broker?: string; password?: string }): string {
  return [
    `state_dir: ${dir}/state`,
    ...(parts.broker === undefined ? [] : [`broker: {url: ${parts.broker}}`]),
    `http: {listen: 127.0.0.1:${parts.http}}`,
    'policy: {mode: auto, settle: 1s}',
    'poll: {interval: 1s, timeout: 500ms, window: 5s, stale_after: 3s}',
    'pools:',
    '  logs:',
    `    vip: {address: 127.0.0.9, port: ${parts.port}}`,
    '    vrrp: {interface: lo, virtual_router_id: 51}',
    ...(parts.password === undefined ? [] : [`    redis: {password: ${parts.password}}`]),
    '    queues: [logstash]',
    '    members:',
    '      a: {address: 127.0.0.1, priority: 254}',
    '      b: {address: 127.0.0.3, priority: 250}',
  ].join('\n');
}

describe('bad input', () => {
  it('in weir.yaml is one line with its place, exit 2, no stack', async () => {
    const path = await file('bad.yaml', 'pools:\n  logs:\n    vip: {address: nonsense, port: 6379}\n');
    const { code, stderr } = await weir(['status', '-c', path]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:3:20 /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('in a rule is one line with its place, exit 2', async () => {
    const path = await file(
      'bad-rule.yaml',
      'version: 1\nrules:\n  - name: x\n    for_each: member\n    when: member.writeable\n    severity: page\n',
    );
    const { code, stderr } = await weir(['rules', 'check', path]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad-rule\.yaml:5:\d+ .*writable/);
  });

  it.each([
    [['nonsense'], /unknown command/],
    [['drain'], /missing required argument/],
    [['weight', 'logs/b', 'heavy'], /heavy is no weight/],
    [['drain', 'logs/b', '--for', 'ever'], /--for ever is no time/],
    [['drain', 'logs/b', '--force'], /--force needs --reason/],
    [['drain', 'logs/z'], /no member logs\/z: did you mean "logs\/a"/],
    [['clients', 'nope'], /no pool nope/],
    [['node', '--name', 'z'], /No pool .* has a member z; there are a, b/],
  ])('on the command line: %s', async (args, sentence) => {
    const path = await file('good.yaml', config({ port: 7999, http: 0 + 7998 }));
    const { code, stderr } = await weir(args, { WEIR_CONFIG: path });
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
  });

  it('a broker that does not answer is one sentence, exit 3', async () => {
    const path = await file('away.yaml', config({ port: 7999, http: 7998, broker: 'redis://127.0.0.1:1' }));
    const { code, stderr } = await weir(['status', '-c', path]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^The broker does not answer: redis:\/\/127\.0\.0\.1:1: .*\n$/);
  });
});

it('rules test runs the tests beside the rules: the pack passes, a failed case is told with its place, exit 1', async () => {
  const passed = await weir(['rules', 'test', join(import.meta.dirname, '../../rules'), '--coverage']);
  expect(passed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/cases in 4 files passed\.\nCoverage: 100 %/),
  });

  const folder = await mkdtemp(join(dir, 'rules-'));
  await writeFile(
    join(folder, 'x.yaml'),
    'version: 1\nrules:\n  - {name: x, for_each: pool, when: pool.masters == 1.0}\n',
  );
  await writeFile(
    join(folder, 'x.test.yaml'),
    'version: 1\ncases:\n  - name: no\n    expect: [{at: 1s, firing: {x: []}}]\n',
  );
  const failed = await weir(['rules', 'test', folder, '--junit', join(folder, 'junit.xml')]);
  expect(failed).toMatchObject({ code: 1, stderr: '' });
  expect(failed.stdout).toMatch(/x\.test\.yaml:4 at 1 s\n {4}firing x: expected nothing, seen "logs"/);
  expect(await readFile(join(folder, 'junit.xml'), 'utf8')).toMatch(/<failure message="firing x/);

  const nothing = await weir(['rules', 'test', join(folder, 'x.yaml')]);
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringMatching(/There is no test .*in .*x\.yaml/) });
});

it('help and the lists of signals and rules need no configuration', async () => {
  expect(await weir(['--help'])).toMatchObject({ code: 0 });
  expect((await weir(['rules', 'signals'])).stdout).toMatch(/memory_ratio/);
  const { code, stdout } = await weir(['rules', 'check', join(import.meta.dirname, '../../rules')]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+ rules are fine: 4 with actions/m);
});

describe('weir render', () => {
  it('prints every file, writes them below a folder, and says what differs from those that are there', async () => {
    const path = await file('render.yaml', config({ port: 6379, http: 8480 }));
    const printed = await weir(['render', '--node', 'a', '-c', path]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout).toMatch(/^# ==> \/etc\/keepalived\/keepalived\.conf\n[\s\S]*vrrp_instance VI_51 \{/m);

    const root = join(dir, 'root');
    const rendered = ['render', '--node', 'a', '-c', path, '--root', root];
    expect(await weir([...rendered, '--diff'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^\+ {2}virtual_router_id 51$/m),
    });
    await weir(['render', '--node', 'a', '-c', path, '--root', root, '--out', '/']);
    expect(await weir([...rendered, '--diff'])).toEqual({ code: 0, stdout: '', stderr: '' });
    const conf = join(root, 'etc/keepalived/keepalived.conf');
    await writeFile(conf, (await readFile(conf, 'utf8')).replace('priority 254', 'priority 1'));
    expect((await weir([...rendered, '--diff'])).stdout).toMatch(/^- {2}priority 1\n\+ {2}priority 254$/m);
  });

  it('of a node that is not there is one line and exit code 2', async () => {
    const path = await file('render.yaml', config({ port: 6379, http: 8480 }));
    expect(await weir(['render', '--node', 'z', '-c', path])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'No pool has a member z; there are a, b.\n',
    });
  });
});

describe('weir doctor', () => {
  it('tells what is wrong here, what it could not look at, and ends with 1', async () => {
    const path = await file('doctor.yaml', config({ port: 7999, http: 7998, broker: 'redis://127.0.0.1:1' }));
    const told = await weir(['doctor', '-c', path]);
    const json = await weir(['doctor', '--node', 'a', '--json', '-c', path]);

    expect(told).toMatchObject({ code: 1, stderr: '' });
    expect(told.stdout).toMatch(/^▲ keepalived-not-running\n {2}is {6}\S/m);
    expect(told.stdout).toMatch(/the broker \(redis:\/\/127\.0\.0\.1:1\) does not answer/);
    expect(told.stdout).toMatch(/^▲ node a: \d+ findings of \d+ checks/m);
    const report = JSON.parse(json.stdout) as DoctorReport;
    expect(json.code).toBe(1);
    expect(report.findings.map(({ check }) => check)).toContain('redis-not-listening');
    expect(report.notLookedAt).toContainEqual(expect.stringContaining('The clock of b'));
  }, 30_000);

  it('of a node that is not there, or on a host that is none, is one line and exit code 2', async () => {
    const path = await file('doctor.yaml', config({ port: 7999, http: 7998 }));
    const elsewhere = await file(
      'elsewhere.yaml',
      config({ port: 7999, http: 7998 }).replace(/\b127\.0\.0\.(?=[139],)/g, '203.0.113.'),
    );

    expect(await weir(['doctor', '--node', 'z', '-c', path])).toMatchObject({
      ...{ code: 2, stdout: '', stderr: 'No pool has a member z; there are a, b.\n' },
    });
    expect(await weir(['doctor', '-c', elsewhere])).toMatchObject({
      ...{ code: 2, stdout: '', stderr: expect.stringMatching(/^This host has no address of a node .*--node\.\n$/) },
    });
  });
});

describe('weir up on a host without LVS', () => {
  let member: TestRedis;
  let broker: TestRedis;
  let up: ChildProcess;
  let http: number;
  let path: string;
  let output = '';

  beforeAll(async () => {
    member = await startRedis({ tcp: true, args: ['--requirepass', 'right'] });
    broker = await startRedis({ tcp: true, args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    http = await freePort();
    path = await file('up.yaml', config({ port: member.port, http, broker: broker.url, password: 'wrong' }));
    up = spawn(process.execPath, [MAIN, 'up', '--name', 'a', '-c', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [up.stdout, up.stderr]) stream?.on('data', (chunk) => (output += chunk));
  }, 30_000);
  afterAll(async () => {
    up?.kill('SIGKILL');
    await Promise.all([member?.stop(), broker?.stop()]);
  });

  it('says every trouble in its own sentence, goes on with the rest, and refuses by a rail with exit 4', async () => {
    const read = async () => JSON.parse((await weir(['status', '--json', '-c', path])).stdout) as Status;
    await expect
      .poll(async () => (await read().catch(() => undefined))?.pools[0]?.evaluatedAt, {
        timeout: 15_000,
        interval: 500,
      })
      .toBeDefined();
    // The first poll of a process that has just started may take longer than poll.timeout.
    const status = async () => (await weir(['status', '-c', path])).stdout.replaceAll(/\s+/g, ' ');
    await expect.poll(status, { timeout: 30_000, interval: 500 }).toContain('Redis of member a refuses the password');
    expect((await weir(['status', '-c', path])).code).toBe(1);
    const text = await status();
    expect(text).toContain('The broker may evict keys (maxmemory-policy is allkeys-lru)');
    expect(text).toContain('the kernel has no ip_vs');
    expect(text).toMatch(/keepalived is not (running|installed)/);

    const refused = await weir(['drain', 'logs/b', '-c', path]);
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.stdout).toMatch(/^Refused by the rail fresh: /);
    const id = /weir why (\S+)/.exec(refused.stdout)?.[1] as string;
    expect((await weir(['why', id, '-c', path])).stdout).toMatch(/fresh refused/);
    const { stdout: seen } = await weir(['why', 'logs/b', '-c', path]);
    expect(seen).toMatch(/\nWhat the rules see of logs\/b now \(rule set [0-9a-f]{12}\)\n/);
    expect(seen).toMatch(/member-unwritable \(page, acts: auto\): .*\n {4}(yes|no|\?) +!member\.writable/);
    expect(await weir(['why', 'logs/z', '-c', path])).toMatchObject({ code: 2 });
    const { stdout: signals } = await weir(['rules', 'signals', '--pool', 'logs', '-c', path]);
    expect(signals).toMatch(/^member\.answering +bool +a no, b no +poll/m);
    const none = await weir(['rules', 'drill', 'blind', '--target', 'logs/b', '-c', path]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^The rule blind only tells/) });
    const unheard = await weir(['rules', 'drill', 'member-unwritable', '--target', 'logs/b', '-c', path]);
    expect(unheard).toMatchObject({ code: 1, stderr: '' });
    expect(unheard.stdout).toMatch(
      /^Now the rail fresh would refuse: .*\nDrill: drain logs\/b: failed\. a: .* cannot be read/,
    );
    expect((await weir(['why', '1-0.member-unwritable.b', '-c', path])).stderr).toMatch(/^There is no decision and no/);

    const page = await fetch(`http://127.0.0.1:${http}/`);
    expect(await page.text()).toContain('logs');
    expect((await fetch(`http://127.0.0.1:${http}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${http}/readyz`)).status).toBe(503);
    expect(output).not.toMatch(/wrong|right/);
  }, 90_000);

  it('takes what people say: holds and their end, a look, an answer to nothing; and has it in the audit', async () => {
    const say = (...args: string[]) => weir([...args, '-c', path]);
    expect(await say('pause')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^pause needs --reason/) });
    expect(await say('pause', '--for', '25h', '--reason', 'x')).toMatchObject({ code: 2 });
    expect(await say('pause', 'rule:member-unwriteable', '--reason', 'x')).toMatchObject({
      code: 2,
      stderr: 'There is no rule member-unwriteable in force: did you mean "member-unwritable"?\n',
    });
    expect(await say('pause', 'logs/b', '--reason', 'disks', '--for', '2h')).toMatchObject({
      code: 0,
      stdout: 'Held for 2 h: logs/b. What is under way comes to its end. Over before: weir resume logs/b\n',
    });
    const held = await say('drain', 'logs/b');
    expect(held.stdout).toMatch(/^Refused by the rail hold: \S+ holds logs\/b, for [^:]*: disks\.\n/);
    expect(held.code).toBe(4);
    expect((await say('status')).stdout).toMatch(/\nHeld: Weir watches and does not act\n△ logs\/b for /);
    await writeFile(join(dir, 'state', 'hold'), 'cables\n');
    await expect
      .poll(async () => (await say('resume', 'logs/b')).stdout, { timeout: 20_000, interval: 500 })
      .toContain('Still held: pool logs by The file hold on a: cables');
    await rm(join(dir, 'state', 'hold'));
    expect(await say('ack', 'logs')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Acknowledged: logs\./) });
    expect(await say('approve', '1-1.x.b')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^There is no decision 1-1\.x\.b/),
    });
    const refused = /weir why (\S+)/.exec(held.stdout)?.[1] as string;
    expect(await say('approve', refused)).toMatchObject({
      code: 4,
      stderr: 'Not taken: It does not wait for anybody.\n',
    });

    const silenced = await say('silence', 'logs/b', '--for', '30m', '--reason', 'its disk is changed');
    expect(silenced).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Silenced by \S+ for 30 min: target b in logs; it covers \d+ open/),
    });
    const [silence = ''] = (await say('silence', 'list')).stdout.split(' ');
    expect(JSON.parse((await say('silence', 'list', '--json')).stdout)).toMatchObject([
      { id: silence, matcher: { target: 'b' } },
    ]);
    expect((await say('silence', 'end', silence)).stdout).toMatch(/^No longer silenced, by/);
    expect((await say('silence', 'list')).stdout).toBe('Nothing is silenced.\n');
    expect(await say('silence', 'logs/b')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('silence needs --reason'),
    });
    expect(await say('silence', 'memberunwritable', '--reason', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "member-unwritable"'),
    });
    expect(await say('ack', '1-1.x.b')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no pool, decision or incident'),
    });

    const { stdout: audit } = await say('audit', '--target', 'logs/b');
    expect(audit).toMatch(/ logs evaluation +refused +\S+ +drain b for \S+: hold: /);
    expect((await say('audit')).stdout).toMatch(/ people +\S+ +holds logs\/b: disks\n/);
    expect(await say('audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^✓ logs, evaluation: records 1 to \d+, unbroken\n/),
    });
    expect(await say('audit', '--since', 'noon')).toMatchObject({ code: 2 });
  }, 90_000);

  it('stops at SIGTERM', async () => {
    up.kill('SIGTERM');
    const [code] = await once(up, 'exit');
    expect(code).toBe(0);
  }, 30_000);
});
