/** The program's own log: JSON lines, a static message and fields. Secrets do not get into it. */

import { Writable } from 'node:stream';
import { pino } from 'pino';
import { messageOf } from '../model/error.ts';
import { harmlessJson, oneLine } from './text/plain-text.ts';
import { formatClock } from './times.ts';

export type Logger = pino.Logger;

export interface LoggerOptions {
  /** `node`, `worker`, `up`. */
  readonly role: string;
  /** For a person at a terminal: `03:12:09 warn  message key=value`. */
  readonly pretty?: boolean;
  readonly level?: pino.Level;
  /** Left out: stderr, which leaves stdout to what a command prints. */
  readonly destination?: NodeJS.WritableStream;
}

const SECRET_NAMES = [
  'token',
  'password',
  'auth',
  'authData',
  'auth_data',
  'secret',
  'signingSecret',
  'appToken',
  'smtp',
  'authorization',
  'cookie',
];

/** At the top and up to two levels down; deeper things have no business in a log line. */
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? process.stderr;
  return pino(
    {
      level: options.level ?? 'info',
      base: { role: options.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[secret]' },
      serializers: { err: plainError, error: plainError },
      // JSON escapes the control characters below 0x20 only, and a journal is read on a terminal.
      hooks: { streamWrite: harmlessJson },
    },
    options.pretty === true ? prettyStream(destination) : destination,
  );
}

/**
 * Message, name and code only. pino's own serializer copies every field of an error, and ioredis keeps the command that
 * failed there: for AUTH that is the password.
 */
function plainError(error: unknown): object {
  if (!(error instanceof Error)) return { message: messageOf(error) };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.cause !== undefined && { cause: messageOf(error.cause) }),
  };
}

function prettyStream(destination: NodeJS.WritableStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      for (const one of String(line).split('\n')) if (one !== '') destination.write(`${prettyLine(one)}\n`);
      done();
    },
  });
}

function prettyLine(line: string): string {
  const { level, time, role, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const clock = formatClock(Date.parse(String(time)));
  return oneLine(`${clock} ${String(level).padEnd(5)} ${String(role)}: ${String(msg)}${rest.join('')}`);
}
