/**
 * A machine that systemd boots as process 1, in namespaces of this one: the /usr of this machine, Weir as it is installed
 * (docs/deploy.md), and nothing else of it. It needs root, and systemd where Debian has it.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { descendants } from '../machine/processes.ts';
import { ROOT } from '../paths.ts';
import { until } from '../until.ts';

const BOOTS_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 120_000;

export interface Ended {
  readonly code: number;
  /** What it printed, errors too. */
  readonly text: string;
}

export interface Machine {
  /** Runs a program there to its end. */
  run(...argv: readonly string[]): Promise<Ended>;
  /** As `run`. Throws an Error with what it printed when it fails. */
  must(...argv: readonly string[]): Promise<string>;
  /** Writes a file there, with the folders above it. */
  write(path: string, text: string, mode?: number): Promise<void>;
  /** What systemd says of a property of a unit. */
  show(unit: string, property: string): Promise<string>;
  /** What a unit has printed since it was started last, a line each. */
  said(unit: string): Promise<string[]>;
  /** Everything that the machine has logged. */
  journal(): Promise<string>;
  /** Where a file of it is, seen from here. */
  at(path: string): string;
  stop(): Promise<void>;
}

/** Whether this machine can boot one. */
export function canBoot(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/lib/systemd/systemd')) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'cgroup2', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @throws Error when it has not come up within a minute, with what was seen last. */
export async function bootMachine(): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-units-'));
  const argv = ['unshare', '--mount', '--propagation', 'private', 'sh', join(ROOT, 'lab/units/boot.sh')];
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...argv, folder, ROOT, process.execPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    if (child.exitCode !== null) return rm(folder, { recursive: true, force: true });
    // The first process of the namespace takes all others of it along.
    const first = firstProcess(child.pid as number);
    if (first !== undefined) process.kill(first, 'SIGKILL');
    else child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const pid = await until(
      () => (child.exitCode === null ? firstProcess(child.pid as number) : 'ended'),
      BOOTS_WITHIN_MS,
      'systemd to begin',
    );
    if (pid === 'ended') throw new Error(`The machine did not boot: ${printed}`);
    const machine = { ...inside(pid), stop };
    await until(
      async () => (await machine.run('systemctl', 'is-active', 'units.target')).text === 'active',
      BOOTS_WITHIN_MS,
      'systemd to be up',
    );
    return machine;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The systemd that is the first process of its namespace, by its pid out here. */
function firstProcess(starter: number): number | undefined {
  return descendants(starter).find((pid) => {
    try {
      const isFirst = /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return isFirst && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n';
    } catch {
      return false;
    }
  });
}

function inside(pid: number): Omit<Machine, 'stop'> {
  const run = (...argv: readonly string[]) =>
    new Promise<Ended>((resolve) => {
      const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LC_ALL: 'C' };
      const options = { env, timeout: ENDS_WITHIN_MS, maxBuffer: 64 * 1024 * 1024 };
      execFile('nsenter', ['--target', String(pid), '--all', '--', ...argv], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: `${stdout}${stderr}`.trim() });
      });
    });
  const must = async (...argv: readonly string[]) => {
    const { code, text } = await run(...argv);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${text}`);
    return text;
  };
  const at = (path: string) => join('/proc', String(pid), 'root', path);
  const show = (unit: string, property: string) => must('systemctl', 'show', '--value', '--property', property, unit);
  return {
    run,
    must,
    show,
    at,
    async write(path, text, mode = 0o644) {
      const file = at(path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode });
    },
    async said(unit) {
      // What a process wrote on its way out is in the journal some time later (journalctl(1)).
      await must('journalctl', '--sync');
      const id = await show(unit, 'InvocationID');
      const own = ['--output=cat', '--quiet', `_SYSTEMD_INVOCATION_ID=${id}`];
      return (await must('journalctl', ...own)).split('\n').filter((line) => line !== '');
    },
    journal: () => must('journalctl', '--quiet', '--no-pager', '--output=cat'),
  };
}
