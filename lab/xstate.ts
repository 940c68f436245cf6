/** On a processor with AMX Debian's user-mode Linux needs xstate.c, which also says why. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './paths.ts';

/** The program that builds it. */
export const COMPILER = 'gcc';

/** Whether the guest's kernel would not start here by itself. `cpuinfo`: the text of /proc/cpuinfo. */
export function needsXstate(cpuinfo = readFileSync('/proc/cpuinfo', 'utf8')): boolean {
  return /^flags\s*:.*\bamx_tile\b/m.test(cpuinfo);
}

/**
 * Builds the library into `dir` and gives its path.
 * @throws Error with what the compiler said
 */
export async function buildXstate(dir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const library = join(dir, 'xstate.so');
  const flags = ['-shared', '-fPIC', '-nostdlib', '-O2', '-Wall', '-Wno-builtin-declaration-mismatch'];
  await promisify(execFile)(COMPILER, [...flags, '-o', library, join(ROOT, 'lab/xstate.c')], { env });
  return library;
}
