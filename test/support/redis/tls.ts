/** A real redis-server that speaks TLS, with a certificate of an authority of its own. */

import { type Authority, type CertificateOptions, createAuthority } from '../../../lab/certificates.ts';
import { freePort } from '../../../lab/free-port.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { tempDir } from '../temp-dir.ts';

export interface TlsRedis extends TestRedis {
  readonly tlsPort: number;
  /** Who signed its certificate. */
  readonly authority: Authority;
  /** The file of that one's own certificate. */
  readonly ca: string;
}

export interface TlsOptions extends CertificateOptions {
  readonly tcp?: boolean;
  /** A fixed port, to start again where another one was. */
  readonly tlsPort?: number;
  readonly authority?: Authority;
}

/** @param args more arguments: `['--tls-auth-clients', 'no']`. */
export async function startTlsRedis(args: readonly string[] = [], options: TlsOptions = {}): Promise<TlsRedis> {
  const { tcp = false, authority = await createAuthority(await tempDir()), ...certificate } = options;
  const { cert, key } = await authority.issue('server', certificate);
  const tlsPort = options.tlsPort ?? (await freePort());
  const files = ['--tls-key-file', key, '--tls-cert-file', cert, '--tls-ca-cert-file', authority.ca];
  const server = await startRedis({ tcp, args: ['--tls-port', String(tlsPort), ...files, ...args] });
  return { ...server, tlsPort, authority, ca: authority.ca };
}
