import { execFile } from 'node:child_process';
import { WeirError } from '../model/error.ts';

/** A program that did not do what it was asked. The message is for people, the fields are for whoever must tell cases apart. */
export class CommandError extends WeirError {
  /** Program and arguments, as they would be typed. */
  readonly command: string;
  /** Absent when the program did not run to its end. */
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(
    message: string,
    fields: { command: string; exitCode: number | undefined; stderr: string; cause?: unknown },
  ) {
    super('system', message, { cause: fields.cause });
    this.name = 'CommandError';
    this.command = fields.command;
    this.exitCode = fields.exitCode;
    this.stderr = fields.stderr;
  }
}

/** Runs a program to its end and returns what it printed. Throws a CommandError. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

/** Debian keeps administration programs where an ordinary user's PATH does not look. */
const ADMIN_PATHS = '/usr/sbin:/sbin:/usr/bin:/bin';

const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** A program that hangs (a kernel lock, a dead disk) is ended after this long, in ms. */
const TIMEOUT_MS = 5_000;

/**
 * The one place of the hand where a program is started: no shell, arguments as they are (T38), an environment of its own
 * so that output is in English and no secret is handed on.
 */
export function createRun(options: { readonly timeoutMs?: number } = {}): Run {
  const timeout = options.timeoutMs ?? TIMEOUT_MS;
  const env = { PATH: `${process.env.PATH ?? ''}:${ADMIN_PATHS}`, LC_ALL: 'C' };
  return (program, args) =>
    new Promise((resolve, reject) => {
      execFile(
        program,
        [...args],
        { timeout, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL', env },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(toCommandError(program, args, error, stderr, timeout));
        },
      );
    });
}

function toCommandError(
  program: string,
  args: readonly string[],
  error: Error & { code?: string | number | null; killed?: boolean },
  stderr: string,
  timeoutMs: number,
): CommandError {
  const command = [program, ...args].join(' ');
  const exitCode = typeof error.code === 'number' ? error.code : undefined;
  const said = stderr.trim().split('\n').at(0) ?? '';
  return new CommandError(sentence(), { command, exitCode, stderr: stderr.trim(), cause: error });

  function sentence(): string {
    if (error.code === 'ENOENT') return `${program} is not installed: install the Debian package ${program}.`;
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      return `${program} may not be started by uid ${process.getuid?.()}: run weir node as root.`;
    }
    if (error.killed === true) return `"${command}" gave no answer within ${timeoutMs} ms and was ended.`;
    const how = exitCode === undefined ? error.message : `ended with exit code ${exitCode}`;
    return `"${command}" ${how}${said === '' ? '' : `: ${said}`}.`;
  }
}
