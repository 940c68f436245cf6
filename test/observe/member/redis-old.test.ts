/** What a Redis of before 3.2, or what is none, answers: stand-ins, for none of them runs here. */

import { afterEach, expect, it } from 'vitest';
import { type Replies, startRespServer } from '../../support/resp-server.ts';
import { readerAt } from './member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function readerOf(replies: Replies) {
  const server = await startRespServer((command) => (command.startsWith('client') ? '+OK' : replies(command)));
  const reader = readerAt(server.port, { probe: true });
  ends.push(server.stop, reader.close);
  return { ...reader, asked: server.asked };
}

const INFO_2_4 = ['redis_version:2.4.18', 'run_id:72b7', 'used_memory:799064', 'loading:0', 'role:master', ''].join(
  '\r\n',
);

it('Redis 2.4, whose INFO takes no section, is asked without one from then on', async () => {
  const { read, asked } = await readerOf((command) => {
    if (/^info all$/i.test(command)) return "-ERR wrong number of arguments for 'info' command";
    if (/^info$/i.test(command)) return INFO_2_4;
    if (/^llen/i.test(command)) return ':3';
    return /^linsert/i.test(command) ? ':0' : '-ERR unknown command';
  });

  await read();
  const { signals } = await read();

  expect(signals).toMatchObject({
    ...{ answering: true, writable: true, refusal: '', locked_out: '' },
    ...{ queue_depth: 3, memory_bytes: 799_064, role: 'master' },
  });
  expect(asked.filter((one) => /^info/i.test(one)).map((one) => one.toLowerCase())).toEqual([
    'info all',
    'info',
    'info',
  ]);
});

it('Redis 2.4 has no word for a full memory but a sentence, and is full all the same', async () => {
  const { read } = await readerOf((command) => {
    if (/^info/i.test(command)) return INFO_2_4;
    return /^llen/i.test(command) ? ':3' : "-ERR command not allowed when used memory > 'maxmemory'";
  });

  expect((await read()).signals).toMatchObject({ answering: true, writable: false, refusal: 'OOM', full: true });
});

it('Redis before 3.2 that was started again has the limit that it has now, and not the one of before', async () => {
  let started = 1;
  const { read } = await readerOf((command) => {
    if (/^info/i.test(command)) return `run_id:${started}\r\nrole:master\r\nused_memory:1000\r\n`;
    if (/^config get maxmemory$/i.test(command)) return { list: ['maxmemory', String(started * 2_000)] };
    if (/^config/i.test(command)) return { list: ['maxmemory-policy', 'noeviction'] };
    return ':0';
  });
  expect((await read()).signals).toMatchObject({ memory_limit_bytes: 2_000, memory_ratio: 0.5 });

  started = 2;

  expect((await read()).signals).toMatchObject({ memory_limit_bytes: 4_000, memory_ratio: 0.25 });
});

it('Redis before 6.2 does not tell what its clients connected to: nobody knows who came by the VIP', async () => {
  const server = await startRespServer((command) => {
    if (/^info/i.test(command)) return `${INFO_2_4}connected_clients:2\r\n`;
    if (/^client list/i.test(command)) return 'id=1 addr=192.0.2.9:4 cmd=blpop\nid=2 addr=192.0.2.9:5 cmd=client\n';
    return /^client/i.test(command) ? '+OK' : ':0';
  });
  const reader = readerAt(server.port, { reader: { own: true } });
  ends.push(server.stop, reader.close);

  const { signals } = await reader.read();

  expect(signals).toMatchObject({ consumers: 1 });
  expect(signals).not.toHaveProperty('consumers_on_vip');
});

it('what answers with an empty INFO and takes no writes of this kind is known as nothing', async () => {
  const { read } = await readerOf((command) => {
    if (/^info/i.test(command)) return '';
    return /^llen/i.test(command) ? ':0' : '-ERR unknown command';
  });

  const { signals, troubles } = await read();

  expect(signals).toMatchObject({ answering: true, locked_out: '' });
  expect(['writable', 'refusal', 'full'].filter((name) => name in signals)).toEqual([]);
  expect(troubles).toEqual([
    expect.stringMatching(/^Whether member a takes pushes is read from INFO alone: ERR unknown/),
  ]);
});

it('what has no INFO is asked nothing else than its queues', async () => {
  const { read, asked } = await readerOf((command) => {
    if (/^info/i.test(command)) return "-ERR unknown command 'info', with args beginning with: 'all' ";
    return /^llen/i.test(command) ? ':12' : ':0';
  });

  const { signals } = await read();

  expect(signals).toEqual({ answering: true, locked_out: 'command', queue_depth: 12 });
  expect(asked.filter((one) => /^linsert/i.test(one))).toEqual([]);
});
