/** `weir rules ...` as people run it: on files alone, without a broker. */

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RawEntry, write } from '../../src/recording/write.ts';
import { HEALTHY, poolYaml, SILENT, sweepOf } from '../support/pool.ts';
import { tempDir } from '../support/temp-dir.ts';

const MAIN = join(import.meta.dirname, '../../dist/bundle/weir.js');
const MINUTE_MS = 60_000;

let dir: string;

beforeAll(async () => {
  dir = await tempDir();
  await Promise.all([rules('rules', '1s'), rules('slow', '5s')]);
  await writeFile(join(dir, 'weir.yaml'), `state_dir: ./state\nrules: ./rules\n${poolYaml()}`);
});

async function rules(folder: string, wait: string): Promise<void> {
  await mkdir(join(dir, folder));
  const rule = `{name: silent, for_each: member, when: "!member.writable", for: ${wait}, do: [{action: drain}]}`;
  await writeFile(join(dir, folder, 'x.yaml'), `version: 1\nrules:\n  - ${rule}\n`);
}

function weir(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'rules', ...args], { cwd: dir }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** b does not answer for the ten seconds up to half a minute ago. */
async function record(): Promise<void> {
  const end = Date.now() - MINUTE_MS / 2;
  const entries: RawEntry[] = [];
  for (let at = end - MINUTE_MS; at < end + 5_000; at += 1_000) {
    const parts = at >= end - 10_000 && at < end ? { members: { a: HEALTHY, b: SILENT } } : {};
    for (const [i, node] of ['a', 'b'].entries()) {
      entries.push([`${at}-${i}`, JSON.stringify(sweepOf(node, at, parts))]);
    }
  }
  await write(join(dir, 'state/recording/logs'), entries, 1);
}

it('check puts carets below what is wrong', async () => {
  await writeFile(
    join(dir, 'bad.yaml'),
    'version: 1\nrules:\n  - name: x\n    for_each: member\n    when: "!member.writeable && member.full"\n',
  );
  expect(await weir('check', 'bad.yaml')).toEqual({
    code: 2,
    stdout: '',
    stderr: [
      'bad.yaml:5:20 member has no signal writeable: did you mean "writable"?',
      '        when: "!member.writeable && member.full"',
      '                       ^^^^^^^^^',
      '',
    ].join('\n'),
  });
});

describe('over a recording', () => {
  it('there must be one', async () => {
    expect(await weir('backtest')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Nothing was recorded in/),
    });
    expect(await weir('backtest', '--since', 'ever')).toMatchObject({ code: 2 });
  });

  it('backtest says what fired, and what other rules would have done instead', async () => {
    await record();
    const alone = await weir('backtest');
    expect(alone).toMatchObject({ code: 0, stderr: '' });
    expect(alone.stdout).toMatch(/^Pool logs: 130 entries since .*, 1 min 4 s of it recorded\.\n/);
    expect(alone.stdout).toMatch(/ {2}silent b fires for 9 s: drain: shadow\nA rule fired 1 time\.\n$/);
    const other = await weir('backtest', '--rules', 'slow', '--expect-same');
    expect(other).toMatchObject({ code: 1, stderr: '' });
    expect(other.stdout).toMatch(/\n~ .* {2}silent b would fire 4 s later\n1 difference; /);
    const same = await weir('backtest', '--rules', 'rules', '--expect-same', '--since', '1h');
    expect(same).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n0 differences; /) });
    expect(JSON.parse((await weir('backtest', '--json')).stdout)).toMatchObject([{ pool: 'logs', entries: 130 }]);
  });

  it('status counts, and says what is missing', async () => {
    const { code, stdout } = await weir('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/silent\s+shadow\s+1\s+1\s+0\s+1\n/);
    expect(stdout).toMatch(/\nsilent: Not ready: 1 min 4 s are recorded, 7 d say enough\.\n$/);
  });
});
