/** A node that starts while the broker is away: it knows its machine's clock, and no broker time. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBrokerClock } from '../../src/broker/time/clock.ts';
import { latestKnown } from '../../src/operations/node-actuator.ts';
import { tempDir } from '../support/temp-dir.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

const DAY = 86_400_000;

let node: Fixture;

beforeEach(async () => {
  node = await createFixture();
  node.writable.b = false;
  await node.poll(1_000);
  await node.run(node.job());
  expect(node.lvs.weight('b')).toBe(0);
  node.writable.b = true;
});
afterEach(() => node.end());

/** Started again, without the broker, the machine's clock a day ahead. */
async function startAlone(): Promise<void> {
  node.isTimeKnown = false;
  node.now += DAY;
  await node.restart();
}

describe('the machine is a day ahead', () => {
  it('ends no lease by its time until broker time is known', async () => {
    await startAlone();
    await node.pass(60);
    expect(node.lvs.weight('b')).toBe(0);
    expect(node.actuator.liveLeases('logs')).toHaveLength(1);
    node.isTimeKnown = true;
    await node.pass(1);
    expect(node.lvs.weight('b')).toBe(100);
  });

  it('lets go of it where nobody serves', async () => {
    await startAlone();
    node.master = true;
    node.writable.a = false;
    await node.pass(5);
    expect(node.lvs.weight('b')).toBe(100);
  });

  it('lets go of it at a person’s word', async () => {
    await startAlone();
    await node.pass(1);
    await node.actuator.restore('logs', 'b', 'ann');
    expect(node.lvs.weight('b')).toBe(100);
  });
});

it('ends a lease by its time also where it went by a clock ahead before: how long the member takes writes is seen anew', async () => {
  await node.end();
  node = await createFixture();
  node.writable.b = false;
  await node.poll(1_000);
  const job = node.job();
  const { owner = '', reason = '' } = job.lease ?? {};
  await node.run({ ...job, lease: { weight: 0, until: node.now + 30_000, owner, reason } });
  node.writable.b = true;
  await startAlone();
  await node.pass(5);
  node.now -= DAY;
  node.isTimeKnown = true;
  await node.pass(60);
  expect(node.lvs.weight('b')).toBe(100);
});

it('does not go on with giving weight back in steps until broker time is known', async () => {
  await node.end();
  node = await createFixture({ raise: { steps: [25, 100], everyMs: 5_000 } });
  node.writable.b = false;
  await node.poll(1_000);
  const job = node.job();
  await node.run(job);
  node.writable.b = true;
  await node.poll(1_000);
  const { lease: _, ...end } = node.job({ action: 'restore', leaseIds: [job.decision] });
  await node.run(end as never);
  expect(node.lvs.weight('b')).toBe(25);
  await startAlone();
  await node.pass(60);
  expect(node.lvs.weight('b')).toBe(25);
  node.isTimeKnown = true;
  await node.pass(1);
  expect(node.lvs.weight('b')).toBe(100);
});

describe('a VIP that is kept away from the node, over by the machine’s clock', () => {
  async function startWith(hold: boolean): Promise<void> {
    await node.end();
    const stateDir = await tempDir();
    const handover = { ...{ id: '1-1.request.a', value: 1, until: 2_000, owner: 'person:ann', reason: 'x' }, hold };
    const pools = { logs: { holds: {}, removed: {}, ended: {}, acted: [], handover } };
    await writeFile(join(stateDir, 'leases.json'), JSON.stringify({ version: 1, pools }));
    node = await createFixture({ stateDir });
    node.handover = 1;
    await startAlone();
  }

  it('stays away until broker time is known', async () => {
    await startWith(true);
    await node.pass(30);
    expect(node.handover).toBe(1);
    node.isTimeKnown = true;
    await node.pass(1);
    expect(node.handover).toBe(0);
  });

  it('is let go at once where it was only on its way when the process died: no pool is to be without a VIP', async () => {
    await startWith(false);
    await node.pass(1);
    expect(node.handover).toBe(0);
  });
});

describe('the clock before the first answer', () => {
  const never = () => new Promise<never>(() => {});

  it('goes on from what the lease file knows; where that knows nothing it is the machine’s', () => {
    for (const startsFrom of [0, undefined]) {
      const clock = createBrokerClock(never, startsFrom === undefined ? {} : { startsFrom });
      expect(Math.abs(clock.now() - Date.now())).toBeLessThan(10_000);
    }
    for (const startsFrom of [Date.now() + DAY, Date.now() - DAY]) {
      const clock = createBrokerClock(never, { startsFrom });
      expect(Math.abs(clock.now() - startsFrom)).toBeLessThan(10_000);
    }
  });

  it('knows the latest of the fence, of what has ended, of outcomes and of what was told', async () => {
    const dir = await tempDir();
    expect(await latestKnown(dir)).toBe(0);
    const none = { holds: {}, removed: {}, ended: {}, acted: [] };
    const fenced = { version: 1, pools: { x: { ...none, fence: '5000-3' } } };
    await writeFile(join(dir, 'leases.json'), JSON.stringify(fenced));
    expect(await latestKnown(dir)).toBe(5_000);
    const hold = { base: 100, leases: [], wasUnlisted: false, contested: false, reassertedAt: [7_000] };
    const pools = {
      x: { ...none, fence: '5000-3' },
      y: { ...none, holds: { b: hold } },
    };
    await writeFile(join(dir, 'leases.json'), JSON.stringify({ version: 1, pools }));
    expect(await latestKnown(dir)).toBe(7_000);
    const lease = {
      ...{ id: '9000-2.request.b', weight: 0, until: 99_000, owner: 'person:ann', reason: '' },
      phase: 'held',
    };
    const step = { ...lease, id: 'raise-10' };
    const desired = { ...none, holds: { b: { ...hold, leases: [step, lease] } } };
    await writeFile(join(dir, 'leases.json'), JSON.stringify({ version: 1, pools: { ...pools, z: desired } }));
    expect(await latestKnown(dir)).toBe(9_000);
    await writeFile(join(dir, 'leases.json'), 'rubbish');
    expect(await latestKnown(dir)).toBe(0);
  });
});
