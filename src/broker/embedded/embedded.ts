/**
 * The embedded broker: a private redis-server that belongs to this process, on a unix socket below state_dir.
 *
 * Two properties come from the kernel, not from pid files:
 * - `flock` hands its lock to redis-server, which holds it as long as it lives. Two servers on one append-only folder
 *   would ruin it, and Redis itself does not notice; a second one is refused here. A stale file locks nothing.
 * - `setpriv --pdeathsig TERM` (prctl(2), PR_SET_PDEATHSIG) ends redis-server in good order when Weir dies by SIGKILL.
 *   The signal follows the *thread* that started it, so start it from the main thread.
 */

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureOwnFolder } from '../../lib/files/own-folder.ts';
import type { Secret } from '../../model/configuration/secret.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { brokerSettings, quote, SOCKET } from './embedded-settings.ts';
import { giveFolder, type User, userForBroker } from './own-user.ts';

/** How long a redis-server whose Weir was just killed may take to end and let go of the folder. */
const LOCK_WAIT_SECONDS = 3;
const LOCK_TAKEN = 75;
/** No sign of life for so long while starting: give up. Loading is a sign of life, however long it takes. */
const SILENCE_MS = 15_000;
/** From SIGTERM to SIGKILL. */
const GRACE_MS = 10_000;
const LINES_KEPT = 30;
/** What Redis 7 says before it gives up on its files (aof.c, rdb.c). A truncated last command is mended by itself. */
const DAMAGE =
  /Bad file format|Unrecoverable error|Unexpected end of file|RDB preamble|AOF manifest|reading failure|RDB format version|Wrong signature|AOF file .* doesn't exist|Fatal error loading/;

export interface EmbeddedBrokerOptions {
  readonly stateDir: string;
  /** `host:port`: also on TCP, for the other nodes. It needs a password. */
  readonly listen?: string;
  /** With a password the unix socket asks for it too. */
  readonly password?: Secret;
  readonly log: { warning(fields: object, message: string): void };
}

export interface EmbeddedBroker {
  /** The unix socket. */
  readonly path: string;
  readonly pid: number;
  /** Settles when redis-server has ended: undefined after `stop()`, otherwise a sentence that says how it ended. */
  readonly ended: Promise<string | undefined>;
  /** SIGTERM, so that Redis writes what it has, then waits for its end. May be called twice. */
  stop(): Promise<void>;
}

/** Where the embedded broker of this state_dir listens, running or not: how other commands on the host find it. */
export function embeddedBrokerPath(stateDir: string): string {
  return join(stateDir, 'broker', SOCKET);
}

/**
 * Starts the private redis-server and waits until it answers. Throws a WeirError: `config` for a path or an address
 * that cannot be, `system` when redis-server is missing, is in use by another Weir, or ends while it starts.
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const path = embeddedBrokerPath(options.stateDir);
  const dir = join(options.stateDir, 'broker');
  const settings = brokerSettings(path, options.listen, options.password);
  await ensureOwnFolder(options.stateDir);
  const user = userForBroker();
  const child = startServer(dir, user);
  const lines = keepLines(child);
  // On standard input and not in argv, which everybody can read in ps.
  child.stdin.on('error', () => {}); // It ended before it read; its exit tells why.
  child.stdin.end(settings);

  let stopping = false;
  const exited = exitOf(child);
  const ended = exited.then((how) => (stopping ? undefined : `The embedded broker ended ${how}: ${lastWords(lines)}.`));
  const stop = async () => {
    stopping = true;
    await endChild(child, exited);
  };

  try {
    await untilItAnswers(path, options.password, child.pid as number, exited);
  } catch (error) {
    await stop();
    throw explainStart(child.exitCode, lines, dir, messageOf(error));
  }
  lines.onWarning = (line) => options.log.warning({ line }, 'embedded broker warns');
  return { path, pid: child.pid as number, ended, stop };
}

function findProgram(name: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => entry.startsWith('/'))) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {} // Not here: the next folder.
  }
  throw new WeirError(
    'system',
    `There is no ${name} in PATH, so the embedded broker cannot start: install ${name === 'redis-server' ? name : 'util-linux'}, ` +
      'or name a broker of your own with broker.url.',
  );
}

/** redis-server in its folder, as its user; it reads its settings from standard input. @throws WeirError 'system' */
function startServer(dir: string, user: User | undefined): ChildProcessByStdio<Writable, Readable, Readable> {
  const [flock, setpriv, redis] = [findProgram('flock'), findProgram('setpriv'), findProgram('redis-server')];
  prepareFolder(dir, user);
  return spawn(
    flock,
    // --no-fork: flock and setpriv turn into redis-server, so the child's pid is Redis' own.
    [
      ...['--timeout', String(LOCK_WAIT_SECONDS), '--no-fork', '--conflict-exit-code', String(LOCK_TAKEN)],
      // Beside the folder: root opens it, and in the folder the server's user may have put a link.
      ...[`${dir}.lock`, setpriv, ...asUser(user), '--no-new-privs', '--pdeathsig', 'TERM', redis, '-'],
    ],
    // A session of its own: Ctrl-C reaches Weir alone, which ends Redis last. No environment: it may hold secrets.
    { cwd: dir, detached: true, stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LC_ALL: 'C' } },
  );
}

