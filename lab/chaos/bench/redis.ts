/** Real Redis servers of the bench. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program, Programs } from './programs.ts';

const STARTS_WITHIN_MS = 10_000;

export interface BenchRedis {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Its unix socket. */
  readonly path: string;
  readonly program: Program;
  /** Starts it again in the same place; with `empty` without what it kept. */
  start(how?: { readonly empty?: boolean; readonly args?: readonly string[] }): Promise<void>;
}

export async function startBenchRedis(
  programs: Programs,
  input: {
    name: string;
    dir: string;
    address: string;
    port: number;
    args?: readonly string[];
    env?: Readonly<Record<string, string>>;
  },
): Promise<BenchRedis> {
  const { name, address, port } = input;
  const folder = join(input.dir, name);
  const path = join(folder, 'redis.sock');
  let program: Program;
  const start: BenchRedis['start'] = async ({ empty = false, args = input.args ?? [] } = {}) => {
    if (empty) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const place = ['--bind', address, '--port', String(port), '--unixsocket', path, '--dir', folder, '--save', ''];
    program = programs.start(name, ['redis-server', ...place, ...args], { ...process.env, ...input.env });
    await program.says(
      /ready to accept connections (at|unix)|The server is now ready to accept connections at/i,
      STARTS_WITHIN_MS,
    );
  };
  await start();
  return {
    name,
    address,
    port,
    path,
    get program() {
      return program;
    },
    start,
  };
}
