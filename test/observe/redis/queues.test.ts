import { describe, expect, it } from 'vitest';
import { asCluster, membersOfTests } from '../member/member-fixture.ts';

const member = membersOfTests();

describe('queues in another database than 0', () => {
  it('are counted there, also by a connection that was lost', async () => {
    const a = await member({ reader: { database: 3 } });
    await a.client.select(3);
    await a.client.rpush('logstash', 'a', 'b');

    expect(await a.read()).toMatchObject({ signals: { queue_depth: 2 }, troubles: [] });
    await a.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect.poll(() => a.read()).toMatchObject({ signals: { answering: true, queue_depth: 2 }, troubles: [] });
  });

  it.each([
    ['the member does not have', ['--databases', '2'], /^Database 3 of member a cannot be read: ERR DB index is out/],
    [
      'Weir may not choose',
      ['--user', ...'default on nopass ~* +@all -select'.split(' ')],
      /^Database 3 of member a cannot be read: NOPERM .*'select'/,
    ],
  ])('that %s: nobody takes the queue of database 0 for them', async (_, args, trouble) => {
    const a = await member({ args, reader: { database: 3 } });
    await a.client.rpush('logstash', 'of another database');

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ answering: true, writable: true });
    expect(signals).not.toHaveProperty('queue_depth');
    expect(troubles).toEqual([expect.stringMatching(trouble)]);
  });
});

it('a database that was taken away is told by the connection that had it, and by the next one', async () => {
  const a = await member({ reader: { database: 3 } });
  expect(await a.read()).toMatchObject({ signals: { queue_depth: 0 }, troubles: [] });
  await a.client.call('ACL', 'SETUSER', 'default', '-select');
  const told = { troubles: [expect.stringMatching(/^Database 3 of member a cannot be read: NOPERM/)] };

  expect(await a.read()).toMatchObject(told);
  await a.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await expect.poll(() => a.read()).toMatchObject({ signals: { answering: true }, ...told });
});

describe('a queue that is no list', () => {
  it.each(['stream', 'channel'])('%s', async (kind) => {
    const a = await member();
    if (kind === 'stream') await a.client.xadd('logstash', '*', 'message', 'x');
    else await a.client.publish('logstash', 'x');

    const { signals, troubles } = await a.read();

    // A channel keeps nothing: it has no key.
    if (kind === 'channel') expect([signals.queue_depth, troubles]).toEqual([0, []]);
    else expect(troubles).toEqual([expect.stringMatching(/WRONGTYPE .*: Weir counts lists, and neither streams/)]);
  });

  it('takes what comes where that is no push', async () => {
    const a = await member({ probe: true });
    await a.client.xadd('logstash', '*', 'message', 'x');
    await a.read();
    await a.client.xadd('logstash', '*', 'message', 'x');

    expect((await a.read()).signals).toMatchObject({ writable: true, refusal: '' });
  });
});

it('in a cluster the slot of every queue counts, though the probe names a key in that of the first alone', async () => {
  const args = [...(await asCluster()), '--cluster-require-full-coverage', 'no'];
  const a = await member({ args, probe: true, reader: { queues: ['logstash', 'audit'] } });
  const slots = [await a.client.cluster('KEYSLOT', 'logstash'), await a.client.cluster('KEYSLOT', 'audit')];
  await a.client.cluster('ADDSLOTS', slots[0] as number);

  // Redis takes a while until it believes that its cluster is one.
  await expect
    .poll(() => a.read(), { timeout: 50_000 })
    .toMatchObject({
      signals: { writable: false, refusal: 'CLUSTERDOWN' },
      troubles: [expect.stringMatching(/^Queue audit of member a cannot be counted: CLUSTERDOWN Hash slot not served/)],
    });

  await a.client.cluster('ADDSLOTS', slots[1] as number);
  await expect
    .poll(() => a.read(), { timeout: 50_000 })
    .toMatchObject({ signals: { writable: true, refusal: '' }, troubles: [] });
});
