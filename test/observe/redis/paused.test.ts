/** CLIENT PAUSE ALL: what a real Redis answers under it, and what is read. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { NO_ANSWER } from '../../../src/observe/redis/read-member.ts';
import { membersOfTests } from '../member/member-fixture.ts';

const member = membersOfTests();
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** A client of its own, which does nothing by itself. */
async function clientAt(port: number) {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  let heard = '';
  socket.on('data', (data) => (heard += String(data)));
  return { say: (command: string) => void socket.write(`${command}\r\n`), heard: () => heard };
}

/** All that Weir sends, what people try, and what would end the pause. */
const HELD = [
  'PING',
  'INFO clients',
  'LLEN logstash',
  'CLIENT LIST',
  'CLIENT KILL ID 1',
  'CLIENT UNPAUSE',
  'AUTH weir s3cret',
];
const PUSH = 'RPUSH logstash x';

it('while everything is paused no command of anybody is answered, only what is no command at all', async () => {
  const a = await member({ probe: true, reader: { timeoutMs: 1_000 } });
  expect((await a.read()).signals).toMatchObject({ answering: true, writable: true });
  const older = await Promise.all([...HELD, PUSH].map(async (said) => ({ said, ...(await clientAt(a.port)) })));
  // Its connection is served.
  for (const { say } of older) say('PING');
  await expect.poll(() => older.map(({ heard }) => heard())).toEqual(older.map(() => '+PONG\r\n'));

  await a.client.call('CLIENT', 'PAUSE', '3600000', 'ALL');
  const newer = await Promise.all([...HELD, PUSH].map(async (said) => ({ said, ...(await clientAt(a.port)) })));
  for (const { said, say } of [...older, ...newer]) say(said);

  // What Redis refuses before it asks whether it is paused (server.c, processCommand) comes after all of them.
  const wrong = await clientAt(a.port);
  wrong.say('LLEN');
  await expect.poll(wrong.heard).toMatch(/^-ERR wrong number of arguments/);
  for (let poll = 0; poll < 3; poll += 1) expect(await a.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
  expect(older.map(({ heard }) => heard())).toEqual(older.map(() => '+PONG\r\n'));
  expect(newer.map(({ heard }) => heard())).toEqual(newer.map(() => ''));
});
