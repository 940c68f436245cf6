/** A real redis-server that speaks TLS, with a certificate of its own making. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../lab/free-port.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { tempDir } from './temp-dir.ts';

export interface TlsRedis extends TestRedis {
  readonly tlsPort: number;
}

/** @param args more arguments: `['--tls-auth-clients', 'no']`. */
export async function startTlsRedis(args: readonly string[] = [], options = { tcp: false }): Promise<TlsRedis> {
  const dir = await tempDir();
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=redis.test', '-keyout', key, '-out', certificate],
  ]);
  const tlsPort = await freePort();
  const server = await startRedis({
    ...options,
    args: [
      ...['--tls-port', String(tlsPort), '--tls-key-file', key],
      ...['--tls-cert-file', certificate, '--tls-ca-cert-file', certificate, ...args],
    ],
  });
  return { ...server, tlsPort };
}
