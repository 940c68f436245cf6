/** Programs that stay. The supervisor keeps those on the machine, the agent those in the guest, both in this way. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { descendants } from './processes.ts';
import type { ProgramEvent } from './protocol.ts';

export interface Programs {
  /** @throws Error when one of that name is still alive, or the program cannot be started */
  start(name: string, argv: readonly string[], options?: StartOptions): Promise<number>;
  /** Gives how many processes got the signal: 0 when the program has ended. `family`: its descendants too. */
  signal(name: string, signal: NodeJS.Signals, family?: boolean): number;
  /** @throws Error when it is not there to read it */
  write(name: string, line: string): void;
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** In a process group of its own, whose number is the program's pid. */
  readonly ownGroup?: boolean;
}

/** `emit` gets every line that they print, and their ends. */
export function createPrograms(emit: (event: ProgramEvent) => void): Programs {
  const alive = new Map<string, ChildProcess>();

  const living = (name: string): ChildProcess => {
    const child = alive.get(name);
    if (child === undefined) throw new Error(`There is no running program ${name}.`);
    return child;
  };

  return {
    async start(name, argv, { env, cwd, ownGroup = false } = {}) {
      if (alive.has(name)) throw new Error(`${name} is running already.`);
      const [command = '', ...args] = argv;
      const child = spawn(command, args, {
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: ownGroup,
        ...(env !== undefined && { env }),
        ...(cwd !== undefined && { cwd }),
      });
      alive.set(name, child);
      child.stdin.on('error', () => {}); // It ended while it was written to; `exit` tells.
      for (const stream of ['stdout', 'stderr'] as const) {
        createInterface({ input: child[stream] }).on('line', (line) => emit({ event: 'line', name, stream, line }));
      }
      child.once('exit', (code, signal) => {
        alive.delete(name);
        emit({ event: 'exit', name, code, signal });
      });
      try {
        await once(child, 'spawn');
      } catch (error) {
        alive.delete(name);
        throw error;
      }
      emit({ event: 'start', name, pid: child.pid as number });
      return child.pid as number;
    },

    signal(name, signal, family = false) {
      const pid = alive.get(name)?.pid;
      if (pid === undefined) return 0;
      // The children are collected before the first is signalled: those of a dead parent are no longer found through
      // it.
      const pids = family ? [pid, ...descendants(pid)] : [pid];
      // The family is stopped first: a child that sees its parent go would have the time to put its things in order.
      if (family && signal === 'SIGKILL') for (const each of pids) sent(each, 'SIGSTOP');
      return pids.filter((each) => sent(each, signal)).length;
    },

    write(name, line) {
      living(name).stdin?.write(`${line}\n`);
    },
  };
}

/** Whether the process was there to get the signal. */
function sent(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
