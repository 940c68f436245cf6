/** Whose kernel the lab's pool lives in, and how its first process is started there. What follows is the same for both. */

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { statfs, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../paths.ts';
import { buildClock, buildXstate, COMPILER, hasSteadyCounter, needsXstate } from './preload.ts';

/** `guest`: a user-mode Linux of its own. `host`: this machine's, in namespaces. */
export type Kernel = 'guest' | 'host';

/** This machine's loopback as slirp shows it to the guest (slirp.1). */
export const SLIRP_LOOPBACK = '10.0.2.2';

const SLIRP = '/usr/bin/slirp-fullbolt';

const MEMORY_MIB = 1200;

/** Bits of CapEff (capabilities.7): without them no namespaces and no interfaces can be made. */
const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** This machine's own kernel where that has ip_vs and lets us, else the guest. */
export async function chooseKernel(): Promise<Kernel> {
  const has = (bit: bigint) => ((effectiveCapabilities() >> bit) & 1n) === 1n;
  if (process.getuid?.() !== 0 || !has(CAP_NET_ADMIN) || !has(CAP_SYS_ADMIN)) return 'guest';
  return existsSync('/proc/net/ip_vs') || (await modprobeKnows('ip_vs')) ? 'host' : 'guest';
}

function effectiveCapabilities(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${hex ?? '0'}`);
}

async function modprobeKnows(name: string): Promise<boolean> {
  try {
    await promisify(execFile)('modprobe', ['--dry-run', '--quiet', name], { env: withAdminPath() });
    return true;
  } catch {
    return false;
  }
}

export interface Launch {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * What starts the lab's first process (guest/init.sh). Writes that process's start file into `dir`.
 * @throws Error when a program is missing
 */
export async function prepareLaunch(kernel: Kernel, dir: string): Promise<Launch> {
  const env = withAdminPath();
  const needed = [
    'ip',
    'nsenter',
    'unshare',
    'keepalived',
    'ipvsadm',
    'redis-server',
    'redis-cli',
    'socat',
    'modprobe',
    'taskset',
  ];
  const wide = kernel === 'guest' && needsXstate();
  const forGuest = kernel === 'guest' ? ['linux.uml', SLIRP, ...(wide ? [COMPILER] : [])] : [];
  const missing = [...needed, ...forGuest].filter((name) => !isThere(name, env));
  if (missing.length > 0) {
    throw new Error(`The lab misses ${missing.join(', ')}: run "node scripts/setup.mjs", it says what to install.`);
  }
  const init = join(dir, 'init');
  // The library only makes the guest faster. Without a compiler there is none.
  const countable = kernel === 'guest' && process.arch === 'x64' && hasSteadyCounter() && isThere(COMPILER, env);
  const clock = countable ? await buildClock(env) : undefined;
  await writeFile(init, startFile(kernel, dir, clock === undefined ? {} : { LD_PRELOAD: clock }), { mode: 0o700 });
  if (kernel === 'host') {
    const unshare = ['unshare', '--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child=SIGKILL'];
    return { argv: [...unshare, '--', 'bash', init], env };
  }
  return {
    argv: [
      ...['taskset', '--cpu-list', processorOf(env)],
      'linux.uml',
      ...['rootfstype=hostfs', 'rootflags=/', 'rw', `init=${init}`, `mem=${MEMORY_MIB}M`],
      ...['con=null', 'con0=null,fd:1', `eth0=slirp,,${SLIRP}`, 'quiet'],
    ],
    env: {
      ...env,
      HOME: dir, // ~/.uml must be writable.
      // The memory of the guest is a file there. It lies in memory where there is room for it.
      TMPDIR: (await hasRoom('/dev/shm')) ? '/dev/shm' : dir,
      ...(wide && { LD_PRELOAD: await buildXstate(dir, env) }),
    },
  };
}

/**
 * The processor that the guest runs on, of those that this process may use: the guest has one itself, and each system call in
 * it is four switches between two processes of this machine, which cost a third where both stay on one processor.
 * WEIR_LAB_PROCESSOR tells labs that run side by side apart.
 */
function processorOf(env: NodeJS.ProcessEnv): string {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const processors = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return String(processors[Number(env.WEIR_LAB_PROCESSOR ?? process.pid) % processors.length]);
}

function startFile(kernel: Kernel, dir: string, preload: Readonly<Record<string, string>>): string {
  const values = {
    ...preload,
    WEIR_LAB_KERNEL: kernel,
    WEIR_LAB_DIR: dir,
    WEIR_LAB_ROOT: ROOT,
    WEIR_LAB_NODE: process.execPath,
  };
  const exports = Object.entries(values).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  return ['#!/bin/bash', ...exports, 'exec bash "$WEIR_LAB_ROOT/lab/guest/init.sh"', ''].join('\n');
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    accessSync(folder, constants.W_OK);
    return bavail * bsize > MEMORY_MIB * 1024 * 1024;
  } catch {
    return false;
  }
}

/** An ordinary user's PATH often lacks the folders that `ip` and `modprobe` are in. */
function withAdminPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter) };
}

function isThere(program: string, env: NodeJS.ProcessEnv): boolean {
  const folders = program.startsWith('/') ? [''] : (env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
