import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askNode } from '../../../src/act/local/inbox.ts';
import { restoreLocally } from '../../../src/act/local/local-restore.ts';
import { claimNode, livingNode } from '../../../src/act/local/node-pid.ts';
import { fence } from '../../../src/rails/fence.ts';
import { holdFile } from '../../../src/rails/hold-file.ts';
import { nodeBudget } from '../../../src/rails/node-budget.ts';
import { preflight } from '../../../src/rails/preflight.ts';
import { preflightVip } from '../../../src/rails/preflight-vip.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

let f: Fixture;
beforeEach(async () => {
  f = await createFixture();
  await f.pass(1);
  await f.run(f.job());
});
afterEach(() => f.end());

const asked = { pool: 'logs', member: 'b', by: 'root@a' };

function restore(): Promise<string> {
  return restoreLocally(
    {
      node: 'a',
      stateDir: f.stateDir,
      pools: { logs: f.pool },
      staleAfterMs: 3_000,
      lvs: f.lvs,
      raise: { steps: [100], everyMs: 0 },
      budget: { max: 1_000, perMs: 3_600_000 },
      rails: { holdFile, fence, nodeBudget, preflight, preflightVip },
      redis: () => expect.fail('no Redis is asked'),
      setOwnWeight: async () => false,
      handover: () => ({ read: async () => undefined, write: async () => undefined }),
      removeOrphan: async () => undefined,
      brokerNow: () => f.now,
      askBrokerNow: async () => f.now,
      isTimeKnown: () => true,
    },
    asked,
  );
}

it('a node process that runs does it at its next poll', async () => {
  const sentence = restore();
  await expect.poll(() => readdir(join(f.stateDir, 'inbox')).catch(() => []), { timeout: 50_000 }).toHaveLength(1);
  expect(f.lvs.weight('b')).toBe(0);
  await f.pass(1);
  expect(await sentence).toBe('1 lease ended on logs/b at a: b went from weight 0 to 100.');
  expect(f.said).toMatchObject([{ result: 'ended', detail: expect.stringContaining('root@a') }]);
  expect(await readdir(join(f.stateDir, 'inbox'))).toEqual([]);
});

it('without one it is done right here, and the next process does not take the lease up again', async () => {
  const entryId = `${f.now}-9`;
  const desired = f.actuator.liveLeases('logs').map((lease) => ({ ...lease, pool: 'logs', reason: '', entryId }));
  await f.actuator.close();
  expect(await livingNode(f.stateDir)).toBeUndefined();
  expect(await restore()).toContain('b went from weight 0 to 100');
  await f.restart();
  f.now += 60_000;
  await f.pass(1);
  await f.actuator.takeDesired(desired);
  expect(f.lvs.weight('b')).toBe(100);
  expect(f.said).toMatchObject([{ result: 'ended' }]);
});

it('what is asked wrongly is answered with a sentence', async () => {
  const answer = askNode(f.stateDir, { action: 'restore', ...asked, member: 'z' }, 5_000).catch(String);
  await expect.poll(() => readdir(join(f.stateDir, 'inbox')).catch(() => []), { timeout: 50_000 }).toHaveLength(1);
  await writeFile(join(f.stateDir, 'inbox', 'x.request'), 'garbage');
  await f.pass(1);
  expect(await answer).toContain('no member z');
});

it('a node that does not poll is told of, and the request is withdrawn', async () => {
  await expect(askNode(f.stateDir, { action: 'restore', ...asked }, 200)).rejects.toThrow(
    'did not answer within 0.2 s',
  );
  await f.pass(1);
  expect(f.lvs.weight('b')).toBe(0);
});

it('one node per state_dir; a pid of a process that is gone or is another one does not count', async () => {
  await expect(claimNode(f.stateDir)).rejects.toThrow(`pid ${process.pid}`);
  const stale = join(f.stateDir, 'stale');
  await mkdir(stale);
  for (const text of ['', 'x', '999999999 1', `${process.pid} 1`]) {
    await writeFile(join(stale, 'node.pid'), text);
    expect(await livingNode(stale)).toBeUndefined();
    await claimNode(stale);
    expect(await livingNode(stale)).toBe(process.pid);
  }
});
