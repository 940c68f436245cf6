/**
 * A real keepalived in a network namespace of its own, where this kernel lets one have that; and a stand-in named
 * keepalived, which writes what a test tells it: an empty or torn dump, none, a late one.
 */

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import type { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runFiles } from '../../../src/model/configuration/run-files.ts';
import type { KeepalivedFiles } from '../../../src/observe/director/keepalived-dump.ts';
import { endWithChildren } from '../../support/processes.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/waiting.ts';

const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };

export const VIP = '10.99.0.100';
export const VRRP_INTERFACE = 'v0';

/** Whether this user may have a network namespace, and has keepalived and veth. */
export const CAN_RUN_KEEPALIVED = succeeds('keepalived', '--version') && succeeds('ip', ...vethArgs());

function vethArgs(): string[] {
  return ['link', 'add', VRRP_INTERFACE, 'type', 'veth', 'peer', 'name', 'v1'];
}

/** What `ip -batch` makes of a new network namespace: one process for all of it. */
export const NETWORK = `${vethArgs().join(' ')}
address add 10.99.0.1/24 dev ${VRRP_INTERFACE}
link set lo up
link set v1 up
link set ${VRRP_INTERFACE} up
`;

function succeeds(program: string, ...args: string[]): boolean {
  try {
    execFileSync('unshare', ['--net', program, ...args], { env: ENVIRONMENT, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface TestKeepalived {
  readonly files: KeepalivedFiles;
  readonly pid: number;
  /** Where it writes what it does. */
  readonly fifo: string;
  /** Arguments of nsenter: what runs a program there. */
  readonly inside: readonly string[];
  /** The child that speaks VRRP and writes the dump. */
  vrrpPid(): Promise<number>;
  /** The interfaces there, as Node sees them. */
  interfaces(): ReturnType<typeof networkInterfaces>;
  /** Runs `ip` there. */
  ip(...args: string[]): Promise<void>;
  /** Ends every process that belongs to it by its pid, frozen ones too, and removes its folder. */
  stop(): Promise<void>;
}

export interface KeepalivedOptions {
  /** Under a second needs VRRP version 3, which has no password (T14). */
  readonly advertSeconds?: number;
  readonly password?: string;
  /** As it stands in virtual_ipaddress. */
  readonly vip?: string;
  /** More lines of the vrrp_instance. */
  readonly lines?: string;
  /** Left out: keepalived makes it, and makes it anew at every SIGHUP. */
  readonly fifo?: 'made before';
}

export async function startKeepalived(options: KeepalivedOptions = {}): Promise<TestKeepalived> {
  const dir = await tempDir();
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
      env: { ...ENVIRONMENT, TMPDIR: dir },
      stdio: 'ignore',
    });
    started.push(child);
    return child;
  };
  const stop = async () => {
    for (const child of started.splice(0).reverse()) await endWithChildren(child);
  };
  try {
    const holder = start('unshare', '--net', 'sleep', '600');
    const namespace = `/proc/${holder.pid}/ns/net`;
    await until(() => readlinkSync(namespace) !== readlinkSync('/proc/self/ns/net'));
    const inside = [`--net=${namespace}`];
    const ip = async (...args: string[]) => {
      await promisify(execFile)('nsenter', [...inside, 'ip', ...args], { env: ENVIRONMENT });
    };
    await writeFile(join(dir, 'network'), NETWORK);
    await ip('-batch', join(dir, 'network'));

    const files = { pidFile: join(dir, 'keepalived.pid'), dumpFile: join(dir, 'keepalived.json') };
    const vrrpPidFile = join(dir, 'vrrp.pid');
    const fifo = runFiles(dir).vrrpFifo;
    if (options.fifo === 'made before') execFileSync('mkfifo', ['-m', '600', fifo]);
    await writeFile(join(dir, 'keepalived.conf'), configuration(fifo, options));
    const pids = ['--pid', files.pidFile, '--vrrp_pid', vrrpPidFile];
    const flags = ['--dont-fork', '--log-console', '--vrrp', '--use-file', join(dir, 'keepalived.conf'), ...pids];
    const child = start('nsenter', ...inside, 'keepalived', ...flags);
    const vrrpPid = async () => Number((await readFile(vrrpPidFile, 'utf8')).trim());
    await until(async () => (await vrrpPid()) > 1 && Number(await readFile(files.pidFile, 'utf8')) === child.pid);
    return {
      files,
      pid: child.pid as number,
      fifo,
      inside,
      vrrpPid,
      interfaces() {
        const args = [...inside, process.execPath, '-p', 'JSON.stringify(require("node:os").networkInterfaces())'];
        return JSON.parse(execFileSync('nsenter', args, { encoding: 'utf8' }));
      },
      ip,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configuration(fifo: string, options: KeepalivedOptions): string {
  const { advertSeconds = 0.1, password, vip = `${VIP}/32`, lines = '' } = options;
  return `global_defs {
  router_id test
  vrrp_version ${password === undefined ? 3 : 2}
  vrrp_notify_fifo ${fifo}
}
vrrp_instance VI_1 {
  state BACKUP
  interface ${VRRP_INTERFACE}
  virtual_router_id 51
  priority 150
  advert_int ${advertSeconds}
  nopreempt
  ${password === undefined ? '' : `authentication {\n    auth_type PASS\n    auth_pass ${password}\n  }`}
  virtual_ipaddress {
    ${vip}
  }
  ${lines}
}
`;
}

/** What the stand-in writes when it is asked: texts, each this long after the one before. */
export type Writes = readonly (readonly [afterMs: number, text: string])[];

export interface StandIn {
  readonly files: KeepalivedFiles;
  readonly pid: number;
  /** Tells it what to write from now on. */
  writes(all: Writes): Promise<void>;
  stop(): Promise<void>;
}

/** Node cannot catch a real-time signal, and so the stand-in is asked with this one. */
export const STAND_IN_SIGNAL = 12; // SIGUSR2

/** The stand-in: a process whose name, as /proc/<pid>/comm has it, is keepalived. */
export async function startStandIn(dir: string, name = 'keepalived'): Promise<StandIn> {
  const files = { pidFile: join(dir, 'keepalived.pid'), dumpFile: join(dir, 'keepalived.json') };
  const writesFile = join(dir, 'writes.json');
  const program = join(dir, name);
  await symlink(process.execPath, program);
  await writeFile(writesFile, '[]');
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const { setTimeout: sleep } = require('node:timers/promises');
    process.on('SIGUSR2', async () => {
      for (const [afterMs, text] of JSON.parse(readFileSync(process.argv[1], 'utf8'))) {
        await sleep(afterMs);
        writeFileSync(process.argv[2], text);
      }
    });
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, '-e', script, writesFile, files.dumpFile], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  await writeFile(files.pidFile, `${child.pid}\n`);
  return {
    files,
    pid: child.pid as number,
    writes: (all) => writeFile(writesFile, JSON.stringify(all)),
    stop: () => endWithChildren(child),
  };
}
