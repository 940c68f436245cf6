/** Hosts: namespaces for network, mounts and name, each held by one process that sleeps. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecResult, Place } from '../machine/protocol.ts';
import type { HostNetwork } from '../pool/topology.ts';

export interface Hosts {
  /** Makes them all at once, each in a /24 and a /64 on the bridge. */
  add(networks: Readonly<Record<string, HostNetwork>>): Promise<void>;
  /** The argument vector that runs `argv` at a place. */
  command(place: Place, argv: readonly string[]): string[];
  read(place: Place, path: string): Promise<string>;
  save(place: Place, path: string, text: string, mode?: number): Promise<void>;
}

const SETUP_WITHIN_MS = 120_000;

export function createHosts(): Hosts {
  const holders = new Map<string, number>();

  const holderOf = (place: Place): number => {
    const pid = holders.get(place);
    if (pid === undefined) throw new Error(`There is no host ${place}, only ${[...holders.keys()].join(', ')}.`);
    return pid;
  };
  const command = (place: Place, argv: readonly string[]) =>
    place === 'root' ? [...argv] : ['nsenter', '-t', String(holderOf(place)), '-n', '-m', '-u', '--', ...argv];
  /** The kernel shows another process's files and network without a fork: a fork takes 60 ms in the guest. */
  const seenBy = (place: Place, path: string) => {
    if (place === 'root') return path;
    const own = `/proc/${holderOf(place)}`;
    return path.startsWith('/proc/net/') ? join(own, path.slice('/proc'.length)) : join(own, 'root', path);
  };

  return {
    async add(networks) {
      const all = Object.entries(networks);
      const names = Object.keys(networks);
      await Promise.all(names.map(async (name) => holders.set(name, await hold(name))));
      await batch(
        ['ip', '-batch', '-'],
        all.flatMap(([name, { mac }]) => [
          `link add v${name} type veth peer name eth0 address ${mac} netns ${holderOf(name)}`,
          `link set v${name} master br0 up`,
        ]),
      );
      await Promise.all(
        all.map(([name, { address, address6 }]) =>
          batch(command(name, ['ip', '-batch', '-']), [
            'link set lo up',
            `addr add ${address}/24 dev eth0`,
            // Nobody else has the address, and a look for twins would make it unusable for a second.
            `addr add ${address6}/64 dev eth0 nodad`,
            'link set eth0 up',
          ]),
        ),
      );
    },
    command,
    read: (place, path) => readFile(seenBy(place, path), 'utf8'),
    async save(place, path, text, mode = 0o600) {
      const file = seenBy(place, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode });
    },
  };
}

/** The pid of the process that holds the namespaces, once they are ready. */
async function hold(name: string): Promise<number> {
  const script = join(process.env.WEIR_LAB_ROOT ?? '', 'lab/guest/host.sh');
  const child = spawn('unshare', ['-n', '-m', '-u', '--', 'bash', script, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = once(createInterface({ input: child.stdout }), 'line');
  await Promise.race([ready, failed(child, `host ${name}`)]);
  return child.pid as number;
}

async function batch(argv: readonly string[], lines: readonly string[]): Promise<void> {
  const { code, stderr } = await run(argv, SETUP_WITHIN_MS, `${lines.join('\n')}\n`);
  if (code !== 0) throw new Error(`The network could not be set up: ${stderr.trim()}`);
}

async function failed(child: ChildProcess, what: string): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`${what} could not be made (exit ${code}).`);
}

/**
 * Runs a program to its end.
 * @throws Error when it cannot be started
 */
export async function run(argv: readonly string[], timeoutMs: number, stdin?: string): Promise<ExecResult> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[stream] += chunk;
    });
  }
  child.stdin?.on('error', () => {}); // It ended without reading it all.
  child.stdin?.end(stdin);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, ...texts };
}
