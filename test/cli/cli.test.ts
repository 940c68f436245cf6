/** The built command as people run it: exit codes, sentences, no stacks. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { DoctorReport } from '../../src/model/people/doctor.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ownFolder, weir, weirAlone } from './fixture.ts';

// A process for each, side by side, on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const folder = ownFolder();

/** What is given to those that read it and nothing else. */
let good: string;
beforeAll(async () => {
  good = await folder.file('good.yaml', folder.config({ port: 7999, http: 7998 }));
});

describe.concurrent('bad input', () => {
  it('in weir.yaml is one line with its place, exit 2, no stack', async () => {
    const path = await folder.file('bad.yaml', 'pools:\n  logs:\n    vip: {address: nonsense, port: 6379}\n');
    const { code, stderr } = await weir(['status', '-c', path]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:3:20 /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('in a rule is one line with its place, exit 2', async () => {
    const path = await folder.file(
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
    [['drain', 'logs/b', '--for', '8d'], /^--for: 8 d is not possible: .* 7 d at most \(policy\.longest\)/],
    [['weight', 'logs/b', '1', '--for', '0s'], /^--for: 0 ms is not possible/],
    [['maintain', 'a', '--for', '8d'], /^--for: 8 d is not possible/],
    [['drain', 'logs/b', '--force'], /--force needs --reason/],
    [['pause'], /pause needs --reason/],
    [['drain', 'logs/z'], /no member logs\/z: did you mean "logs\/a"/],
    [['clients', 'nope'], /no pool nope/],
    [['node', '--name', 'z'], /No pool .* has a member z; there are a, b/],
  ])('on the command line: %s', async (args, sentence) => {
    const { code, stderr } = await weir(args, { WEIR_CONFIG: good });
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
  });

  it('a broker that does not answer is one sentence, exit 3', async () => {
    const path = await folder.file(
      'away.yaml',
      folder.config({ port: 7999, http: 7998, broker: 'redis://127.0.0.1:1' }),
    );
    const { code, stderr } = await weir(['status', '-c', path]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^The broker cannot be used: redis:\/\/127\.0\.0\.1:1: nothing listens there\. .*\n$/);
  });
});

it.concurrent('rules test runs the tests beside the rules: the pack passes, a failed case is told with its place, exit 1', async () => {
  const passed = await weir(['rules', 'test', join(import.meta.dirname, '../../rules'), '--coverage']);
  expect(passed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/cases in 4 files passed\.\nCoverage: 100 %/),
  });

  const own = await tempDir();
  await writeFile(
    join(own, 'x.yaml'),
    'version: 1\nrules:\n  - {name: x, for_each: pool, when: pool.masters == 1.0}\n',
  );
  await writeFile(
    join(own, 'x.test.yaml'),
    'version: 1\ncases:\n  - name: no\n    expect: [{at: 1s, firing: {x: []}}]\n',
  );
  const failed = await weir(['rules', 'test', own, '--junit', join(own, 'junit.xml')]);
  expect(failed).toMatchObject({ code: 1, stderr: '' });
  expect(failed.stdout).toMatch(/x\.test\.yaml:4 at 1 s\n {4}firing x: expected nothing, seen "logs"/);
  expect(await readFile(join(own, 'junit.xml'), 'utf8')).toMatch(/<failure message="firing x/);

  const nothing = await weir(['rules', 'test', join(own, 'x.yaml')]);
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringMatching(/There is no test .*in .*x\.yaml/) });
});

it.concurrent('help and the lists of signals and rules need no configuration', async () => {
  expect(await weir(['--help'])).toMatchObject({ code: 0 });
  expect((await weir(['rules', 'signals'])).stdout).toMatch(/memory_ratio/);
  const { code, stdout } = await weir(['rules', 'check', join(import.meta.dirname, '../../rules')]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+ rules are fine: 4 with actions/m);
});

describe.concurrent('weir render', () => {
  it('prints every file, writes them below a folder, and says what differs from those that are there', async () => {
    const path = await folder.file('render.yaml', folder.config({ port: 6379, http: 8480 }));
    const printed = await weir(['render', '--node', 'a', '-c', path]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout).toMatch(/^# ==> \/etc\/keepalived\/keepalived\.conf\n[\s\S]*vrrp_instance VI_51 \{/m);

    const root = join(folder.path(), 'root');
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
    expect(await weir(['render', '--node', 'z', '-c', good])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'No pool has a member z; there are a, b.\n',
    });
  });
});

describe.concurrent('weir doctor', () => {
  it('tells what is wrong here, what it could not look at, and ends with 1', async () => {
    const path = await folder.file(
      'doctor.yaml',
      folder.config({ port: 7999, http: 7998, broker: 'redis://127.0.0.1:1' }),
    );
    const told = await weirAlone(['doctor', '-c', path]);
    const json = await weirAlone(['doctor', '--node', 'a', '--json', '-c', path]);

    expect(told).toMatchObject({ code: 1, stderr: '' });
    expect(told.stdout).toMatch(/^▲ keepalived-not-running\n {2}is {6}\S/m);
    expect(told.stdout).toMatch(/The broker cannot be used: redis:\/\/127\.0\.0\.1:1: nothing listens there/);
    expect(told.stdout).toMatch(/^▲ node a: \d+ findings of \d+ checks/m);
    const report = JSON.parse(json.stdout) as DoctorReport;
    expect(json.code).toBe(1);
    expect(report.findings.map(({ check }) => check)).toContain('redis-not-listening');
    expect(report.notLookedAt).toContainEqual(expect.stringContaining('The clock of b'));
  });

  it('of a node that is not there, or on a host that is none, is one line and exit code 2', async () => {
    const elsewhere = await folder.file(
      'elsewhere.yaml',
      folder.config({ port: 7999, http: 7998 }).replace(/\b127\.0\.0\.(?=[139],)/g, '203.0.113.'),
    );

    expect(await weir(['doctor', '--node', 'z', '-c', good])).toMatchObject({
      ...{ code: 2, stdout: '', stderr: 'No pool has a member z; there are a, b.\n' },
    });
    expect(await weir(['doctor', '-c', elsewhere])).toMatchObject({
      ...{ code: 2, stdout: '', stderr: expect.stringMatching(/^This host has no address of a node .*--node\.\n$/) },
    });
  });
});
