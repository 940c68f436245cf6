/** This server, as `weir render --apply` is handed it. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createRun } from '../src/act/run.ts';
import type { Machine, RunningKeepalived } from '../src/build/machine.ts';
import { confFileIn } from '../src/build/running.ts';
import type { KeepalivedConfig } from '../src/model/config.ts';
import { WeirError } from '../src/model/error.ts';
import { parseIpVs } from '../src/observe/ip-vs.ts';
import { askSignal, createKeepalivedReader, keepalivedPid } from '../src/observe/vrrp.ts';

/** A program that loads modules or starts a service takes its time. */
const PROGRAM_WITHIN_MS = 60_000;
const DUMP_WITHIN_MS = 2_000;

export async function createMachine(keepalived: KeepalivedConfig): Promise<Machine> {
  const { signal, trouble } = await askSignal();
  const reader = createKeepalivedReader({ keepalived, signal, staleAfterMs: 0 });
  return {
    hasSystemd: existsSync('/run/systemd/system'),
    run: createRun({ timeoutMs: PROGRAM_WITHIN_MS }),
    read,
    configTest,
    keepalived: () => runningKeepalived(keepalived.pidFile),
    async instances() {
      const dump = await reader.dump(DUMP_WITHIN_MS);
      return dump.instances ?? dump.trouble ?? trouble ?? 'keepalived wrote no dump of its state.';
    },
    async services() {
      const text = await read('/proc/net/ip_vs');
      if (text === undefined) throw new WeirError('system', 'The kernel has no LVS table (/proc/net/ip_vs).');
      return parseIpVs(text);
    },
  };
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Its warnings come on stderr with exit code 0. */
function configTest(file: string): Promise<string> {
  const args = ['--config-test', '--log-console', '--use-file', file];
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  return new Promise((resolve, reject) => {
    execFile('keepalived', args, { timeout: PROGRAM_WITHIN_MS, env }, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim();
      if (error === null || said !== '') resolve(said);
      else if (error.code === 'ENOENT') reject(new WeirError('system', NOT_INSTALLED, { cause: error }));
      else resolve(`it ended with ${error.code ?? error.signal} and said nothing`);
    });
  });
}

const NOT_INSTALLED = 'keepalived is not installed: install the Debian package keepalived. Nothing was changed.';

/** The parent keeps what it has read in a memfd of this name, and writes it anew at every reload (keepalived lib/parser.c). */
const COPY = '/consolidated_configuration';

async function runningKeepalived(pidFile: string): Promise<RunningKeepalived | undefined> {
  const pid = await keepalivedPid(pidFile);
  if (pid === undefined) return undefined;
  const folder = join('/proc', String(pid));
  try {
    const [cmdline, cwd, copy] = await Promise.all([
      readFile(join(folder, 'cmdline'), 'utf8'),
      readlink(join(folder, 'cwd')),
      copyOf(join(folder, 'fd')),
    ]);
    return { pid, confFile: confFileIn(cmdline, cwd), ...(copy !== undefined && { copy }) };
  } catch {
    return undefined; // It ended meanwhile.
  }
}

async function copyOf(folder: string): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    const target = await readlink(join(folder, name)).catch(() => '');
    if (target.includes(COPY)) return readFile(join(folder, name), 'utf8');
  }
  return undefined;
}
