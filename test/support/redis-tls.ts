/** A real redis-server that speaks TLS, with a certificate of its own making. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../lab/free-port.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { tempDir } from './temp-dir.ts';

export interface TlsRedis extends TestRedis {
  readonly tlsPort: number;
  /** Its certificate, which is its own CA. */
  readonly certificate: string;
}

export interface TlsOptions {
  readonly tcp?: boolean;
  /** How long the certificate is good for, in days; -1: it was yesterday. */
  readonly days?: number;
  /** What it is for: `IP:127.0.0.1`. Left out: `DNS:redis.test`. */
  readonly name?: string;
}

/** @param args more arguments: `['--tls-auth-clients', 'no']`. */
export async function startTlsRedis(args: readonly string[] = [], options: TlsOptions = {}): Promise<TlsRedis> {
  const { tcp = false, days = 1, name = 'DNS:redis.test' } = options;
  const dir = await tempDir();
  const [key, asked, certificate] = [join(dir, 'key.pem'), join(dir, 'asked.pem'), join(dir, 'certificate.pem')];
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args);
  await openssl(
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=redis.test', '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', asked],
  );
  const signed = ['-signkey', key, '-days', String(days), '-copy_extensions', 'copy', '-out', certificate];
  await openssl('x509', '-req', '-in', asked, ...signed);
  const tlsPort = await freePort();
  const server = await startRedis({
    tcp,
    args: [
      ...['--tls-port', String(tlsPort), '--tls-key-file', key],
      ...['--tls-cert-file', certificate, '--tls-ca-cert-file', certificate, ...args],
    ],
  });
  return { ...server, tlsPort, certificate };
}
