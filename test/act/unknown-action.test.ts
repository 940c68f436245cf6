/** A worker of another version decided on something that this node has not learned. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import { FORMAT_VERSION } from '../../src/model/entries/version.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

let node: Fixture;

beforeEach(async () => {
  node = await createFixture();
  await node.poll(1_000);
});
afterEach(() => node.end());

it.each(['explode', 'constructor', '__proto__', 'toString'])(
  '%s is refused in words, and nothing is touched',
  async (name) => {
    const job = { ...node.job(), version: FORMAT_VERSION + 1, action: name } as unknown as ActionJob;
    const outcome = await node.run(job);
    expect(outcome).toMatchObject({ result: 'refused' });
    expect(outcome.detail).toBe(
      `This node knows no action ${name}: the job is of version 3, and Weir on a knows 2 at most. Nothing was touched; update it.`,
    );
    expect(node.lvs.changes).toEqual([]);
    expect(node.actuator.liveLeases('logs')).toEqual([]);
  },
);

it('a job that says no version is done: a worker of the version before wrote it', async () => {
  node.writable.b = false;
  await node.poll(1_000);
  const { version: _, ...job } = node.job();
  expect(await node.run(job)).toMatchObject({ result: 'applied' });
});
