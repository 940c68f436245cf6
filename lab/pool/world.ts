/** What the parts of a lab share, handed to each of them. */

import type { Control } from '../machine/control.ts';
import type { ExecResult, Operations, Place, ProgramEvent } from '../machine/protocol.ts';
import type { Keeper } from '../machine/supervisor-client.ts';
import { patient } from '../patience.ts';
import type { Logs } from '../session/logs.ts';

export interface World {
  readonly keeper: Keeper;
  readonly control: Control;
  readonly logs: Logs;
  /** Asks one of the lab's own programs (guest/line-reader.ts) and gives its answer. */
  ask(name: string, message: object): Promise<unknown>;
}

export interface ExecOptions {
  /** Ended by SIGKILL after this long. */
  readonly timeoutMs?: number;
  readonly stdin?: string;
}

/** A program in the guest costs about a tenth of a second to start; much more than this hangs. */
const EXEC_WITHIN_MS = 30_000;

const ANSWER_WITHIN_MS = 15_000;

/** Runs a program at a place to its end. Its exit code is for the caller to judge. */
export function exec(
  world: World,
  place: Place,
  argv: readonly string[],
  { timeoutMs = EXEC_WITHIN_MS, stdin }: ExecOptions = {},
): Promise<ExecResult> {
  return world.control.call('exec', {
    place,
    argv,
    timeoutMs: patient(timeoutMs),
    ...(stdin !== undefined && { stdin }),
  });
}

/**
 * As exec, for what must work.
 * @throws Error with what it printed when its exit code is not 0
 */
export async function must(
  world: World,
  place: Place,
  argv: readonly string[],
  options?: ExecOptions,
): Promise<string> {
  const { code, signal, stdout, stderr } = await exec(world, place, argv, options);
  if (code === 0) return stdout;
  const said = (stderr || stdout).trim();
  throw new Error(`On ${place}, "${argv.join(' ')}" failed (${signal ?? `exit ${code}`}): ${said}`);
}

export function start(world: World, ask: Operations['start']['ask']): Promise<{ readonly pid: number }> {
  return world.control.call('start', ask);
}

export interface Conversation {
  ask(name: string, message: object): Promise<unknown>;
  /** Whether the line was an answer, which is then no log line. */
  hear(event: ProgramEvent): boolean;
}

/** Questions to programs through their standard input, answers from their standard output. */
export function createConversation(control: () => Control): Conversation {
  const waiting = new Map<number, (answer: unknown) => void>();
  let lastId = 0;
  return {
    async ask(name, message) {
      lastId += 1;
      const id = lastId;
      let timer: NodeJS.Timeout | undefined;
      const answer = new Promise((resolve, reject) => {
        waiting.set(id, resolve);
        const late = () => reject(new Error(`${name} did not answer within ${ANSWER_WITHIN_MS} ms.`));
        timer = setTimeout(late, patient(ANSWER_WITHIN_MS));
      });
      try {
        await control().call('write', { name, line: JSON.stringify({ ...message, ask: id }) });
        return await answer;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    hear(event) {
      if (event.event !== 'line' || event.stream !== 'stdout' || !event.line.startsWith('{"answer":')) return false;
      const message = JSON.parse(event.line) as { answer: number };
      waiting.get(message.answer)?.(message);
      return true;
    },
  };
}

/**
 * The niceness of what would not wait for other programs on a host of its own. In the guest five hosts share one processor: on a
 * slow machine keepalived was late by three advertisements while a node started, and both were MASTER.
 */
export const NICENESS = { keepalived: -15, redis: -10, node: -5 };

/** The program with its niceness; it is the same process. */
export function withNiceness(niceness: number, argv: readonly string[]): string[] {
  return ['nice', '-n', String(niceness), ...argv];
}
