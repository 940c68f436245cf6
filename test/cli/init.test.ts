/** `weir init` as people run it. The members are addresses of this machine, so that it is one of them. */

import { execFile } from 'node:child_process';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { article } from '../provision/existing-confs.ts';
import { tempDir } from '../support/temp-dir.ts';

const MAIN = join(import.meta.dirname, '../../dist/bundle/weir.js');
const CONF = article('eth0').replace('192.168.81.51', '127.0.0.1').replace('192.168.81.234', '127.0.0.3');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let dir: string;

beforeEach(async () => {
  dir = await tempDir();
});

function weir(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: dir, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}

async function init(conf: string, ...more: readonly string[]): Promise<Ended> {
  await writeFile(join(dir, 'keepalived.conf'), conf);
  return weir(['init', '--from', 'keepalived.conf', ...more]);
}

const written = () => readFile(join(dir, 'weir.yaml'), 'utf8');

describe('weir init', () => {
  it('writes a weir.yaml that the other commands take, names the file, and tells the rest on stderr', async () => {
    const made = await init(CONF);

    expect(made).toMatchObject({ code: 0, stdout: 'weir.yaml\n' });
    expect(made.stderr).toMatch(/^- logs: FILL IN the variable VRRP_PASS/m);
    expect(made.stderr).toMatch(/^- Weir cannot move the VIP yet/m);
    expect(made.stderr).toMatch(/^ {4}track_file handover \{$/m);
    expect(await written()).toMatch(/address: 127\.0\.0\.1, priority: 99, .*# this server/);
    expect(`${made.stderr}${await written()}`).not.toContain('geheim');
    expect((await stat(join(dir, 'weir.yaml'))).mode & 0o777).toBe(0o644);
    const rendered = await weir(['render', '--node', 'a', '-c', 'weir.yaml'], { VRRP_PASS: 'x' });
    expect(rendered).toMatchObject({ code: 0, stderr: '' });
  });

  it('leaves a file that is there alone, but with --force', async () => {
    await writeFile(join(dir, 'weir.yaml'), 'mine');

    expect(await init(CONF)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^weir\.yaml is not written: it is there already.*--force/),
    });
    expect(await written()).toBe('mine');
    expect(await init(CONF, '--force')).toMatchObject({ code: 0 });
    expect(await written()).toContain('pools:');
  });

  it.each([
    [
      'is broken',
      CONF.replace('    priority 99\n', '    priority 99 }\n'),
      /^keepalived\.conf:\d+:1 this } closes nothing/,
    ],
    [
      'has no pool',
      CONF.replace('protocol TCP', 'protocol UDP'),
      /^keepalived\.conf:\d+ .* is left out: it is UDP.* Nothing is written\.\n( {4}.*\n)*$/,
    ],
  ])('writes nothing of a keepalived.conf that %s, exit 2', async (_, conf, sentence) => {
    const made = await init(conf);

    expect(made).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(made.stderr).not.toMatch(/\n\s+at /);
    await expect(access(join(dir, 'weir.yaml'))).rejects.toThrow();
  });

  it('says what to do when there is no keepalived.conf', async () => {
    const made = await weir(['init', '--from', 'nowhere.conf']);

    expect(made).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^nowhere\.conf cannot be read: it is not there: .* --from\.$/m),
    });
  });

  it('says where the file that it wrote does not load yet, exit 1', async () => {
    const made = await init(CONF.replaceAll('weight 1', 'weight 0'));

    expect(made.code).toBe(1);
    expect(made.stderr).toMatch(
      /weir\.yaml does not load yet. Correct what follows:\nweir\.yaml:\d+:\d+ .*weight above 0/,
    );
    expect(await written()).toContain('weight: 0');
  });
});
