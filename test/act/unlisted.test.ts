/** keepalived acts first: a member that is not in the table is held in advance. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSetOwnWeight } from '../../src/act/lvs/own-weight.ts';
import { tempDir } from '../support/temp-dir.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';
import { createFakeLvs, type FakeLvs } from './fake-lvs.ts';

let dir: string;
let lvs: FakeLvs;
let f: Fixture;

const file = () => join(dir, 'weight-logs-b');
const own = async () => 100 + Number(await readFile(file(), 'utf8'));

beforeEach(async () => {
  dir = await tempDir();
  await writeFile(file(), '0\n');
  lvs = createFakeLvs({ a: 100, b: 100 });
  f = await createFixture({ lvs, setOwnWeight: createSetOwnWeight(dir) });
  f.master = true;
  f.writable = { a: true, b: false };
  await f.pass(1);
});
afterEach(async () => {
  await f.end();
});

const HELD = { id: expect.any(String), member: 'b', weight: 0, base: 100, contested: false };

describe('a member that keepalived has taken out of the table', () => {
  beforeEach(async () => {
    lvs.keepalivedRemoves('b');
    await f.pass(1);
  });

  it('is taken in advance: at its configured weight as the base, with what keepalived gives it, and nobody is moved', async () => {
    const outcome = await f.run(f.job());
    expect(outcome).toMatchObject({ result: 'applied', moved: 0, stuck: 0 });
    expect(outcome.detail).toMatch(
      /^b is not in this node's table now; it comes back at 0\. Held for 30 min, base 100\./,
    );
    expect(f.actuator.liveLeases('logs')).toMatchObject([HELD]);
    expect([await own(), lvs.changes]).toEqual([0, []]);
    await f.actuator.restore('logs', 'b', 'ann');
    expect([await own(), f.actuator.liveLeases('logs')]).toEqual([100, []]);
  });

  it('is lowered within one poll where keepalived does not read the file, whatever it comes back with', async () => {
    await f.run(f.job());
    lvs.keepalivedAdds('b', 40);
    await f.pass(1);
    expect(lvs.weight('b')).toBe(0);
    expect(f.said.map(({ result }) => result)).toContain('reasserted');
    expect(f.said.map(({ result }) => result)).not.toContain('overridden');
  });

  it('has its producers moved that came in that poll', async () => {
    await f.run(f.job());
    lvs.keepalivedAdds('b', 100);
    lvs.connect('b', 3);
    await f.pass(2);
    await expect.poll(() => lvs.changes, { timeout: 30_000 }).toEqual(['b to 0', 'remove b', 'add b at 0']);
  });

  it('is taken at the weight that is asked for, by a job as by a desired lease', async () => {
    const lease = { weight: 30, until: f.now + 60_000, owner: 'person:ann', reason: 'x' };
    expect(await f.run(f.job({ action: 'set_weight', lease }))).toMatchObject({ result: 'applied' });
    expect(await own()).toBe(30);
    await f.actuator.takeDesired([
      { ...lease, id: '7-7.request.b', entryId: `${f.now}-7`, pool: 'logs', member: 'b', weight: 0 },
    ]);
    expect(await own()).toBe(0);
    lvs.keepalivedAdds('b', 100);
    await f.pass(1);
    expect(lvs.weight('b')).toBe(0);
  });

  it('comes back in steps when its lease has ended before keepalived lists it, and begins with them then', async () => {
    await f.end();
    for (const followed of [true, false]) {
      lvs = createFakeLvs({ a: 100, b: 100 });
      const raise = { steps: [10, 50, 100], everyMs: 10_000 };
      f = await createFixture({ lvs, raise, ...(followed && { setOwnWeight: createSetOwnWeight(dir) }) });
      lvs.keepalivedRemoves('b');
      await f.pass(1);
      f.writable = { a: true, b: false };
      const job = f.job();
      await f.run(job);
      f.writable = { a: true, b: true };
      await f.pass(1);
      const ending = { decision: `${job.decision}~end`, action: 'restore', leaseIds: [job.decision] } as const;
      const outcome = await f.run(f.job(ending));
      expect(outcome.detail).toMatch(/it comes back at 10\. It rises to 100 in steps\./);
      await f.pass(40);
      if (followed) expect(await own()).toBe(10);
      lvs.keepalivedAdds('b', followed ? 10 : 100);
      await f.pass(1);
      expect(lvs.weight('b')).toBe(10);
      await f.pass(30);
      expect(lvs.weight('b')).toBe(100);
      if (followed) await f.end();
    }
  });

  it('has no clients that could be shed', async () => {
    const refused = { result: 'refused', detail: expect.stringContaining('keepalived has taken it out') };
    expect(await f.run(f.job({ action: 'shed_clients' }))).toMatchObject(refused);
  });

  it('is not taken where nobody else serves', async () => {
    lvs.somebodySets('a', 0);
    await f.pass(1);
    expect(await f.run(f.job())).toMatchObject({ result: 'refused' });
    expect([await own(), f.actuator.liveLeases('logs')]).toEqual([100, []]);
  });

  it('has its file written anew when that was lost in a reboot', async () => {
    await f.run(f.job());
    await writeFile(file(), '0\n');
    await f.pass(1);
    expect(await own()).toBe(0);
  });

  it('stays held by a process that died while it took it', async () => {
    const leases = join(f.stateDir, 'leases.json');
    await f.run(f.job());
    const text = await readFile(leases, 'utf8');
    await writeFile(leases, text.replace('"phase": "held"', '"phase": "taking"'));
    await writeFile(file(), '0\n');
    await f.restart();
    expect(f.actuator.liveLeases('logs')).toMatchObject([HELD]);
    expect(f.said.at(-1)).toMatchObject({ result: 'applied', detail: expect.stringContaining('not in the table') });
    expect(await own()).toBe(0);
  });
});

describe('keepalived takes it out between the look and the change', () => {
  it('that is no failure: it is held in advance', async () => {
    lvs.beforeChange = () => lvs.keepalivedRemoves('b');
    lvs.fail = 'before';
    expect(await f.run(f.job())).toMatchObject({
      result: 'applied',
      detail: expect.stringContaining('comes back at 0'),
    });
    expect(await own()).toBe(0);
    lvs.beforeChange = () => {};
    lvs.keepalivedAdds('b', 100);
    await f.pass(1);
    expect(lvs.weight('b')).toBe(0);
  });

  it('and the job comes too late: nothing is held, and it comes back at its weight', async () => {
    lvs.beforeChange = () => {
      lvs.keepalivedRemoves('b');
      f.now += 20_000;
    };
    expect(await f.run(f.job())).toMatchObject({ result: 'expired' });
    expect([await own(), f.actuator.liveLeases('logs')]).toEqual([100, []]);
  });
});
