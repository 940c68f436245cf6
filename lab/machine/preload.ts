/** What user-mode Linux needs on some processors, and what makes it faster on others: xstate.c and guest/clock.c say why. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../paths.ts';

/** The program that builds it. */
export const COMPILER = 'gcc';

const CLOCK_SOURCE = 'lab/guest/clock.c';

/** Whether the guest's kernel would not start here by itself. `cpuinfo`: the text of /proc/cpuinfo. */
export function needsXstate(cpuinfo = readFileSync('/proc/cpuinfo', 'utf8')): boolean {
  return /^flags\s*:.*\bamx_tile\b/m.test(cpuinfo);
}

/** Whether the processor's counter is a clock: guest/clock.c may be used. */
export function hasSteadyCounter(cpuinfo = readFileSync('/proc/cpuinfo', 'utf8')): boolean {
  return ['constant_tsc', 'nonstop_tsc'].every((flag) => new RegExp(`^flags\\s*:.*\\b${flag}\\b`, 'm').test(cpuinfo));
}

/**
 * Builds the library for the guest's kernel into `dir` and gives its path.
 * @throws Error with what the compiler said
 */
export async function buildXstate(dir: string, env: NodeJS.ProcessEnv): Promise<string> {
  return compile('lab/machine/xstate.c', join(dir, 'xstate.so'), env);
}

/**
 * Builds the library for the guest's programs, in the checkout: that is where every host of the lab sees it. One that is
 * newer than its source stays. undefined when it cannot be built there; the lab is only slower without it.
 */
export async function buildClock(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const source = join(ROOT, CLOCK_SOURCE);
  const library = join(ROOT, 'dist/lab/guest/clock.so');
  if (existsSync(library) && statSync(library).mtimeMs > statSync(source).mtimeMs) return library;
  // Another lab may be using the one that is there.
  const fresh = `${library}.${process.pid}`;
  try {
    await compile(CLOCK_SOURCE, fresh, env);
    await rename(fresh, library);
    return library;
  } catch {
    return undefined;
  }
}

/** Builds a library for LD_PRELOAD from a source of the checkout, and gives its path. @throws Error with what the compiler said */
export async function compile(source: string, library: string, env: NodeJS.ProcessEnv): Promise<string> {
  const flags = ['-shared', '-fPIC', '-nostdlib', '-O2', '-fno-builtin', '-Wall', '-Wno-builtin-declaration-mismatch'];
  await promisify(execFile)(COMPILER, [...flags, '-o', library, join(ROOT, source)], { env });
  return library;
}
