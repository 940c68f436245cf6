/** A certificate that is renewed while Weir runs, on both sides, against a real Redis: the next connection has it. */

import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Authority, createAuthority, type KeyPair } from '../../../lab/certificates.ts';
import { freePort } from '../../../lab/free-port.ts';
import { connectBroker, dropSilent } from '../../../src/lib/redis/connections.ts';
import { readTlsFiles, tlsTrouble } from '../../../src/lib/redis/tls-files.ts';
import type { TlsConfig } from '../../../src/model/configuration/config.ts';
import { startTlsRedis, type TlsRedis } from '../../support/redis/tls.ts';
import { tempDir } from '../../support/temp-dir.ts';

let dir = '';
let authority: Authority;
let own: KeyPair;
let server: TlsRedis;
let redis: Redis;
let tls: TlsConfig;

/** A Redis asks who a client is, and `CLIENT LIST` says from which certificate; its serial number tells old from new. */
beforeEach(async () => {
  dir = await tempDir();
  authority = await createAuthority(dir);
  own = await authority.issue('own');
  tls = { ca: authority.ca, ...own };
  server = await startTlsRedis([], { authority, name: 'IP:127.0.0.1' });
  redis = connectBroker({ url: `redis://127.0.0.1:${server.tlsPort}`, tls }, 'patient');
});

afterEach(async () => {
  redis.disconnect();
  await server.stop();
});

async function again(): Promise<string> {
  if (redis.status === 'wait') await redis.connect();
  else dropSilent(redis);
  await expect.poll(() => redis.ping().catch(() => ''), { timeout: 30_000 }).toBe('PONG');
  const { stream } = redis as unknown as { stream: import('node:tls').TLSSocket };
  return String(stream.getX509Certificate()?.serialNumber);
}

const serialIn = async (file: string) => new X509Certificate(await readFile(file)).serialNumber;

it('is what the next connection shows, without a word', async () => {
  expect(await again()).toBe(await serialIn(own.cert));
  const before = await serialIn(own.cert);
  await authority.issue('own');

  expect(await again()).toBe(await serialIn(own.cert));
  expect(await serialIn(own.cert)).not.toBe(before);
  expect(tlsTrouble(tls, 'broker.tls')).toBeUndefined();
});

const BROKEN: readonly (readonly [string, (text: string) => string, 'cert' | 'key' | 'ca', RegExp])[] = [
  [
    'a certificate that is half written',
    (text) => text.slice(0, 300),
    'cert',
    /^broker\.tls\.cert is \S+ which holds no whole/,
  ],
  ['a key that is half written', (text) => text.slice(0, 100), 'key', /^broker\.tls\.key is \S+ which holds no whole/],
  ['CAs of which none is left', () => '', 'ca', /^broker\.tls\.ca is \S+ which holds no whole/],
];

it.each(BROKEN)('%s is told, and what was read before goes on, until it is mended', async (_, breakIt, which, says) => {
  const first = await again();
  const file = tls[which] as string;
  const text = await readFile(file, 'utf8');
  await writeFile(file, breakIt(text));

  expect(await again()).toBe(first);
  expect(tlsTrouble(tls, 'broker.tls')).toMatch(says);
  expect(tlsTrouble(tls, 'broker.tls')).toMatch(/What was read before stays in use/);

  await writeFile(file, text);
  expect(await again()).toBe(first);
  expect(tlsTrouble(tls, 'broker.tls')).toBeUndefined();
});

it('is told of where the certificate is new and its key is not there yet', async () => {
  const first = await again();
  const key = await readFile(own.key);
  await authority.issue('own');
  const newKey = await readFile(own.key);
  await writeFile(own.key, key);

  expect(await again()).toBe(first);
  expect(tlsTrouble(tls, 'broker.tls')).toMatch(/^broker\.tls\.key is \S+ which is not the key of/);
  await writeFile(own.key, newKey);
  expect(await again()).toBe(await serialIn(own.cert));
});

it('of the server, of another CA, is trusted as soon as that stands in the file, and not before', async () => {
  await again();
  const next = await createAuthority(await tempDir(), 'next');
  await server.stop();
  const args = ['--tls-auth-clients', 'no'];
  server = await startTlsRedis(args, { authority: next, tlsPort: server.tlsPort, name: 'IP:127.0.0.1' });
  dropSilent(redis);
  await expect.poll(() => redis.ping().catch(() => 'refused'), { timeout: 30_000 }).toBe('refused');

  await writeFile(authority.ca, `${await readFile(authority.ca, 'utf8')}${await readFile(next.ca, 'utf8')}`);
  await expect.poll(() => redis.ping().catch(() => ''), { timeout: 30_000 }).toBe('PONG');
});

it('nobody is trusted where the files were never in order', async () => {
  const broken = { ca: join(dir, 'none.pem') };
  expect(readTlsFiles(broken)?.which).toBe('ca');
  const lost = connectBroker({ url: `redis://127.0.0.1:${await freePort()}`, tls: broken }, 'patient');
  lost.disconnect();
  const other = connectBroker({ url: `redis://127.0.0.1:${server.tlsPort}`, tls: broken }, 'patient');
  await expect(other.connect()).rejects.toThrow();
  other.disconnect();
});
