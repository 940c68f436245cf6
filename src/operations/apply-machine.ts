/** This server, as `weir render --apply` sees and changes it. */

import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, createRun, createRunToEnd } from '../lib/run-program.ts';
import type { KeepalivedConfig } from '../model/configuration/config.ts';
import { WeirError } from '../model/error.ts';
import { askSignal, createKeepalivedReader } from '../observe/director/keepalived-dump.ts';
import { keepalivedPid } from '../observe/director/keepalived-pid.ts';
import { parseIpVs } from '../observe/director/parse-ip-vs.ts';
import type { Machine, RunningKeepalived } from '../provision/apply/machine.ts';
import { confFileIn } from '../provision/apply/running.ts';

/** Programs that load modules or start a service take long, in ms. */
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

/** What keepalived says of a file: warnings come on stderr with exit code 0. */
async function configTest(file: string): Promise<string> {
  const run = createRunToEnd({ timeoutMs: PROGRAM_WITHIN_MS });
  try {
    const { exitCode, stdout, stderr } = await run('keepalived', [
      '--config-test',
      '--log-console',
      '--use-file',
      file,
    ]);
    const output = `${stdout}${stderr}`.trim();
    return exitCode === 0 || output !== '' ? output : `it ended with ${exitCode} and said nothing`;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.isNotInstalled) throw new WeirError('system', `${error.message} Nothing was changed.`, { cause: error });
    return error.stderr === '' ? error.message : error.stderr;
  }
}

/** keepalived's parent process keeps its configuration in a memfd of this name, written anew at each reload (lib/parser.c). */
const COPY = '/consolidated_configuration';

async function runningKeepalived(pidFile: string): Promise<RunningKeepalived | undefined> {
  const pid = keepalivedPid(pidFile);
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
