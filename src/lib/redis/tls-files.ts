/** The files of `tls` in weir.yaml: read at the start, and again for each connection, so that a renewed certificate needs no restart. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';
import type { TlsConfig } from '../../model/configuration/config.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { withPlainFile } from '../files/plain-file.ts';

/** All the CAs of a Debian are 220 KiB. */
const MAX_BYTES = 4 * 1024 * 1024;

const [ANY_RIGHT_OF_OTHERS, WRITTEN_BY_OTHERS] = [0o007, 0o002];

type Which = 'ca' | 'cert' | 'key';
const ALL: readonly Which[] = ['ca', 'cert', 'key'];

/** What is wrong with one of the files, as the second half of a sentence: "broker.tls.key is ...". */
export class TlsFileFault extends WeirError {
  readonly which: Which;

  constructor(which: Which, is: string) {
    super('config', is);
    this.which = which;
  }
}

type Texts = Partial<Record<Which, string>>;

/** What was last read well of the same files, for every connection of this process. */
interface Held {
  texts?: Texts;
  context?: SecureContext;
  /** Of the last time that they were read. */
  fault?: TlsFileFault | undefined;
}

const held = new Map<string, Held>();

function heldOf({ ca, cert, key }: TlsConfig): Held {
  const files = JSON.stringify([ca, cert, key]);
  const known = held.get(files) ?? {};
  held.set(files, known);
  return known;
}

/**
 * Reads the files. What was read well before stays in use where they are wrong now, half written above all.
 * @returns what is wrong with them; undefined: nothing.
 */
export function readTlsFiles(tls: TlsConfig): TlsFileFault | undefined {
  const known = heldOf(tls);
  try {
    const texts = textsOf(tls);
    if (!sameTexts(texts, known.texts)) {
      known.context = contextOf(texts, tls);
      known.texts = texts;
    }
    known.fault = undefined;
  } catch (error) {
    known.fault = error instanceof TlsFileFault ? error : new TlsFileFault('ca', `not usable: ${messageOf(error)}`);
  }
  return known.fault;
}

/** What was wrong when a connection last needed the files, with the name that they have in weir.yaml; undefined: nothing. */
export function tlsTrouble(tls: TlsConfig | undefined, name: string): string | undefined {
  const fault = tls === undefined ? undefined : heldOf(tls).fault;
  if (fault === undefined) return undefined;
  return `${name}.${fault.which} is ${fault.message}. What was read before stays in use until that is mended, and no longer than this process runs.`;
}

/**
 * How tls.connect makes a connection. The files are read when the connection is made, which is when ioredis copies these
 * options: that is why the context is a getter.
 * @param host that is connected to, where it is known.
 */
export function tlsOptions(tls: TlsConfig, host?: string): ConnectionOptions {
  // A server behind a proxy is found by this name. It is none where it is an address.
  const name = tls.serverName ?? (host !== undefined && isIP(host) === 0 ? host : undefined);
  const servername = name === undefined ? {} : { servername: name };
  if (ALL.every((which) => tls[which] === undefined)) return servername;
  return {
    ...servername,
    get secureContext() {
      readTlsFiles(tls);
      // Without any file that could be read nobody is trusted.
      return heldOf(tls).context ?? createSecureContext({ ca: [] });
    },
  };
}

function textsOf(tls: TlsConfig): Texts {
  const known = ALL.filter((which) => tls[which] !== undefined);
  return Object.fromEntries(known.map((which) => [which, textOf(which, tls[which] as string)]));
}

function sameTexts(one: Texts, other: Texts | undefined): boolean {
  return other !== undefined && ALL.every((which) => one[which] === other[which]);
}

function textOf(which: Which, file: string): string {
  const limits = { owners: [0, process.geteuid?.() ?? 0], maxBytes: MAX_BYTES };
  try {
    // Certificates are links nearly everywhere: what renews them changes the link.
    return withPlainFile(realpathSync(file), limits, (descriptor, { mode }) => {
      checkMode(which, file, mode);
      return readFileSync(descriptor, 'utf8');
    });
  } catch (error) {
    if (error instanceof TlsFileFault) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new TlsFileFault(which, `${file}, and there is no such file`);
    if (code === 'EACCES') throw new TlsFileFault(which, `${file}, which this user may not read`);
    throw new TlsFileFault(which, `${file}, which cannot be used: ${messageOf(error)}`);
  }
}

function checkMode(which: Which, file: string, mode: number): void {
  if (which === 'key' && (mode & ANY_RIGHT_OF_OTHERS) !== 0) {
    throw new TlsFileFault(which, `${file}, which is open to every user of this machine: chmod o= ${file}`);
  }
  if ((mode & WRITTEN_BY_OTHERS) !== 0) {
    throw new TlsFileFault(which, `${file}, which every user of this machine may write: chmod o-w ${file}`);
  }
}

/** Node takes a file of CAs in which there is none without a word, and trusts all that it knows where the file is empty. */
function contextOf(texts: Texts, tls: TlsConfig): SecureContext {
  for (const which of ['ca', 'cert'] as const) {
    if (texts[which] !== undefined) certificatesIn(which, texts[which], tls[which] as string);
  }
  if (texts.cert !== undefined && texts.key !== undefined) checkPair(texts.cert, texts.key, tls);
  return createSecureContext(texts);
}

function certificatesIn(which: Which, text: string, file: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const begun = text.match(/-----BEGIN /g)?.length ?? 0;
  const whole = blocks.length > 0 && begun === blocks.length;
  if (!whole)
    throw new TlsFileFault(which, `${file}, which holds no whole certificate, or more than certificates (PEM)`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw new TlsFileFault(which, `${file}, which holds a damaged certificate`);
  }
}

function checkPair(cert: string, key: string, tls: TlsConfig): void {
  const [own] = certificatesIn('cert', cert, tls.cert as string);
  let belongs: boolean | undefined;
  try {
    belongs = own?.checkPrivateKey(createPrivateKey(key));
  } catch {
    const is = /ENCRYPTED/.test(key)
      ? 'has a passphrase, which nobody could type at night'
      : 'holds no whole private key (PEM)';
    throw new TlsFileFault('key', `${tls.key}, which ${is}`);
  }
  if (belongs !== true) throw new TlsFileFault('key', `${tls.key}, which is not the key of ${tls.cert}`);
}
