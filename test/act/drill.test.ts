import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFixture, type Fixture } from './actuator-fixture.ts';

let f: Fixture;
let before: string;

const files = async () => readFile(join(f.stateDir, 'leases.json'), 'utf8').catch(() => 'none');

beforeEach(async () => {
  f = await createFixture();
  await f.pass(2);
  before = await files();
});
afterEach(async () => {
  // Whatever a drill met, it left nothing behind.
  expect(await files()).toBe(before);
  expect(f.lvs.changes).toEqual([]);
  expect(f.handover).toBe(0);
  expect(f.vipRemoved).toBe(false);
  expect(f.actuator.liveLeases('logs')).toEqual([]);
  await f.end();
});

describe('a drill at the node', () => {
  it('says what would be done', async () => {
    expect(await f.run(f.job({ drill: { until: f.now + 10_000 } }))).toMatchObject({
      result: 'applied',
      detail: 'Drill: b would go from weight 100 to 0. Nothing was changed.',
    });
  });

  it('is refused by the pre-flight as the action would be', async () => {
    f.writable = { a: false, b: true };
    await f.pass(2);
    expect(await f.run(f.job({ drill: { until: f.now + 10_000 } }))).toMatchObject({
      result: 'refused',
      detail: expect.stringMatching(/^Drill: pre-flight: Afterwards nobody would serve/),
    });
  });

  it('comes too late as the action would, and sets no fence', async () => {
    expect(await f.run(f.job({ drill: { until: f.now - 1 } }))).toMatchObject({ result: 'expired' });
    const early = f.job({ drill: { until: f.now + 10_000 } });
    expect(await f.run(f.job({ drill: { until: f.now + 10_000 } }))).toMatchObject({ result: 'applied' });
    expect(await f.run(early)).toMatchObject({ result: 'applied' });
  });

  it('of an action on the VIP asks about the VIP', async () => {
    expect(await f.run(f.job({ drill: { until: f.now + 10_000 }, action: 'failover', member: 'a' }))).toMatchObject({
      result: 'refused',
      detail: 'Drill: the VIP cannot be handed over now.',
    });
    expect(
      await f.run(f.job({ drill: { until: f.now + 10_000 }, action: 'remove_orphan_vip', member: 'a' })),
    ).toMatchObject({
      result: 'refused',
      detail: expect.stringMatching(/^Drill: pre-flight: This node is BACKUP and not ORPHAN/),
    });
  });
});
