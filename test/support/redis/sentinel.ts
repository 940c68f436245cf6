/** A real Sentinel for one test. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../../lab/free-port.ts';
import { tempDir } from '../temp-dir.ts';

export interface TestSentinel {
  /** On loopback. */
  readonly port: number;
  readonly pid: number;
  /** Ends it by its pid. May be called twice. */
  stop(): Promise<void>;
}

export interface SentinelOptions {
  /** A fixed port of loopback. */
  readonly port?: number;
  /** Of its configuration: `sentinel monitor weir 127.0.0.1 6379 1`. */
  readonly lines: readonly string[];
  /** It speaks TLS, and nothing else, with these files. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
}

/** It dies with the test process, whatever happens to that. */
export async function startSentinel({ lines, tls, ...fixed }: SentinelOptions): Promise<TestSentinel> {
  const [dir, port] = [await tempDir(), fixed.port ?? (await freePort())];
  const speaks =
    tls === undefined
      ? [`port ${port}`]
      : [
          ...['port 0', `tls-port ${port}`, 'tls-auth-clients no', 'tls-replication yes'],
          ...[`tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, `tls-ca-cert-file ${tls.ca}`],
        ];
  const conf = join(dir, 'sentinel.conf');
  await writeFile(conf, [...speaks, 'bind 127.0.0.1', `dir ${dir}`, ...lines, ''].join('\n'));
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', conf, '--sentinel'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await new Promise<void>((resolve, reject) => {
    const seen: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      seen.push(line);
      if (/Sentinel ID is/.test(line)) resolve();
    });
    child.once('close', () => reject(new Error(`the Sentinel ended while it started:\n${seen.join('\n')}`)));
  });
  return { port, pid: child.pid as number, stop };
}
