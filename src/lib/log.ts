/** The program's own log: a static message and fields, in one form for all that a process says. No secret gets into it. */

import { fstatSync } from 'node:fs';
import { Writable } from 'node:stream';
import { type Logger as PinoLogger, pino } from 'pino';
import type { LogConfig, LogLevel } from '../model/configuration/config.ts';
import { withoutSecrets } from '../model/configuration/known-secrets.ts';
import { messageOf } from '../model/error.ts';
import { harmlessJson, oneLine } from './text/plain-text.ts';
import { formatClock } from './times.ts';

/** As syslog(3) has them, but for `fatal`, after which the process ends. */
const LEVELS = { debug: 20, info: 30, notice: 35, warning: 40, error: 50, fatal: 60 } as const;

type Level = LogLevel | 'fatal';

export type Logger = PinoLogger<Level, true>;

/** What journald reads at the beginning of a line (sd-daemon(3)). */
const PRIORITY: Readonly<Record<Level, number>> = { debug: 7, info: 6, notice: 5, warning: 4, error: 3, fatal: 2 };

/** `text`: for a person. `journal`: the same for journald, which has the time itself, and the level by its number. */
export type LogForm = 'json' | 'text' | 'journal';

export interface LoggerOptions {
  /** `node`, `worker`, `up`. */
  readonly role: string;
  /** Left out: JSON. */
  readonly form?: LogForm;
  /** Left out: info. */
  readonly level?: LogLevel;
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
  const { role, form = 'json', level = 'info', destination = process.stderr } = options;
  return pino<Level, true>(
    {
      level,
      customLevels: LEVELS,
      useOnlyCustomLevels: true,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[secret]' },
      serializers: { err: plainError, error: plainError },
      // JSON escapes the control characters below 0x20 only, and a journal is read on a terminal.
      hooks: { streamWrite: harmlessJson },
    },
    linesTo(destination, form),
  );
}

/** A role's log, as weir.yaml wants it: in the form of what stderr leads to, unless `form` says another one. */
export function openLog(role: string, config: LogConfig): { readonly log: Logger; readonly form: LogForm } {
  const form = formOf(config.form);
  return { log: createLogger({ role, form, level: config.level }), form };
}

function formOf(wanted: LogConfig['form']): LogForm {
  if (wanted !== 'auto') return wanted;
  if (process.stderr.isTTY === true) return 'text';
  return leadsToJournal(process.env.JOURNAL_STREAM) ? 'journal' : 'json';
}

/** $JOURNAL_STREAM is inherited also by who writes elsewhere: it names the device and the inode of the journal's stream. */
function leadsToJournal(journal: string | undefined): boolean {
  if (journal === undefined) return false;
  try {
    const { dev, ino } = fstatSync(process.stderr.fd);
    return journal === `${dev}:${ino}`;
  } catch {
    return false;
  }
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

function linesTo(destination: NodeJS.WritableStream, form: LogForm): Writable {
  return new Writable({
    decodeStrings: false,
    write(lines: string | Buffer, _encoding, done) {
      for (const line of withoutSecrets(String(lines)).split('\n')) {
        if (line !== '') destination.write(`${form === 'json' ? line : readable(line, form)}\n`);
      }
      done();
    },
  });
}

function readable(line: string, form: 'text' | 'journal'): string {
  const { level, time, role, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
  const said = oneLine(`${String(role)}: ${String(msg)}${rest.join('')}`);
  if (form === 'journal') return `<${PRIORITY[level as Level]}>${said}`;
  return `${formatClock(Date.parse(String(time)))} ${String(level).padEnd(7)} ${said}`;
}

/** An error as its sentence; its other fields are for programs. */
function fieldText(value: unknown): string {
  if (typeof value === 'string') return value;
  const { message, name } = (value ?? {}) as { message?: unknown; name?: unknown };
  return typeof message === 'string' && (name === undefined || typeof name === 'string')
    ? message
    : JSON.stringify(value);
}
