/** One way for a lease to be taken:a desired lease is refused for whatever its job is, and under the hold file nothing is taken. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DesiredLease } from '../../src/model/decisions/action.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

let f: Fixture;

beforeEach(async () => {
  f = await createFixture();
  await f.pass(1);
});
afterEach(() => f.end());

/** b at 0 for half an hour, as a director that missed the job should hold it. */
function desired(changes: Partial<DesiredLease> = {}): DesiredLease {
  const entryId = changes.entryId ?? `${f.now}-9`;
  const terms = { weight: 0, until: f.now + 1_800_000, owner: 'rule:member-unwritable', reason: 'b hangs' };
  return { id: `${entryId}.member-unwritable.b`, pool: 'logs', member: 'b', entryId, ...terms, ...changes };
}

const holdFile = () => join(f.stateDir, 'hold');
const forbid = () => writeFile(holdFile(), 'disks are changed\n');
const allow = () => rm(holdFile());
const last = () => f.said.at(-1);

describe('a desired lease is refused what its job would be refused', () => {
  it('of a member that can be written again', async () => {
    const job = f.job({ unwritable: true });
    expect(await f.run(job)).toMatchObject({
      result: 'refused',
      detail: expect.stringMatching(/can be written again/),
    });
    await f.actuator.takeDesired([desired({ id: job.decision, unwritable: true })]);
    expect(f.lvs.changes).toEqual([]);
    expect(last()).toMatchObject({ result: 'refused', detail: expect.stringMatching(/can be written again/) });
    f.writable.b = false;
    await f.pass(1);
    await f.actuator.takeDesired([desired({ id: job.decision, unwritable: true })]);
    expect(f.lvs.weight('b')).toBe(0);
  });

  it('that was desired on an earlier entry than this node has acted on: a broker that went back', async () => {
    await f.run(f.job({ member: 'a', decision: `${f.now}-50.request.a`, entryId: `${f.now}-50` }));
    await f.actuator.takeDesired([desired({ entryId: `${f.now}-49` })]);
    expect(last()).toMatchObject({ result: 'refused', detail: expect.stringMatching(/fence: Decided on entry/) });
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('whose time ends while the node is held up, right before the kernel is touched', async () => {
    f.lvs.beforeChange = () => {
      f.now += 11_000;
    };
    await f.actuator.takeDesired([desired({ jobExpiresAt: f.now + 10_000 })]);
    expect(f.lvs.weight('b')).toBe(100);
    expect(last()).toMatchObject({
      result: 'expired',
      detail: expect.stringMatching(/The desired lease came 1 s too late/),
    });
    expect(f.actuator.liveLeases('logs')).toEqual([]);
  });

  it('of a version that says no entry: it is not taken, and what is held of it is given back', async () => {
    const { entryId: _, ...before } = desired();
    await f.actuator.takeDesired([before, { ...before, entryId: 'none' }]);
    expect(f.lvs.changes).toEqual([]);
    expect(last()).toMatchObject({ result: 'refused', detail: expect.stringMatching(/worker of another version/) });

    await f.actuator.takeDesired([desired({ id: before.id })]);
    expect(f.lvs.weight('b')).toBe(0);
    await f.actuator.takeDesired([{ ...before, endedAt: f.now }]);
    expect(f.lvs.weight('b')).toBe(100);
  });
});

describe('an entry from the future', () => {
  const ahead = '9007199254740991-0';
  const later = { decision: `${ahead}.member-unwritable.b`, entryId: ahead };

  it('is refused, as job and as desired lease, and the next honest job is done', async () => {
    expect(await f.run(f.job(later))).toMatchObject({
      result: 'refused',
      detail: expect.stringMatching(/^fence: .* ahead of this node's time\.$/),
    });
    await f.actuator.takeDesired([desired(later)]);
    expect(last()).toMatchObject({ result: 'refused', detail: expect.stringMatching(/fence: /) });
    expect(f.lvs.changes).toEqual([]);
    expect(await f.run(f.job())).toMatchObject({ result: 'applied' });
  });

  it('is refused too where the node has not heard the time and asks for it', async () => {
    f.isTimeKnown = false;
    expect(await f.run(f.job(later))).toMatchObject({ result: 'refused', detail: expect.stringMatching(/^fence: /) });
    expect(f.lvs.changes).toEqual([]);
  });

  it.each([true, false])(
    'that a version before has acted on is a trouble, with what mends it (heard: %s)',
    async (heard) => {
      await f.run(f.job());
      await f.actuator.close();
      const path = join(f.stateDir, 'leases.json');
      const file = JSON.parse(await readFile(path, 'utf8'));
      file.pools.logs.fence = ahead;
      await writeFile(path, JSON.stringify(file));
      await f.restart();
      expect(await f.run(f.job({ member: 'a' }))).toMatchObject({ result: 'refused' });
      const [trouble] = f.actuator.troubles('logs');
      expect(trouble).toMatch(
        /fence of pool logs is at entry 9007199254740991-0.*`weir restore logs\/a --local` on a\.$/,
      );

      f.isTimeKnown = heard;
      expect(await f.actuator.restore('logs', 'a', 'ann')).toMatch(/set back to now\.$/);
      f.isTimeKnown = true;
      if (!heard) f.now = Date.now();
      f.now += 1_000;
      expect(f.actuator.troubles('logs')).toEqual([]);
      const again = { member: 'a', expiresAt: f.now + 10_000, decision: `${f.now}-1.request.a`, entryId: `${f.now}-1` };
      expect(await f.run(f.job(again))).not.toMatchObject({ detail: expect.stringMatching(/^fence/) });
    },
  );
});

describe('under the file hold', () => {
  it('no desired lease is taken, and as soon as the file is gone it is', async () => {
    await forbid();
    await f.actuator.takeDesired([desired()]);
    expect(f.lvs.changes).toEqual([]);
    expect(last()).toMatchObject({ result: 'refused', detail: expect.stringMatching(/disks are changed/) });
    await allow();
    await f.actuator.takeDesired([desired()]);
    expect(f.lvs.weight('b')).toBe(0);
  });

  it('a weight that keepalived gave is not taken again until the file is gone; what is over is given back', async () => {
    const job = f.job();
    await f.run(job);
    await f.pass(1);
    await forbid();
    f.lvs.keepalivedAdds('b', 100);
    await f.pass(5);
    expect(f.lvs.weight('b')).toBe(100);
    await f.restart();
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
    await allow();
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(0);

    await forbid();
    const { lease: _, ...rest } = job;
    const end = { ...rest, decision: `${job.decision}~end`, action: 'restore', leaseIds: [job.decision] } as const;
    expect(await f.run(end)).toMatchObject({ result: 'ended', weightAfter: 100 });
  });

  it.each([
    ['that answers', true],
    ['that is silent', false],
  ])('nobody is moved off a member %s and was drained before it, not after a restart either', async (_, answers) => {
    f.master = undefined; // Nobody knows yet who is MASTER: moving waits.
    await f.pass(4);
    await f.run(f.job());
    f.writable.b = answers;
    f.master = true;
    await forbid();
    await f.restart();
    await f.pass(3);
    // What goes on in the background has come to its end then.
    await f.restart();
    expect(f.lvs.changes).toEqual(['b to 0']);
    expect(f.said).toEqual([]);
    await allow();
    await f.pass(1);
    await expect.poll(() => last()?.detail, { timeout: 50_000 }).toMatch(/Moving the producers went on|no Redis for b/);
  });

  it('a node that is kept off the VIP is not put off it again', async () => {
    f.handover = 0;
    f.director = () => ({ state: 'BACKUP', vip: false, nopreempt: true, handover: f.handover ?? 0 });
    await f.pass(1);
    const handover = { to: 'b', way: 'hard', value: -254, holdMs: 600_000, owner: 'person:ann', reason: '' } as const;
    const { lease: _, ...job } = f.job({ action: 'failover', member: 'a', handover });
    const done = f.run(job);
    await expect.poll(() => f.handover, { timeout: 50_000 }).toBe(-254);
    await f.pass(1);
    await expect.poll(() => f.handover, { timeout: 50_000 }).toBe(-253);
    await f.pass(1);
    await done;
    await forbid();
    f.handover = 0;
    await f.pass(2);
    expect(f.handover).toBe(0);
    await allow();
    await f.pass(1);
    expect(f.handover).toBe(-253);
  });

  it('a job that waited for the table while the file was made takes nothing', async () => {
    const { read } = f.lvs;
    let opened = () => {};
    const door = new Promise<void>((resolve) => {
      opened = resolve;
    });
    f.lvs.read = async (pool) => {
      await door;
      return read(pool);
    };
    const poll = f.run(f.job({ member: 'a', decision: `${f.now}-1.request.a`, entryId: `${f.now}-1` }));
    const waiting = f.run(f.job());
    await forbid();
    opened();
    await poll;
    expect(await waiting).toMatchObject({ result: 'refused', detail: expect.stringMatching(/^hold: /) });
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('a drill says that it would be refused', async () => {
    await forbid();
    expect(await f.run(f.job({ drill: { until: f.now + 10_000 } }))).toMatchObject({
      result: 'refused',
      detail: expect.stringMatching(/^Drill: hold: /),
    });
  });
});