/** setpriv's arguments. */
function asUser(user: User | undefined): string[] {
  return user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
}

function prepareFolder(dir: string, user: User | undefined): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700); // It may be older than this rule.
    if (user !== undefined) giveFolder(dir, user);
  } catch (error) {
    throw new WeirError(
      'system',
      `The embedded broker's folder ${dir} cannot be made (${messageOf(error)}): set state_dir to a folder that this ` +
        'user can write.',
      { cause: error },
    );
  }
}

interface KeptLines {
  readonly recent: string[];
  onWarning?: (line: string) => void;
}

/** The last lines that Redis wrote, without the password: it echoes a configuration line that it does not like. */
function keepLines(child: ChildProcess): KeptLines {
  const kept: KeptLines = { recent: [] };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (raw) => {
      if (raw.includes('user default')) return;
      // "7598:M 23 Nov 2026 08:42:19.535 # text": pid, role, date, level (# is a warning).
      const match = /^\d+:\w \d+ \w+ \d+ [\d:.]+ ([.\-*#]) (.*)$/.exec(raw);
      const line = match?.[2] ?? raw;
      kept.recent.push(line);
      if (kept.recent.length > LINES_KEPT) kept.recent.shift();
      if (match?.[1] === '#') kept.onWarning?.(line);
    });
  }
  return kept;
}

function lastWords(lines: KeptLines): string {
  const last = lines.recent.at(-1);
  return last === undefined ? 'it wrote nothing' : `its last line was "${last}"`;
}

/** Settles with how the child ended, in words: "with code 1", "by SIGKILL". */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`before it started (${error.message})`));
    // `close` and not `exit`: its last lines have been read by then.
    child.once('close', (code, signal) => resolve(signal === null ? `with code ${code}` : `by ${signal}`));
  });
}

async function endChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await exited;
  clearTimeout(killer);
}

/** Waits for this child's own answer: while it waits for the lock, the holder answers on the same path. */
async function untilItAnswers(
  path: string,
  password: Secret | undefined,
  pid: number,
  exited: Promise<string>,
): Promise<void> {
  let over: string | undefined;
  const watch = exited.then((how) => {
    over = how;
  });
  let lastSignMs = performance.now();
  while (over === undefined) {
    const reply = await ask(path, password);
    if (reply.includes(`process_id:${pid}\r\n`)) {
      if (reply.endsWith('+PONG\r\n')) return;
      lastSignMs = performance.now(); // It is loading.
    }
    if (performance.now() - lastSignMs > SILENCE_MS) throw new Error(`it gave no answer for ${SILENCE_MS / 1_000} s`);
    await Promise.race([sleep(25), watch]);
  }
  throw new Error(`it ended ${over}`);
}

/** One look, without a client: inline commands, which Redis also answers while it loads. Empty when nobody answers. */
function ask(path: string, password: Secret | undefined): Promise<string> {
  return new Promise((resolve) => {
    let reply = '';
    const socket = connect(path);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('error', () => {}); // `close` follows and tells.
    socket.on('close', () => resolve(reply));
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1');
      if (/(\+PONG|-[A-Z]+ [^\r]*)\r\n$/.test(reply)) socket.destroy();
    });
    socket.write(`${password === undefined ? '' : `AUTH ${quote(password.reveal())}\r\n`}INFO server\r\nPING\r\n`);
  });
}

function explainStart(exitCode: number | null, lines: KeptLines, dir: string, seen: string): WeirError {
  if (exitCode === LOCK_TAKEN) {
    return new WeirError(
      'system',
      `Another Weir uses ${dir} (its redis-server holds the lock): stop that one, or give this one a state_dir of its own.`,
    );
  }
  const damage = lines.recent.find((line) => DAMAGE.test(line));
  if (exitCode === 1 && damage !== undefined) {
    return new WeirError(
      'system',
      `The embedded broker cannot read what it kept in ${dir} ("${damage}"): copy that folder away, then run ` +
        `redis-check-aof --fix ${dir}/appendonlydir/appendonly.aof.manifest, or delete ${dir}/appendonlydir to start ` +
        'empty (leases are kept by the nodes).',
    );
  }
  return new WeirError('system', `The embedded broker did not start: ${seen}, ${lastWords(lines)}.`);
}
