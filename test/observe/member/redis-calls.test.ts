import { expect, it } from 'vitest';
import { membersOfTests } from './member-fixture.ts';

const member = membersOfTests();

/** logstash-input-redis' way to take a batch. */
const BATCH = "local items = redis.call('lrange', KEYS[1], 0, 1) redis.call('ltrim', KEYS[1], 2, -1) return items";

async function times(count: number, what: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += 1) await what().catch(() => {});
}

it('pushes onto a key that is no list are refused, and no pushes; a script that fails there is no take', async () => {
  const a = await member();
  await a.client.set('logstash', 'no list');
  await a.read();
  await times(5, () => a.client.rpush('logstash', 'x'));
  await times(2, () => a.client.rpush('audit', 'x'));
  await times(3, () => a.client.eval(BATCH, 1, 'logstash'));

  const { signals } = await a.read();

  expect(signals).toMatchObject({ push_rate: 2, take_rate: 0, refused_writes: 5, refused_rate: 5 });
});

it('a batch that logstash’s script takes is one take, however many commands the script has', async () => {
  const a = await member();
  await times(9, () => a.client.rpush('logstash', 'x'));
  await a.read();
  await times(4, () => a.client.eval(BATCH, 1, 'logstash'));

  expect((await a.read()).signals).toMatchObject({ take_rate: 4, queue_depth: 1 });
});

it.each([
  ['RPOPLPUSH', 'RPOPLPUSH logstash taken'],
  ['BRPOPLPUSH', 'BRPOPLPUSH logstash taken 1'],
  ['LTRIM', 'LTRIM logstash 1 -1'],
])('who takes with %s is a consumer', async (_, command) => {
  const a = await member({ reader: { own: true } });
  await a.client.rpush('logstash', 'a', 'b');
  await a.read();
  const consumer = a.connect('127.0.0.1');
  const [name = '', ...args] = command.split(' ');
  await consumer.call(name, ...args);

  expect((await a.read(30_000)).signals).toMatchObject({
    take_rate: expect.closeTo(1 / 30),
    consumers: 1,
    queue_depth: 1,
  });
});
