/** What people are told has failed is not done a second later: the pool and the hand of the MASTER together. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { sweepOf, tableOf } from '../support/pool.ts';
import { START, world } from '../support/world.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});

/** A drain of b by ann, and the MASTER's own node, which lost a poll of its Redis just now. */
async function drainRefused() {
  const node = await createFixture();
  fixture = node;
  node.now = START;
  node.master = true;
  await node.pass(1);
  const pool = world([]);
  pool.sweeps(1_000);
  node.writable = { a: false, b: true };
  await node.poll(1_000);
  node.writable = { a: true, b: true };
  const asked = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann@x', reason: 'disks' } as const;
  const { records, jobs } = pool.fold(2_100, { ...asked, leaseMs: 3_600_000, force: false });
  const id = records[0]?.id ?? '';
  const job = jobs.find((one) => one.node === 'a');
  if (job === undefined) throw new Error('the MASTER got no job');
  return { node, pool, id, outcome: await node.run(job) };
}

it("the MASTER's refusal comes first, the BACKUP has done it", async () => {
  const { node, pool, id, outcome } = await drainRefused();
  pool.fold(2_200, outcome);
  expect(pool.decisions.get(id)).toMatchObject({ state: 'failed' });
  pool.outcome(2_250, id, 'b');
  await node.pass(1);
  const until = START + 3_602_100;
  const lease = { id, member: 'b', weight: 0, base: 100, owner: 'person:ann@x', until, contested: false };
  pool.fold(3_000, sweepOf('a', START + 3_000));
  pool.fold(3_050, sweepOf('b', START + 3_040, { table: tableOf({ a: 100, b: 0 }), leases: [lease] }));
  await node.actuator.takeDesired(pool.results.flatMap(({ desired }) => desired));
  expect(node.lvs.weight('b')).toBe(100);
});

it('the BACKUP has done it, and the MASTER reads its desired leases before the pool has its refusal', async () => {
  const { node, pool, id } = await drainRefused();
  const { desired } = pool.outcome(2_150, id, 'b');
  await node.pass(1);
  expect(desired).toMatchObject([{ id, jobExpiresAt: START + 12_100 }]);
  await node.actuator.takeDesired(desired);
  expect(node.lvs.weight('b')).toBe(100);
});

it('a desired lease is not taken under the hold file, and not after the time of the job while its decision is open', async () => {
  const node = await createFixture();
  fixture = node;
  node.now = START;
  node.master = true;
  await node.pass(1);
  const terms = { weight: 0, until: START + 3_600_000, owner: 'person:ann@x', reason: 'disks' };
  const desired = { id: 'd1', entryId: `${START}-1`, pool: 'logs', member: 'b', ...terms };
  await writeFile(join(node.stateDir, 'hold'), 'disks are changed');
  await node.actuator.takeDesired([desired]);
  expect(node.lvs.weight('b')).toBe(100);
  expect(node.said.at(-1)).toMatchObject({ result: 'refused', detail: expect.stringContaining('disks are changed') });

  await rm(join(node.stateDir, 'hold'));
  await node.actuator.takeDesired([{ ...desired, jobExpiresAt: node.now - 1 }]);
  expect(node.lvs.weight('b')).toBe(100);
  await node.actuator.takeDesired([{ ...desired, jobExpiresAt: node.now + 1_000 }]);
  expect(node.lvs.weight('b')).toBe(0);
});
