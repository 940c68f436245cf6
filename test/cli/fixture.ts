/** The built command as people run it. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';

export const MAIN = join(import.meta.dirname, '../../dist/bundle/weir.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function weir(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return run([process.execPath, MAIN, ...args], env);
}

/** A host of its own: no process, no interface but lo, an empty /run. A namespace for the user is what lets anybody make it. */
const ALONE = [
  ...[
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--',
  ],
  ...['sh', '-c', 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"', 'alone'],
];

/** As `weir`, where nobody else's keepalived, ports and files are to be seen. */
export function weirAlone(args: readonly string[]): Promise<Ended> {
  return run([...ALONE, process.execPath, MAIN, ...args], { PATH: `${process.env.PATH}:/usr/sbin:/sbin` });
}

function run([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const { WEIR_CONFIG: _, ...rest } = process.env;
    execFile(program, args, { cwd: tmpdir(), env: { ...rest, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** A folder of the file's own, made before its tests and gone after them. */
export function ownFolder() {
  let dir = '';
  beforeAll(async () => {
    dir = await tempDir();
  });
  return {
    path: () => dir,
    async file(name: string, text: string): Promise<string> {
      const path = join(dir, name);
      await writeFile(path, text);
      return path;
    },
    config: (parts: ConfigParts) => configIn(dir, parts),
  };
}

interface ConfigParts {
  readonly port: number;
  readonly http: number;
  readonly broker?: string;
  readonly password?: string;
}

function configIn(dir: string, parts: ConfigParts): string {
  return [
    `state_dir: ${dir}/state`,
    ...(parts.broker === undefined ? [] : [`broker: {url: ${parts.broker}}`]),
    `http: {listen: 127.0.0.1:${parts.http}}`,
    'policy: {mode: auto, settle: 1s}',
    'poll: {interval: 1s, timeout: 500ms, window: 5s, stale_after: 30s}',
    'pools:',
    '  logs:',
    `    vip: {address: 127.0.0.9, port: ${parts.port}}`,
    '    vrrp: {interface: lo, virtual_router_id: 51}',
    ...(parts.password === undefined ? [] : [`    redis: {password: ${parts.password}}`]),
    '    queues: [logstash]',
    '    members:',
    '      a: {address: 127.0.0.1, priority: 254}',
    '      b: {address: 127.0.0.3, priority: 250}',
  ].join('\n');
}

/** A command that goes on, and all that it has said so far. `kill` and `end` end it, and wait for its end. */
export function startWeir(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (said += part));
  const ended = once(child, 'close');
  const by = (signal: NodeJS.Signals) => async () => {
    child.kill(signal);
    await ended;
  };
  return { said: () => said, ended, kill: by('SIGKILL'), end: by('SIGTERM') };
}
