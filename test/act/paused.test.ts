/** A machine that was paused (a snapshot, a live migration): its clocks stood still, and what it saw before looks fresh. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBrokerClock } from '../../src/broker/time/clock.ts';
import type { DesiredLease } from '../../src/model/decisions/action.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

const HOUR = 3_600_000;

let node: Fixture;

beforeEach(async () => {
  node = await createFixture();
  node.master = true;
  node.writable.b = false;
  await node.poll(1_000);
});
afterEach(() => node.end());

function expectUntouched(): void {
  expect(node.lvs.changes).toEqual([]);
  expect(node.handover).toBe(0);
  expect(node.vipRemoved).toBe(false);
  expect(node.actuator.liveLeases('logs')).toEqual([]);
}

describe('a job that is in the hand while the machine is paused for an hour', () => {
  it('has expired by the time of the broker', async () => {
    node.askBrokerNow = async () => node.now + HOUR;
    expect(await node.run(node.job())).toMatchObject({ result: 'expired' });
    expectUntouched();
  });

  it('has expired, also where the pause comes after the lease was written down', async () => {
    let asked = 0;
    node.askBrokerNow = async () => {
      asked += 1;
      return asked === 1 ? node.now : node.now + HOUR;
    };
    expect(await node.run(node.job())).toMatchObject({ result: 'expired', weightAfter: 100 });
    expectUntouched();
  });

  it('is not taken up as a desired lease', async () => {
    node.askBrokerNow = async () => node.now + HOUR;
    const desired: DesiredLease = {
      ...{ id: `${node.now}-1.member-unwritable.b`, pool: 'logs', member: 'b', weight: 0 },
      ...{ until: node.now + 2 * HOUR, owner: 'rule:member-unwritable', reason: 'b hangs', entryId: `${node.now}-1` },
    };
    await node.actuator.takeDesired([desired]);
    expectUntouched();
    expect(node.said.at(-1)?.detail).toMatch(/pre-flight: The broker's clock is 1 h ahead of this node's time/);
    node.askBrokerNow = async () => node.now;
    await node.actuator.takeDesired([desired]);
    expect(node.lvs.weight('b')).toBe(0);
  });

  it.each([
    [
      'failover',
      {
        action: 'failover',
        member: 'a',
        handover: { value: 1, to: 'b', way: 'fault', owner: 'person:ann', reason: 'x' },
      },
    ],
    ['orphan VIP', { action: 'remove_orphan_vip', member: 'a' }],
    ['producers', { action: 'shed_clients', member: 'b' }],
  ])('%s', async (what, changes) => {
    if (what === 'orphan VIP') node.director = () => ({ state: 'ORPHAN', vip: true });
    node.writable.b = true;
    await node.poll(1_000);
    // In time by the job, and too late for what this node has seen.
    node.askBrokerNow = async () => node.now + 4_000;
    const { lease: _lease, ...job } = node.job(changes as never);
    const outcome = await node.run(job as never);
    expect(outcome.detail).toMatch(/ahead of this node's time/);
    expectUntouched();
  });
});

it('refuses where the broker says another time than this node goes by by more than stale_after, either way', async () => {
  node.askBrokerNow = async () => node.now + 3_001;
  expect(await node.run(node.job())).toMatchObject({
    result: 'refused',
    detail: expect.stringMatching(/ahead of this node/),
  });
  node.askBrokerNow = async () => node.now - 3_001;
  expect(await node.run(node.job())).toMatchObject({
    result: 'refused',
    detail: expect.stringMatching(/behind this node/),
  });
  expectUntouched();
  node.askBrokerNow = async () => node.now + 3_000;
  expect(await node.run(node.job())).toMatchObject({ result: 'applied' });
});

it('refuses where the broker does not answer; weight is given back all the same', async () => {
  const silent = async () => Promise.reject(new Error('no answer within 500 ms'));
  node.askBrokerNow = silent;
  expect(await node.run(node.job())).toMatchObject({
    result: 'refused',
    detail: expect.stringMatching(/does not tell the time \(no answer within 500 ms\)/),
  });
  expectUntouched();
  node.askBrokerNow = async () => node.now;
  expect(await node.run(node.job())).toMatchObject({ result: 'applied' });
  node.askBrokerNow = silent;
  node.writable.b = true;
  await node.poll(1_000);
  const held = node.actuator.liveLeases('logs').map(({ id }) => id);
  const { lease: _, ...end } = node.job({ action: 'restore', leaseIds: held });
  expect(await node.run(end as never)).toMatchObject({ result: 'ended', weightAfter: 100 });
});

it('the clock of a process says it when it is asked: its own stood still', async () => {
  let clock = 1_700_000_000_000;
  let monotonic = 5_000;
  const look = async () => ({ clock, last: clock - 500, lead: 0 });
  const own = createBrokerClock(look, { monotonic: () => monotonic });
  await own.sync();
  clock += HOUR;
  monotonic += 40;
  expect((await own.ask()) - own.now()).toBeGreaterThan(HOUR - 1_000);
  const silent = createBrokerClock(() => new Promise(() => {}));
  await expect(silent.ask()).rejects.toThrow('no answer within 500 ms');
});
