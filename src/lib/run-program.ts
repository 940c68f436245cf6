import { type ExecFileException, execFile } from 'node:child_process';
import { WeirError } from '../model/error.ts';

/** A program that did not do what it was asked. The message is for people, the fields are for whoever must tell cases apart. */
export class CommandError extends WeirError {
  /** Program and arguments, as they would be typed. */
  readonly command: string;
  /** Absent when the program did not run to its end. */
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** There is no such program. */
  readonly isNotInstalled: boolean;

  constructor(
    message: string,
    fields: { command: string; exitCode: number | undefined; stderr: string; cause?: unknown },
  ) {
    super('system', message, { cause: fields.cause });
    this.name = 'CommandError';
    this.command = fields.command;
    this.exitCode = fields.exitCode;
    this.stderr = fields.stderr;
    this.isNotInstalled = (fields.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  }
}

/** Runs a program to its end and returns what it printed. Throws a CommandError. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

/** How a program ended that ran to its end. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and returns how it ended. Throws a CommandError where it did not run to its end. */
export type RunToEnd = (program: string, args: readonly string[]) => Promise<Ended>;

export interface RunOptions {
  /** A program that hangs (a kernel lock, a dead disk) is killed after so long, in ms; left out: 5 s. */
  readonly timeoutMs?: number;
  /** Folders in which programs are looked for; left out: those of this process and of administration programs. */
  readonly path?: string;
  /** Further variables of the program's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 5_000;

/** Debian keeps administration programs where an ordinary user's PATH does not look. */
const ADMIN_PATHS = '/usr/sbin:/sbin:/usr/bin:/bin';

const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** A program that fails says so with its exit code: here that is an error. */
export function createRun(options: RunOptions = {}): Run {
  return async (program, args) => {
    const ended = await start(program, args, options);
    if (ended.error !== undefined) throw toCommandError(program, args, ended, options);
    return ended.stdout;
  };
}

/** For a program whose exit code is an answer. */
export function createRunToEnd(options: RunOptions = {}): RunToEnd {
  return async (program, args) => {
    const { error, stdout, stderr } = await start(program, args, options);
    const exitCode = error === undefined ? 0 : error.code;
    if (typeof exitCode === 'number') return { exitCode, stdout, stderr };
    throw toCommandError(program, args, { error, stderr }, options);
  };
}

interface Result {
  /** An error of execFile, whose code is the exit code when it is a number. */
  readonly error: ExecFileException | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The one place where a program is started that ends by itself: no shell, arguments as they are (docs/hazards.md#t38), an environment of
 * its own so that output is in English and no secret is handed on.
 */
function start(program: string, args: readonly string[], options: RunOptions): Promise<Result> {
  const { timeoutMs: timeout = TIMEOUT_MS, path = `${process.env.PATH ?? ''}:${ADMIN_PATHS}` } = options;
  const env = { ...options.env, PATH: path, LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { timeout, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL', env },
      (error, stdout, stderr) => resolve({ error: error ?? undefined, stdout, stderr }),
    );
  });
}

function toCommandError(
  program: string,
  args: readonly string[],
  { error, stderr }: Pick<Result, 'error' | 'stderr'>,
  { timeoutMs = TIMEOUT_MS }: RunOptions,
): CommandError {
  const command = [program, ...args].join(' ');
  const exitCode = typeof error?.code === 'number' ? error.code : undefined;
  const [firstLine = ''] = stderr.trim().split('\n');
  return new CommandError(sentence(), { command, exitCode, stderr: stderr.trim(), cause: error });

  function sentence(): string {
    if (error?.code === 'ENOENT') return `${program} is not installed: install the Debian package ${program}.`;
    if (error?.code === 'EACCES' || error?.code === 'EPERM') {
      return `${program} may not be started by uid ${process.getuid?.()}: run weir node as root.`;
    }
    if (error?.killed === true) return `"${command}" gave no answer within ${timeoutMs} ms and was ended.`;
    const how = exitCode === undefined ? error?.message : `ended with exit code ${exitCode}`;
    return `"${command}" ${how}${firstLine === '' ? '' : `: ${firstLine}`}.`;
  }
}
