import { expect, it } from 'vitest';
import { readAfter, readWords, trim } from '../../src/broker/entries/stream.ts';
import { poolKeys } from '../../src/broker/keys.ts';
import { redisOfFile } from '../support/redis-of-file.ts';

const redis = await redisOfFile();

const CURSOR = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
/** More than Redis keeps in one node of a stream: less than a node is never dropped. */
const MANY = 250;

it('trimming drops what is an hour below the cursor, and nothing of that hour or of what nobody has read yet', async () => {
  const times = [-2 * HOUR_MS, -HOUR_MS / 2, 1, 2 * HOUR_MS].map((offset) => CURSOR + offset);
  for (const time of times) {
    const pipeline = redis.pipeline();
    for (let n = 0; n < MANY; n += 1) {
      pipeline.xadd(poolKeys('logs').stream, `${time}-${n}`, 'e', JSON.stringify({ kind: 'tick', pool: 'logs' }));
    }
    await pipeline.exec();
  }
  await trim(redis, 'logs', CURSOR);
  const left = await readAfter(redis, 'logs', '0-0', 10_000);
  const counts = times.map((time) => left.filter(({ id }) => id.startsWith(`${time}-`)).length);
  expect(counts.slice(1)).toEqual([MANY, MANY, MANY]);
  expect(counts[0]).toBeLessThan(MANY);
});

it('a word that the fuse of the stream has cut is kept until it was read, however short a time ago it was said', async () => {
  const { stream, words } = poolKeys('logs');
  await redis.del(stream, words);
  const [read, unread] = [`${CURSOR - 1}-0`, `${CURSOR + 1}-0`];
  for (const id of [read, unread]) {
    await redis.hset(words, id, JSON.stringify({ kind: 'ack', pool: 'logs', by: 'ann@x' }));
  }
  await trim(redis, 'logs', CURSOR);
  expect(await redis.hkeys(words)).toEqual([unread]);
  const found = await readWords(redis, 'logs', { after: `${CURSOR}-0`, upTo: `${CURSOR + HOUR_MS}-0` });
  expect(found).toMatchObject([{ id: unread, body: { kind: 'ack', by: 'ann@x' } }]);
});
