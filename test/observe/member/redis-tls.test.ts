/** A real Redis that speaks TLS, with a Weir that does and one that does not, and each way in which it does not come about. */

import { afterEach, expect, it } from 'vitest';
import { createAuthority } from '../../../lab/certificates.ts';
import type { TlsConfig } from '../../../src/model/configuration/config.ts';
import { startTlsRedis, type TlsOptions, type TlsRedis } from '../../support/redis/tls.ts';
import { startRedis } from '../../support/redis.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { readerAt } from './member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const FOR_HERE: TlsOptions = { name: 'IP:127.0.0.1' };
const ASKS_NOT = ['--tls-auth-clients', 'no'];

function reads(port: number, options: Parameters<typeof readerAt>[1]) {
  const reader = readerAt(port, options);
  ends.push(reader.close);
  return reader;
}

async function tlsRedis(args: readonly string[], options: TlsOptions): Promise<TlsRedis> {
  const server = await startTlsRedis(args, options);
  ends.push(server.stop);
  return server;
}

const WELL = { signals: { answering: true, writable: true, locked_out: '' }, troubles: [] };

it.each<[string, readonly string[], string | undefined]>([
  ['and wants a certificate of its clients', [], undefined],
  ['and wants none', ASKS_NOT, undefined],
  ['in its version before the last', ['--tls-protocols', 'TLSv1.2'], undefined],
  ['and has a password', ['--requirepass', 's3cret'], 's3cret'],
])('a member that speaks TLS only %s keeps out a Weir that does not, at every look', async (_, args, password) => {
  const server = await tlsRedis(args, {});
  const reader = reads(server.tlsPort, password === undefined ? {} : { password });

  for (let look = 0; look < 3; look += 1) {
    expect(await reader.read()).toEqual({
      signals: { answering: true, locked_out: 'tls' },
      troubles: [
        'Weir cannot speak with the Redis of member a: it speaks TLS, and weir.yaml does not ask for that. Set redis.tls.',
      ],
    });
  }
});

it.each<[string, readonly string[], string | undefined]>([
  ['and wants a certificate of its clients', [], undefined],
  ['and wants none', ASKS_NOT, undefined],
  ['in its version before the last', ['--tls-protocols', 'TLSv1.2'], undefined],
  ['and has a password', ['--requirepass', 's3cret'], 's3cret'],
])('a member that speaks TLS only %s is read, probe and all, with redis.tls', async (_, args, password) => {
  const server = await tlsRedis(args, FOR_HERE);
  const tls = { ca: server.ca, ...(await server.authority.issue('weir')) };
  const reader = reads(server.tlsPort, { tls, probe: true, ...(password !== undefined && { password }) });

  await expect.poll(() => reader.read(), { timeout: 30_000 }).toMatchObject(WELL);
});

it('its certificate is for a name, which redis.tls says', async () => {
  const server = await tlsRedis(ASKS_NOT, {});
  const reader = reads(server.tlsPort, { tls: { ca: server.ca, serverName: 'redis.test' }, probe: true });

  await expect.poll(() => reader.read(), { timeout: 30_000 }).toMatchObject(WELL);
});

/** What keeps Weir out, the server, and `redis.tls` for it. */
const AWAY: readonly (readonly [RegExp, readonly string[], TlsOptions, (server: TlsRedis) => Promise<TlsConfig>])[] = [
  [/its certificate is of a CA that is not known here\. Name the file/, ASKS_NOT, FOR_HERE, async () => ({})],
  [
    /its certificate is of a CA that is not known here\. Name the file with that CA in redis\.tls\.ca/,
    ASKS_NOT,
    FOR_HERE,
    async () => ({ ca: (await createAuthority(await tempDir(), 'others')).ca }),
  ],
  [/its certificate is for another name\. /, ASKS_NOT, {}, async ({ ca }) => ({ ca })],
  [/its certificate has expired\. /, ASKS_NOT, { ...FOR_HERE, days: -1 }, async ({ ca }) => ({ ca })],
  [/it asks for a certificate of the client\. /, [], FOR_HERE, async ({ ca }) => ({ ca })],
  [
    /it refuses the certificate of this host\. /,
    [],
    FOR_HERE,
    async ({ ca }) => ({ ca, ...(await (await createAuthority(await tempDir(), 'others')).issue('weir')) }),
  ],
];

it.each(AWAY)('a member keeps Weir out, and says why: %s', async (sentence, args, options, tlsFor) => {
  const server = await tlsRedis(args, options);
  const reader = reads(server.tlsPort, { tls: await tlsFor(server) });

  for (let look = 0; look < 3; look += 1) {
    const { signals, troubles } = await reader.read();
    expect(signals).toEqual({ answering: true, locked_out: 'tls' });
    expect(troubles).toEqual([expect.stringMatching(sentence)]);
  }
});

it('a member that speaks no TLS keeps out a Weir that asks for it', async () => {
  const server = await startRedis({ tcp: true });
  ends.push(server.stop);
  const reader = reads(server.port, { tls: {} });

  expect(await reader.read()).toEqual({
    signals: { answering: true, locked_out: 'tls' },
    troubles: [expect.stringMatching(/it does not speak TLS\. Give that Redis a tls-port, or take TLS out/)],
  });
});

it('a member that speaks TLS and hangs is one that does not answer', async () => {
  const server = await tlsRedis(ASKS_NOT, FOR_HERE);
  const reader = reads(server.tlsPort, { tls: { ca: server.ca }, reader: { timeoutMs: 1_000 } });
  await expect.poll(() => reader.read(), { timeout: 30_000 }).toMatchObject({ signals: { answering: true } });

  process.kill(server.pid, 'SIGSTOP');
  for (let look = 0; look < 2; look += 1) {
    expect(await reader.read()).toEqual({ signals: { answering: false, writable: false }, troubles: [] });
  }
  process.kill(server.pid, 'SIGCONT');
  await expect.poll(() => reader.read(), { timeout: 30_000 }).toMatchObject({ signals: { answering: true } });
});
