/** What a Redis of before 3.2, or what is none, answers: stand-ins, for none of them runs here. */

import { afterEach, expect, test } from 'vitest';
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

test('Redis 2.4, whose INFO takes no section, is asked without one from then on', async () => {
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

test('Redis 2.4 has no word for a full memory but a sentence, and is full all the same', async () => {
  const { read } = await readerOf((command) => {
    if (/^info/i.test(command)) return INFO_2_4;
    return /^llen/i.test(command) ? ':3' : "-ERR command not allowed when used memory > 'maxmemory'";
  });

  expect((await read()).signals).toMatchObject({ answering: true, writable: false, refusal: 'OOM', full: true });
});

test('what answers with an empty INFO and takes no writes of this kind is known as nothing', async () => {
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

test('what has no INFO is asked nothing else than its queues', async () => {
  const { read, asked } = await readerOf((command) => {
    if (/^info/i.test(command)) return "-ERR unknown command 'info', with args beginning with: 'all' ";
    return /^llen/i.test(command) ? ':12' : ':0';
  });

  const { signals } = await read();

  expect(signals).toEqual({ answering: true, locked_out: 'command', queue_depth: 12 });
  expect(asked.filter((one) => /^linsert/i.test(one))).toEqual([]);
});
