/**
 * The judge: Debian's keepalived, in a network namespace that has the interfaces the configurations speak of. It tests a
 * file, and it is started with it and shows what it has read (--dump-conf).
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { compile } from '../../../../lab/machine/preload.ts';
import { CAN_RUN_KEEPALIVED } from '../../../observe/director/keepalived-fixture.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/waiting.ts';
import { INTERFACES, serverAddress } from '../written/scene.ts';
import { parseDump, type Shown } from './dump.ts';

const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };
/** A hang is told by the test's own limit; this one only ends the program. */
const LIMIT_MS = 120_000;
const SHOWS_WITHIN_MS = 60_000;

const START = ['--dont-fork', '--log-console', '--no-syslog', '--dump-conf', '--dont-respawn'];

export const CAN_JUDGE = CAN_RUN_KEEPALIVED;

export interface Verdict {
  /** 0: without a word. 5: it complains, and would run all the same. */
  readonly code: number;
  /** What it says. */
  readonly lines: readonly string[];
  /** What it has read, complaints or not. */
  readonly shown: Shown;
}

export interface Judge {
  /** One configuration at a time. */
  judge(file: string, configId: string): Promise<Verdict>;
  stop(): Promise<void>;
}

const NETWORK = `link set lo up
${INTERFACES.map((name) => `link add ${name} type veth peer name ${name}-peer\nlink set ${name}-peer up\nlink set ${name} up`).join('\n')}
address add 192.0.2.1/24 dev eth0
${[0, 1, 2, 3].map((index) => `address add ${serverAddress(4, index)}/24 dev eth0`).join('\n')}
address add 2001:db8::1/64 dev eth0 nodad
address add 198.51.100.1/24 dev eth1
address add 192.0.2.7/24 dev bond0
`;

export async function startJudge(): Promise<Judge> {
  const dir = await tempDir();
  const preload = await compile('test/provision/differential/judged/preload.c', join(dir, 'preload.so'), ENVIRONMENT);
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', '--mount', 'sleep', '3600'], {
    env: ENVIRONMENT,
    stdio: 'ignore',
  });
  const namespaces = ['net', 'mnt'].map((kind) => `/proc/${holder.pid}/ns/${kind}`);
  await until(() => namespaces.every((path) => readlinkSync(path) !== readlinkSync(path.replace(/\d+/, 'self'))));
  const inside = [`--net=${namespaces[0]}`, `--mount=${namespaces[1]}`];
  const enter = (...args: string[]) => promisify(execFile)('nsenter', [...inside, ...args], { env: ENVIRONMENT });
  // keepalived's own files and FIFOs stay in there.
  await enter('mount', '-t', 'tmpfs', 'none', '/run');
  await writeFile(join(dir, 'network'), NETWORK);
  await enter('ip', '-batch', join(dir, 'network'));
  await enter('mkdir', '/run/weir');

  const run = (args: readonly string[], env: NodeJS.ProcessEnv) =>
    keepalived(['nsenter', ...inside, 'keepalived', ...args], { ...ENVIRONMENT, ...env });
  return {
    async judge(file, configId) {
      forgetPids(`/proc/${holder.pid}/root/run`);
      const [tested, started] = await Promise.all([
        run(['--config-test', '-i', configId, '-f', file], {}),
        run([...START, '-i', configId, '-f', file], { LD_PRELOAD: preload }),
      ]);
      const lines = tested.texts
        .join('\n')
        .split('\n')
        .filter((text) => text !== '');
      return { code: tested.code, lines, shown: parseDump(started.texts.join('\n')) };
    },
    async stop() {
      holder.kill('SIGKILL');
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    },
  };
}

/** Its children are forked. They have not read the file yet. */
const BEGUN = /Startup complete|has no configuration to run/;
const CHILD = /child process, pid=(\d+)/g;
/** Of keepalived itself, and of each child (preload.c). */
const OUTPUTS = 6;

async function keepalived(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; texts: string[] }> {
  const stdio = ['ignore', 'ignore', ...Array.from({ length: OUTPUTS }, () => 'pipe' as const)] as const;
  const limit = { timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const;
  const child = spawn(program, args, { ...limit, env, stdio: [...stdio], detached: true });
  const texts: string[] = [];
  let isEnding = false;
  for (const [index, output] of child.stdio.slice(2).entries()) {
    texts.push('');
    (output as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      texts[index] += chunk;
      if (isEnding || index > 0 || !BEGUN.test(texts[0] as string)) return;
      isEnding = true;
      const pids = [...(texts[0] as string).matchAll(CHILD)].map(([, pid]) => Number(pid));
      until(() => pids.every(hasShownAll), 'its children to show what they read', SHOWS_WITHIN_MS)
        .catch(() => {})
        .finally(() => child.kill('SIGTERM'));
    });
  }
  // A child that outlives keepalived keeps its pipe open, and nothing would ever end.
  child.once('exit', () => endGroup(child.pid as number));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal === 'SIGKILL') throw new Error(`keepalived ${args.join(' ')} did not end:\n${texts.join('\n')}`);
  return { code: code ?? -1, texts };
}

/**
 * A child of keepalived that waits for events has read the file and shown what it read. Before that a signal finds it
 * without its handlers: it dies without a word, or misses the signal and lives on alone.
 */
function hasShownAll(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/wchan`, 'utf8').includes('epoll');
  } catch {
    // It has ended by itself.
    return true;
  }
}

/** A keepalived that has crashed leaves its pid file. Once another process has that pid, the next one is "already running". */
function forgetPids(run: string): void {
  for (const name of readdirSync(run, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.pid')) rmSync(`${run}/${name}`, { force: true });
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
