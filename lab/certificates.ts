/** A certificate authority made by openssl, and certificates of it, for what speaks TLS in tests and in the lab. */

import { execFile } from 'node:child_process';
import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface KeyPair {
  /** Files. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** How long it is good for, in days; -1: it was yesterday. */
  readonly days?: number;
  /** What it is for: `IP:127.0.0.1`. Left out: `DNS:redis.test`. */
  readonly name?: string;
}

export interface Authority {
  /** The file of its own certificate. */
  readonly ca: string;
  /** Makes `<file>.cert.pem` and `<file>.key.pem`, in the place of those before: each file is whole at any moment. */
  issue(file: string, options?: CertificateOptions): Promise<KeyPair>;
}

const run = (...args: string[]) => promisify(execFile)('openssl', args);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** @param name of its files, and of who it is. */
export async function createAuthority(dir: string, name = 'ca'): Promise<Authority> {
  const [ca, caKey] = [join(dir, `${name}.pem`), join(dir, `${name}.key.pem`)];
  const own = ['-subj', `/CN=${name}.test`, '-addext', 'keyUsage=keyCertSign'];
  await run('req', '-x509', '-new', ...NEW_KEY, ...own, '-days', '30', '-keyout', caKey, '-out', ca);
  return {
    ca,
    async issue(file, { days = 1, name: alternative = 'DNS:redis.test' } = {}) {
      const [cert, key, asked] = [
        join(dir, `${file}.cert.pem`),
        join(dir, `${file}.key.pem`),
        join(dir, `${file}.csr`),
      ];
      const wanted = ['-subj', `/CN=${file}.test`, '-addext', `subjectAltName=${alternative}`];
      await run('req', '-new', ...NEW_KEY, ...wanted, '-keyout', `${key}.new`, '-out', asked);
      const signed = ['-CA', ca, '-CAkey', caKey, '-days', String(days), '-copy_extensions', 'copy'];
      await run('x509', '-req', '-in', asked, ...signed, '-out', `${cert}.new`);
      await chmod(`${key}.new`, 0o600);
      for (const made of [key, cert]) await rename(`${made}.new`, made);
      return { cert, key };
    },
  };
}
