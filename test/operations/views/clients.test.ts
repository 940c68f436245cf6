import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import type { MemberConfig } from '../../../src/model/configuration/config.ts';
import { readClients } from '../../../src/operations/views/clients.ts';
import { poolOf } from '../../support/pool.ts';
import { startTlsRedis } from '../../support/redis/tls.ts';
import { startRedis } from '../../support/redis.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A pool of one member, which is at that port. */
function poolAt(port: number, password?: string) {
  const pool = poolOf(['a']);
  const a: MemberConfig = { ...(pool.members.a as MemberConfig), address: '127.0.0.1' };
  const members = { a };
  return {
    ...pool,
    members,
    vip: { ...pool.vip, port },
    redis: { ...pool.redis, ...(password !== undefined && { password: { reveal: () => password } }) },
  };
}

it('a member that refuses the password says so, and is not taken for one that gives no answer', async () => {
  const server = await startRedis({ tcp: true, args: ['--requirepass', 'new'] });
  ends.push(server.stop);
  const refused = /^refuses: WRONGPASS/;
  expect(await readClients(poolAt(server.port, 'old'))).toEqual([
    { member: 'a', trouble: expect.stringMatching(refused) },
  ]);
  expect(await readClients(poolAt(server.port, 'new'))).toMatchObject([{ member: 'a', clients: [{}] }]);
  expect(await readClients(poolAt(await freePort(), 'new'))).toEqual([{ member: 'a', trouble: 'gives no answer' }]);
});

it('a member that speaks TLS only says so', async () => {
  const server = await startTlsRedis();
  ends.push(server.stop);

  expect(await readClients(poolAt(server.tlsPort, 'any'))).toEqual([
    { member: 'a', trouble: 'it speaks TLS, and weir.yaml does not ask for that (set redis.tls)' },
  ]);
});

it.each([undefined, 'any'])('a member that has as many clients as it may says so (password: %s)', async (password) => {
  const server = await startRedis({ tcp: true, args: ['--maxclients', '1'] });
  ends.push(server.stop);
  const inside = connect(server.port, '127.0.0.1');
  ends.push(async () => void inside.destroy());
  await once(inside, 'connect');

  expect(await readClients(poolAt(server.port, password))).toEqual([
    { member: 'a', trouble: 'refuses: ERR max number of clients reached' },
  ]);
});
