/** What each program of the lab has printed, and how it ended. */

import type { ProgramEvent } from '../machine/protocol.ts';
import { patient } from '../patience.ts';

export interface Logs {
  add(event: ProgramEvent): void;
  /** Everything that is kept of it, a line each; '' for one that has printed nothing. */
  text(name: string): string;
  names(): string[];
  isRunning(name: string): boolean;
  /** Lets go of every line so far. */
  clear(): void;
  watch(listener: (event: ProgramEvent) => void): void;
  /**
   * Runs `act` and waits until that program, from then on, prints a line that matches, or exits.
   * @throws Error after `limitMs`, or when it exits instead, with its last lines
   */
  after<T>(name: string, what: RegExp | 'exit', limitMs: number, act: () => Promise<T>): Promise<T>;
  /**
   * For a race with something that needs the program.
   * @throws Error when it ends, or has ended, with its last lines; never resolves
   */
  unexpectedEnd(name: string): Promise<never>;
}

/** Lines kept of each program. */
const KEPT = 5_000;
const SHOWN = 15;

export function createLogs(): Logs {
  const kept = new Map<string, string[]>();
  const running = new Set<string>();
  const listeners = new Set<(event: ProgramEvent) => void>();
  const failure = (name: string, what: string) =>
    new Error(`${name} ${what}. It said last:\n${(kept.get(name) ?? []).slice(-SHOWN).join('\n')}`);

  return {
    add(event) {
      const { name } = event;
      if (event.event === 'start') running.add(name);
      if (event.event === 'exit') running.delete(name);
      const lines = kept.get(name) ?? [];
      kept.set(name, lines);
      lines.push(lineOf(event));
      if (lines.length > KEPT) lines.shift();
      for (const listener of listeners) listener(event);
    },
    text: (name) => (kept.get(name) ?? []).join('\n'),
    names: () => [...kept.keys()],
    isRunning: (name) => running.has(name),
    clear: () => kept.clear(),
    watch(listener) {
      listeners.add(listener);
    },
    async after(name, what, limitMs, act) {
      let listener: ((event: ProgramEvent) => void) | undefined;
      let timer: NodeJS.Timeout | undefined;
      const seen = new Promise<void>((resolve, reject) => {
        const late = `did not ${what === 'exit' ? what : `say ${what}`} within ${patient(limitMs)} ms`;
        timer = setTimeout(() => reject(failure(name, late)), patient(limitMs));
        listener = (event) => {
          if (event.name !== name) return;
          if (what === 'exit' ? event.event === 'exit' : event.event === 'line' && what.test(event.line)) resolve();
          else if (event.event === 'exit') reject(failure(name, 'ended'));
        };
        listeners.add(listener);
      });
      try {
        const [result] = await Promise.all([act(), seen]);
        return result;
      } finally {
        clearTimeout(timer);
        if (listener !== undefined) listeners.delete(listener);
      }
    },
    async unexpectedEnd(name) {
      if (running.has(name)) {
        await new Promise<void>((resolve) => {
          listeners.add((event) => {
            if (event.name === name && event.event === 'exit') resolve();
          });
        });
      }
      throw failure(name, 'ended unexpectedly');
    },
  };
}

function lineOf(event: ProgramEvent): string {
  if (event.event === 'line') return event.line;
  return event.event === 'start'
    ? `[${event.name} started, pid ${event.pid}]`
    : `[${event.name} ended: ${event.signal ?? `exit ${event.code}`}]`;
}
