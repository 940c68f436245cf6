/** What people said is found among what is history, however much of that there is. */

import { expect, it } from 'vitest';
import { readWords } from '../../src/broker/entries/stream.ts';
import { poolKeys } from '../../src/broker/keys.ts';
import { redisOfFile } from '../support/redis-of-file.ts';

const redis = await redisOfFile();

it('a word of a worker that kept none beside the stream is found behind hundreds of ticks', async () => {
  const { stream } = poolKeys('logs');
  const add = (id: number, body: object) => redis.xadd(stream, `${id}-0`, 'e', JSON.stringify(body));
  for (let id = 1; id <= 250; id += 1) await add(id, { kind: 'tick', pool: 'logs' });
  await add(251, { kind: 'ack', pool: 'logs', by: 'ann@x' });
  await add(252, { kind: 'tick', pool: 'logs' });
  await add(253, { kind: 'ack', pool: 'logs', by: 'bob@x' });

  const found = await readWords(redis, 'logs', { after: '0-0', upTo: '252-0' });

  expect(found).toMatchObject([{ id: '251-0', body: { kind: 'ack', by: 'ann@x' } }]);
});
