import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../lab/free-port.ts';
import { tempDir } from './temp-dir.ts';

/** A real redis-server for one test. It dies with the test process, whatever happens to that. */
export interface TestRedis {
  /** Its unix socket. */
  readonly path: string;
  /** Its loopback port; 0 without `tcp`. */
  readonly port: number;
  /** What a client connects to: `redis://127.0.0.1:<port>`, or the path of the socket. */
  readonly url: string;
  readonly pid: number;
  /** Ends it by its pid (also while it is stopped by SIGSTOP). May be called twice. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** Also on a free loopback port. */
  readonly tcp?: boolean;
  /** A fixed loopback port, to start again where another one was. */
  readonly port?: number;
  /** More arguments: `['--maxmemory', '2mb', '--requirepass', 'x']`. Nothing is persisted unless they say so. */
  readonly args?: readonly string[];
  /** More environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A free port may be taken by somebody else before Redis has it: then another one. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isTaken || options.port !== undefined || tries === MAX_TRIES) throw error;
    }
  }
}

const MAX_TRIES = 5;

async function startOnce(options: TestRedisOptions): Promise<TestRedis> {
  const dir = await tempDir();
  const path = join(dir, 'redis.sock');
  const port = options.port ?? (options.tcp ? await freePort() : 0);
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'redis-server', '--bind', '127.0.0.1', '--port', String(port)],
      ...['--unixsocket', path, '--dir', dir, '--save', '', ...(options.args ?? [])],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  };
  try {
    await untilReady(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { path, port, url: port === 0 ? path : `redis://127.0.0.1:${port}`, pid: child.pid as number, stop };
}

/** With a port and a socket Redis says twice that it is ready; the line about the socket comes last. */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        seen.push(line);
        if (/ready to accept connections (at|unix)/i.test(line)) resolve();
      });
    }
    child.once('error', reject);
    child.once('close', () => reject(new Error(`redis-server ended while it started:\n${seen.join('\n')}`)));
  });
}
