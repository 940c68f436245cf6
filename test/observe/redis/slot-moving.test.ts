/** A slot on its way to another node of a cluster: what is not there is asked for elsewhere, and the probe's key never is. */

import { expect, it } from 'vitest';
import { asCluster, type MemberFixture, membersOfTests } from '../member/member-fixture.ts';

const member = membersOfTests();

/** A node that has all slots, and how the queue's one begins to leave it. */
async function clusterOfTwo(): Promise<MemberFixture & { readonly letGo: () => Promise<unknown> }> {
  const a = await member({ args: await asCluster(), probe: true });
  const b = await member({ args: await asCluster() });
  const call = (...words: readonly string[]) => a.client.call('CLUSTER', ...words);
  await call('ADDSLOTSRANGE', '0', '16383');
  const [, busPort] = (await b.client.config('GET', 'cluster-port')) as [string, string];
  await call('MEET', '127.0.0.1', String(b.port), busPort);
  const id = String(await b.client.call('CLUSTER', 'MYID'));
  await expect.poll(async () => String(await call('NODES')), { timeout: 50_000 }).toContain(id);
  await expect.poll(async () => String(await call('INFO')), { timeout: 50_000 }).toContain('cluster_state:ok');
  const slot = String(await call('KEYSLOT', 'logstash'));
  return { ...a, letGo: () => call('SETSLOT', slot, 'MIGRATING', id) };
}

it('a queue that is still there takes pushes, and a sentence says why the probe does not ask', async () => {
  const a = await clusterOfTwo();
  await a.client.rpush('logstash', 'x');
  await a.letGo();
  expect(await a.client.rpush('logstash', 'x')).toBe(2);

  for (let poll = 0; poll < 3; poll += 1) {
    expect(await a.read()).toMatchObject({
      signals: { answering: true, writable: true, refusal: '', queue_depth: 2 },
      troubles: [
        expect.stringMatching(/is read from INFO alone: ASK \d+ .*: its slot is on its way to another node\.$/),
      ],
    });
  }
});

it('a queue that is not there refuses them', async () => {
  const a = await clusterOfTwo();
  await a.letGo();
  await expect(a.client.rpush('logstash', 'x')).rejects.toThrow(/^ASK /);

  expect((await a.read()).signals).toMatchObject({ answering: true, writable: false, refusal: 'ASK' });
});
