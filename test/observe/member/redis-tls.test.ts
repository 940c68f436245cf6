/** A real Redis that speaks TLS, which Weir does not. */

import { afterEach, expect, it } from 'vitest';
import { startTlsRedis } from '../../support/redis-tls.ts';
import { readerAt } from './member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

it.each<[string, readonly string[], string | undefined]>([
  ['and wants a certificate of its clients', [], undefined],
  ['and wants none', ['--tls-auth-clients', 'no'], undefined],
  ['in its version before the last', ['--tls-protocols', 'TLSv1.2'], undefined],
  ['and has a password', ['--requirepass', 's3cret'], 's3cret'],
])('a member that speaks TLS only %s is one that Weir is kept out of, at every look', async (_, args, password) => {
  const server = await startTlsRedis(args);
  ends.push(server.stop);
  const reader = readerAt(server.tlsPort, password === undefined ? {} : { password });
  ends.push(reader.close);

  for (let look = 0; look < 3; look += 1) {
    expect(await reader.read()).toEqual({
      signals: { answering: true, locked_out: 'tls' },
      troubles: [
        `Redis of member a speaks TLS only, and Weir does not yet: in its redis.conf set port ${server.tlsPort}, and tls-port to another one.`,
      ],
    });
  }
});

it('what that sentence says mends it: with the port of the pool without TLS it is read, though it has another with', async () => {
  const server = await startTlsRedis([], { tcp: true });
  ends.push(server.stop);
  const reader = readerAt(server.port, { probe: true });
  ends.push(reader.close);

  await expect
    .poll(() => reader.read(), { timeout: 30_000 })
    .toMatchObject({ signals: { answering: true, writable: true, locked_out: '' }, troubles: [] });
});
