/** A process that was held up goes on where it was: what it was about to do may be too late by then. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFixture, type Fixture } from './actuator-fixture.ts';

let node: Fixture;

beforeEach(async () => {
  node = await createFixture();
  node.writable.b = false;
  await node.poll(1_000);
});
afterEach(() => node.end());

it('does not set a weight when its job has expired since its last look', async () => {
  node.lvs.beforeChange = () => {
    node.now += 11_000;
  };

  const outcome = await node.run(node.job());

  expect(outcome).toMatchObject({ result: 'expired', weightAfter: 100 });
  expect(node.lvs.changes).toEqual([]);
  expect(node.actuator.liveLeases('logs')).toEqual([]);
});

it('does not set a weight when its lock was lost since its last look', async () => {
  const lock = new AbortController();
  node.lvs.beforeChange = () => lock.abort();

  const outcome = await node.run(node.job(), lock.signal);

  expect(outcome).toMatchObject({ result: 'failed', weightAfter: 100 });
  expect(node.lvs.changes).toEqual([]);
  expect(node.actuator.liveLeases('logs')).toEqual([]);
});

it('does it when it was held up and is in time all the same', async () => {
  node.lvs.beforeChange = () => {
    node.now += 2_000;
  };

  expect(await node.run(node.job())).toMatchObject({ result: 'applied' });
});
