/** Where attacks are made that need no pool: a folder, real Redis servers, and the built `weir` as people run it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createPrograms, type Programs } from '../chaos/bench/programs.ts';
import { type BenchRedis, startBenchRedis } from '../chaos/bench/redis.ts';
import { freePort } from '../free-port.ts';
import { bundled } from '../paths.ts';
import { patient } from '../patience.ts';
import { until } from '../until.ts';

/** A command that should have ended is killed, in ms. */
const ENDS_WITHIN_MS = 60_000;

/** A role on a machine that does other things too, in ms. */
const UP_WITHIN_MS = 120_000;

export interface Ended {
  readonly code: number | null;
  /** stdout and stderr. */
  readonly text: string;
  readonly tookMs: number;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What comes before the program: `['unshare', '-u', …]`. */
  readonly before?: readonly string[];
}

/** A role that goes on. */
export interface Running {
  readonly pid: number;
  said(): string;
  readonly isRunning: boolean;
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface Host extends AsyncDisposable {
  readonly dir: string;
  readonly programs: Programs;
  /** Writes a file into the folder. @returns its path. */
  file(name: string, text: string, mode?: number): Promise<string>;
  redis(name: string, ...args: string[]): Promise<BenchRedis>;
  weir(args: readonly string[], options?: RunOptions): Promise<Ended>;
  start(args: readonly string[], options?: RunOptions): Running;
  /** A weir.yaml of one pool whose members are nobody. `more`: further lines. */
  config(name: string, parts: ConfigParts): Promise<{ readonly path: string; readonly http: number }>;
  /** Something to be ended with the host. */
  ends(close: () => unknown): void;
}

export interface ConfigParts {
  readonly broker?: string;
  readonly http?: string;
  /** Of the VIP and of every member. */
  readonly port?: number;
  readonly more?: readonly string[];
}

export async function startHost(): Promise<Host> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-attacks-'));
  const programs = createPrograms(dir, () => {});
  const closers: (() => unknown)[] = [];
  const started = new Set<Running>();
  const track = (running: ReturnType<typeof start>) => {
    started.add(running);
    void running.ended.then(() => started.delete(running));
    return running;
  };
  const file: Host['file'] = async (name, text, mode = 0o600) => {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode });
    return path;
  };
  return {
    ...{ dir, programs, file, weir },
    start: (args, options) => track(start(args, options)),
    ends: (close) => void closers.push(close),
    async redis(name, ...args) {
      return startBenchRedis(programs, { name, dir, address: '127.0.0.1', port: await freePort(), args });
    },
    async config(name, { broker, http, port = 6_379, more = [] }) {
      const listen = await freePort();
      const lines = [
        `state_dir: ${dir}/state-${name}`,
        ...(broker === undefined ? [] : [`broker: ${broker}`]),
        `http: ${http?.replace('PORT', String(listen)) ?? `{listen: "127.0.0.1:${listen}"}`}`,
        'policy: {mode: auto, settle: 1s}',
        'poll: {interval: 1s, timeout: 500ms, window: 5s, stale_after: 3s}',
        'pools:',
        '  logs:',
        `    vip: {address: 127.0.0.9, port: ${port}}`,
        '    vrrp: {interface: lo, virtual_router_id: 51}',
        '    members:',
        '      a: {address: 127.0.0.1, priority: 254}',
        '      b: {address: 127.0.0.3, priority: 250}',
        ...more,
      ];
      return { path: await file(`${name}.yaml`, `${lines.join('\n')}\n`), http: listen };
    },
    async [Symbol.asyncDispose]() {
      for (const running of started) await running.end();
      for (const close of closers.reverse()) await close();
      await programs.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Runs the built `weir` until it ends. */
async function weir(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const startedAt = performance.now();
  const running = start(args, options);
  const timer = setTimeout(() => void running.end('SIGKILL'), patient(ENDS_WITHIN_MS));
  const code = await running.ended;
  clearTimeout(timer);
  return { code, text: running.said(), tookMs: performance.now() - startedAt };
}

function start(args: readonly string[], { env = {}, cwd = tmpdir(), before = [] }: RunOptions = {}) {
  const { WEIR_CONFIG: _, ...rest } = process.env;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...before, process.execPath, bundled('weir'), ...args], {
    ...{ cwd, env: { ...rest, ...env } },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (said += part));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid as number,
    said: () => said,
    ended,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    async end(signal: NodeJS.Signals = 'SIGKILL') {
      child.kill(signal);
      await ended;
    },
  };
}

/** Waits until a role says that it is up. */
export async function isUp(running: Running): Promise<void> {
  const look = () => {
    if (!running.isRunning) throw new Error(running.said());
    return / is up/.test(running.said());
  };
  await until(look, UP_WITHIN_MS, 'a role to be up');
}
