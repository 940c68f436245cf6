/** The child processes of a bench. Each is ended by its own pid, and ends with the process that holds the bench. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, processesWith } from '../../machine/processes.ts';
import { patient } from '../../patience.ts';

/** Every process of a bench has this in its environment, so that one that was left behind is found. */
const MARK = 'WEIR_BENCH';
const LINES_KEPT = 400;
const ENDS_WITHIN_MS = 30_000;

export interface Program {
  readonly pid: number;
  readonly running: boolean;
  readonly lines: readonly string[];
  /** `SIGKILL` takes what it has started with it; the others go to it alone. Waits for its end where it is one. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Waits until it has printed a line that matches. */
  says(pattern: RegExp, withinMs: number): Promise<void>;
}

export interface Programs {
  start(name: string, argv: readonly string[], env?: NodeJS.ProcessEnv): Program;
  /** Ends all of them. */
  stop(): Promise<void>;
  /** Pids of processes that are left and should not be. */
  leftOvers(): number[];
}

export function createPrograms(mark: string, onEnd: (name: string, how: string) => void): Programs {
  const started: Program[] = [];
  return {
    start(name, argv, env = process.env) {
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
        env: { ...env, [MARK]: mark },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const program = toProgram(name, child, (how) => onEnd(name, how));
      started.push(program);
      return program;
    },
    async stop() {
      for (const program of started.splice(0).reverse()) await program.kill('SIGKILL');
    },
    leftOvers: () => processesWith(MARK, mark),
  };
}

function toProgram(name: string, child: ChildProcess, onEnd: (how: string) => void): Program {
  const pid = child.pid as number;
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
    });
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const exited = once(child, 'exit').then(([code, signal]) => onEnd(signal ?? `exit code ${code}`));
  return {
    pid,
    lines,
    get running() {
      return isRunning();
    },
    async kill(signal) {
      if (!isRunning()) return;
      const below = signal === 'SIGKILL' ? descendants(pid) : [];
      child.kill(signal);
      if (signal === 'SIGSTOP' || signal === 'SIGCONT' || signal === 'SIGUSR2') return;
      for (const each of below) killQuietly(each);
      const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
      await exited;
      clearTimeout(timer);
    },
    async says(pattern, withinMs) {
      const until = performance.now() + patient(withinMs);
      while (!lines.some((line) => pattern.test(line))) {
        if (!isRunning() || performance.now() > until) {
          throw new Error(`${name} did not say ${pattern} within ${withinMs} ms:\n${lines.slice(-20).join('\n')}`);
        }
        await sleep(20);
      }
    },
  };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with its parent.
  }
}
