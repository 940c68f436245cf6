import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSetOwnWeight } from '../../../src/act/lvs/own-weight.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';
import { createFakeLvs, type FakeLvs } from '../fake-lvs.ts';

let dir: string;
let lvs: FakeLvs;
let f: Fixture;
const file = () => join(dir, 'weight-logs-b');
const value = async () => Number(await readFile(file(), 'utf8'));

beforeEach(async () => {
  dir = await tempDir();
  lvs = createFakeLvs({ a: 100, b: 100 });
});
afterEach(async () => {
  await f.end();
});

/** `follows`: keepalived does what its track file says, as it was measured to. */
async function withFile(follows: boolean): Promise<void> {
  await writeFile(file(), '0\n');
  const set = createSetOwnWeight(dir);
  f = await createFixture({
    lvs,
    async setOwnWeight(pool, member, weight) {
      const written = await set(pool, member, weight);
      if (written && follows && lvs.weight(member) !== undefined) lvs.somebodySets(member, 100 + (await value()));
      return written;
    },
  });
  await f.pass(1);
}

describe('where keepalived has a track file for the weight', () => {
  it('it is told, and no program changes the table', async () => {
    await withFile(true);
    expect(await f.run(f.job())).toMatchObject({ result: 'applied', weightBefore: 100, weightAfter: 0 });
    expect([await value(), lvs.weight('b'), lvs.changes]).toEqual([-100, 0, []]);
    await f.actuator.restore('logs', 'b', 'ann');
    expect([await value(), lvs.weight('b'), lvs.changes]).toEqual([0, 100, []]);
  });

  it('a member that is not listed comes back at its intended weight, also when the lease ended meanwhile', async () => {
    await withFile(true);
    await f.run(f.job());
    lvs.keepalivedRemoves('b');
    await f.pass(1);
    expect(await value()).toBe(-100);
    await f.actuator.restore('logs', 'b', 'ann');
    expect(await value()).toBe(0);
  });

  it('ipvsadm does it where keepalived does not follow', async () => {
    await withFile(false);
    expect(await f.run(f.job())).toMatchObject({ result: 'applied', weightAfter: 0 });
    expect(lvs.changes).toEqual(['b to 0']);
  });

  it("somebody else's weight becomes keepalived's own too", async () => {
    await withFile(true);
    await f.run(f.job());
    lvs.somebodySets('b', 30);
    await f.pass(1);
    expect([await value(), lvs.weight('b')]).toEqual([-70, 30]);
    expect(f.said.at(-1)).toMatchObject({ result: 'overridden' });
  });

  it('a lease that came to nothing leaves it at what the table shows', async () => {
    await withFile(false);
    lvs.fail = 'before';
    expect(await f.run(f.job())).toMatchObject({ result: 'failed' });
    expect([await value(), lvs.weight('b')]).toEqual([0, 100]);
  });
});

it('where it has none, ipvsadm changes the table and no file is made', async () => {
  f = await createFixture({ lvs, setOwnWeight: createSetOwnWeight(dir) });
  await f.pass(1);
  expect(await f.run(f.job())).toMatchObject({ result: 'applied' });
  expect(lvs.changes).toEqual(['b to 0']);
  await expect(readFile(file())).rejects.toThrow('ENOENT');
});
