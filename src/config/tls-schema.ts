/** `tls` of weir.yaml: how a Redis is spoken to by TLS, the broker as the members of a pool. */

import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { defined } from '../lib/defined.ts';
import { keys } from '../lib/yaml/issue.ts';
import type { TlsConfig } from '../model/configuration/config.ts';
import type { Complaint } from './checks/complaint.ts';
import { text } from './values.ts';

const NAME = 'expected a host name, as the certificate has it';

/** TLS names hosts, and never addresses (RFC 6066, 3). */
function serverName() {
  return z
    .string({ error: NAME })
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, { error: NAME })
    .refine((value) => isIP(value) === 0, { error: NAME });
}

/** @param whose in the text: `the broker`. */
export function tlsSchema(whose: string) {
  return keys({
    ca: text().optional().describe('file of the CAs that are trusted, PEM; left out: those that Node knows'),
    cert: text().optional().describe(`file of Weir's own certificate, PEM, where ${whose} asks for one; with \`key\``),
    key: text().optional().describe('file of its private key, PEM; not for others to read'),
    server_name: serverName()
      .optional()
      .describe('name in the certificate that is shown; left out: the host that is connected to'),
  });
}

type WrittenTls = z.output<ReturnType<typeof tlsSchema>>;

/** What is wrong without a look at the files. Pure. */
export function checkTls({ cert, key }: WrittenTls, path: readonly string[]): Complaint[] {
  const name = path.slice(-2).join('.');
  if (cert !== undefined && key === undefined) {
    return [
      {
        path: [...path, 'cert'],
        message: `${name}.cert goes with ${name}.key: a certificate without its key proves nothing`,
      },
    ];
  }
  if (key !== undefined && cert === undefined) {
    return [
      { path: [...path, 'key'], message: `${name}.key goes with ${name}.cert, the certificate that it belongs to` },
    ];
  }
  return [];
}

/** @param home the folder that weir.yaml is in. */
export function toTls({ ca, cert, key, server_name }: WrittenTls, home: string): TlsConfig {
  const at = (file: string | undefined) => (file === undefined ? undefined : resolve(home, file));
  return defined({ ca: at(ca), cert: at(cert), key: at(key), serverName: server_name });
}
