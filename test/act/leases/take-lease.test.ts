/** A second lease on a member that somebody else has changed since the last poll. */

import { afterEach, expect, it } from 'vitest';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

let f: Fixture;
afterEach(() => f.end());

it('a weight that somebody set since the last poll is the base of a second lease, and what was held gives way to it', async () => {
  f = await createFixture();
  await f.pass(1);
  const first = f.job({ action: 'set_weight' });
  const lease = { weight: 50, until: f.now + 600_000, owner: 'person:ann', reason: 'half' };
  expect(await f.run({ ...first, lease })).toMatchObject({ result: 'applied', weightAfter: 50 });

  f.lvs.somebodySets('b', 77);
  const second = f.job();
  expect(await f.run(second)).toMatchObject({ result: 'applied', weightBefore: 77, weightAfter: 0 });
  expect(f.said).toMatchObject([{ decision: first.decision, result: 'overridden' }]);
  expect(f.actuator.liveLeases('logs')).toMatchObject([{ id: second.decision, base: 77 }]);

  const { lease: _, ...end } = f.job({ action: 'restore', leaseIds: [second.decision] });
  await f.run(end);
  expect(f.lvs.weight('b')).toBe(77);
});
