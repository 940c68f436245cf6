import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolConfig } from '../support/pool.ts';
import { createFixture, type Fixture } from './actuator-fixture.ts';

let f: Fixture;

beforeEach(async () => {
  f = await createFixture();
  await f.pass(1);
});
afterEach(() => f.end());

const results = () => f.said.map((one) => one.result);
const file = () => join(f.stateDir, 'leases.json');

it('a node that cannot change its table says so from the start, before there is anything to do', async () => {
  f.lvs.closed = 'ipvsadm is not installed: install the Debian package ipvsadm.';
  await f.restart();
  await f.pass(1);
  expect(f.actuator.troubles('logs')).toEqual([f.lvs.closed]);
});

describe('a job', () => {
  it('drains, reads back, and says what it saw', async () => {
    const job = f.job();
    const outcome = await f.run(job);

    expect(outcome).toMatchObject({ result: 'applied', weightBefore: 100, weightAfter: 0, decision: job.decision });
    expect(f.lvs.weight('b')).toBe(0);
    expect(f.actuator.liveLeases('logs')).toMatchObject([{ id: job.decision, member: 'b', weight: 0, base: 100 }]);
  });

  it('that this node does not know is refused and touches nothing', async () => {
    for (const wrong of [{ pool: 'other' }, { member: 'z' }, { node: 'b' }]) {
      expect(await f.run(f.job(wrong))).toMatchObject({ result: 'refused' });
    }
    expect(f.lvs.changes).toEqual([]);
  });

  it('that was decided on a member that could not be written is refused when it can be by now', async () => {
    expect(await f.run(f.job({ unwritable: true }))).toMatchObject({
      result: 'refused',
      detail: expect.stringContaining('b can be written again'),
    });
    expect(f.lvs.changes).toEqual([]);

    f.writable.b = false;
    await f.pass(1);
    expect(await f.run(f.job({ unwritable: true }))).toMatchObject({ result: 'applied' });
  });

  it('is refused while the file hold stands, but for what gives weight back and what a person forces', async () => {
    const drained = f.job();
    await f.run(drained);
    await writeFile(join(f.stateDir, 'hold'), '');
    const refused = f.job({ lease: { weight: 50, until: f.now + 60_000, owner: 'rule:x', reason: '' } });
    expect(await f.run(refused)).toMatchObject({
      result: 'refused',
      detail: 'hold: The file hold in state_dir forbids this node to act: no reason is given in it.',
    });
    await writeFile(join(f.stateDir, 'hold'), 'disks are changed\nuntil noon\n');
    expect(await f.run(refused)).toMatchObject({ detail: expect.stringContaining(': disks are changed.') });
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
    const { lease: _, ...back } = drained;
    const end = { ...back, decision: `${drained.decision}~end`, action: 'restore' as const, unconditional: true };
    expect(await f.run({ ...end, leaseIds: [drained.decision] })).toMatchObject({ result: 'ended' });
    expect(f.lvs.weight('b')).toBe(100);

    expect(await f.run(f.job({ force: true }))).toMatchObject({ result: 'applied' });
    expect(f.lvs.weight('b')).toBe(0);
    await rm(join(f.stateDir, 'hold'));
    expect(await f.run(f.job())).toMatchObject({ result: 'applied' });
  });

  it('that comes too late is expired', async () => {
    const job = f.job({ expiresAt: f.now - 1 });
    expect(await f.run(job)).toMatchObject({ result: 'expired' });
    expect(f.lvs.changes).toEqual([]);
  });

  it('of an earlier entry than the last one acted on is refused, also after a restart', async () => {
    const early = f.job();
    await f.run(f.job({ action: 'set_weight', lease: { ...lease(), weight: 50 } }));
    await f.restart();
    await f.pass(1);

    expect(await f.run(early)).toMatchObject({ result: 'refused', detail: expect.stringContaining('fence') });
    expect(f.lvs.weight('b')).toBe(50);
  });

  it('of an entry between two that were acted on is refused: the later of them counts', async () => {
    const to = (weight: number) => f.job({ action: 'set_weight', lease: { ...lease(), weight } });
    const [first, between, last] = [to(50), to(40), to(60)];
    for (const job of [first, last]) expect(await f.run(job)).toMatchObject({ result: 'applied' });
    expect(await f.run(between)).toMatchObject({ result: 'refused', detail: expect.stringContaining('fence') });
    expect(f.lvs.weight('b')).toBe(50);
  });

  it('of a person who gives back passes the fence like any other, and is not done twice', async () => {
    const restore = () => f.job({ action: 'restore', lease: undefined as never, unconditional: true });
    const early = restore();
    await f.run(f.job());
    expect(await f.run(early)).toMatchObject({ result: 'refused', detail: expect.stringContaining('fence') });
    expect(f.lvs.weight('b')).toBe(0);
    const job = restore();
    const first = await f.run(job);
    await f.run(f.job());
    expect(await f.run(job)).toEqual(first);
    expect(f.lvs.changes).toEqual(['b to 0', 'b to 100', 'b to 0']);
  });

  it('that comes twice is acted on once and answered alike', async () => {
    const job = f.job();
    const first = await f.run(job);
    await f.run(f.job({ action: 'restore', lease: undefined as never, unconditional: true }));
    const second = await f.run(job);

    expect(second).toEqual(first);
    expect(f.lvs.changes).toEqual(['b to 0', 'b to 100']);
  });

  it('is refused by the pre-flight when nobody else serves here, force or not', async () => {
    f.writable = { a: false, b: true };
    await f.pass(1);
    const outcome = await f.run(f.job({ force: true }));

    expect(outcome).toMatchObject({ result: 'refused', detail: expect.stringContaining('pre-flight') });
    expect(f.lvs.changes).toEqual([]);
  });

  it('is refused when this node has not polled lately', async () => {
    f.now += 4_000;
    expect(await f.run(f.job())).toMatchObject({ result: 'refused' });
  });

  it('that is cut off touches nothing', async () => {
    const outcome = await f.run(f.job(), AbortSignal.abort());
    expect(outcome.result).toBe('failed');
    expect(f.lvs.changes).toEqual([]);
    expect(f.actuator.liveLeases('logs')).toEqual([]);
  });

  it('fails and leaves no lease when ipvsadm fails', async () => {
    f.lvs.fail = 'before';
    expect(await f.run(f.job())).toMatchObject({ result: 'failed', weightAfter: 100 });
    expect(f.actuator.liveLeases('logs')).toEqual([]);
  });

  it('believes the table, not the exit code', async () => {
    f.lvs.fail = 'after';
    expect(await f.run(f.job())).toMatchObject({ result: 'applied', weightAfter: 0 });
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
  });

  it('believes the table also where ipvsadm says that all is well', async () => {
    f.lvs.setWeight = async () => undefined;
    const detail = 'b was set to weight 0, and the table then showed weight 100.';
    expect(await f.run(f.job())).toMatchObject({ result: 'failed', weightAfter: 100, detail });
    expect(f.actuator.liveLeases('logs')).toEqual([]);
  });

  it('keeps its lease while the table cannot be read back, and the next poll finds out', async () => {
    const { setWeight } = f.lvs;
    f.lvs.setWeight = async (place, weight) => {
      await setWeight(place, weight);
      f.lvs.unreadable = true;
    };
    expect(await f.run(f.job())).toMatchObject({ result: 'failed', detail: expect.stringContaining('cannot be read') });
    f.lvs.setWeight = setWeight;
    await f.pass(1);
    expect(f.actuator.troubles('logs')).toEqual([expect.stringContaining('cannot be read')]);
    f.lvs.unreadable = false;
    await f.pass(1);
    expect(results()).toEqual(['applied']);
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
    expect(f.lvs.changes).toEqual(['b to 0']);
  });

  it('believes a table that could be read only at the second look', async () => {
    const { read, setWeight } = f.lvs;
    let blind = false;
    f.lvs.setWeight = async (place, weight) => {
      await setWeight(place, weight);
      blind = true;
    };
    f.lvs.read = async (pool) => {
      if (blind) {
        blind = false;
        throw new Error('once');
      }
      return read(pool);
    };
    expect(await f.run(f.job())).toMatchObject({ result: 'applied', weightAfter: 0 });
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
  });

  it('for another weight than 0 and the base is refused under rr', async () => {
    await f.end();
    f = await createFixture({ pool: poolConfig({ lvs: { ...poolConfig().lvs, scheduler: 'rr' } }) });
    await f.pass(1);
    const outcome = await f.run(f.job({ action: 'set_weight', lease: { ...lease(), weight: 50 } }));
    expect(outcome).toMatchObject({ result: 'refused', detail: expect.stringContaining('rr') });
    expect(await f.run(f.job())).toMatchObject({ result: 'applied' });
  });
});

describe('ending leases', () => {
  it('by name puts the base back; a late job of that decision is not acted on', async () => {
    const job = f.job();
    await f.run(job);
    const outcome = await f.run(end(job.decision));
    expect(outcome).toMatchObject({ result: 'ended', weightBefore: 0, weightAfter: 100 });

    const other = f.job();
    await f.run(end(other.decision));
    expect(await f.run(other)).toMatchObject({ result: 'refused', detail: expect.stringContaining('over already') });
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('of two leaves the other', async () => {
    const half = f.job({ action: 'set_weight', lease: { ...lease(), weight: 50 } });
    const none = f.job();
    await f.run(half);
    await f.run(none);
    await f.run(end(none.decision));
    expect(f.lvs.weight('b')).toBe(50);
    await f.run(end(half.decision));
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('of one of two lowers nothing: keepalived gave the member its weight again, and nobody else serves', async () => {
    const [one, other] = [f.job(), f.job()];
    for (const job of [one, other]) await f.run(job);
    f.lvs.keepalivedRemoves('b');
    await f.pass(1);
    f.lvs.keepalivedAdds('b', 100);
    f.writable.a = false;
    await f.pass(1);
    expect(await f.run(end(one.decision))).toMatchObject({ result: 'ended', weightAfter: 100 });
    expect(f.lvs.weight('b')).toBe(100);
    expect(f.actuator.liveLeases('logs').map(({ id }) => id)).toEqual([other.decision]);
    f.writable.a = true;
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(0);
  });

  it('of one of two lowers nothing where Weir has stopped to put the member back', async () => {
    const [one, other] = [f.job(), f.job()];
    for (const job of [one, other]) await f.run(job);
    for (let time = 0; time < 4; time += 1) {
      f.lvs.somebodySets('b', 100);
      await f.pass(1);
    }
    expect(f.lvs.weight('b')).toBe(100);
    await f.run(end(one.decision));
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
    expect(f.actuator.liveLeases('logs')).toMatchObject([{ id: other.decision, contested: true }]);
  });

  it('looks first, keeps the lease on a member that is not writable, and answers alike until it is', async () => {
    const job = f.job();
    await f.run(job);
    f.writable.b = false;
    await f.pass(1);
    const first = await f.run(end(job.decision));
    await f.pass(6);
    const second = await f.run({ ...end(job.decision), decision: `${job.decision}~end-2` });
    expect(first).toMatchObject({ result: 'kept' });
    expect(second).toMatchObject({ result: 'kept', at: first.at, detail: first.detail });
    expect(f.lvs.weight('b')).toBe(0);
    expect(f.actuator.liveLeases('logs')).toMatchObject([{ id: job.decision, kept: true }]);
    const records = (await f.actuator.audit('logs')?.after(0, 100)) ?? [];
    expect(records.filter(({ body }) => 'result' in body && body.result === 'kept')).toHaveLength(1);

    f.writable.b = true;
    await f.pass(9);
    expect(f.lvs.weight('b')).toBe(0);
    await f.pass(3);
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('leaves a weight that somebody else has set meanwhile', async () => {
    const job = f.job();
    await f.run(job);
    f.lvs.somebodySets('b', 40);
    expect(await f.run(end(job.decision))).toMatchObject({ result: 'ended', weightAfter: 40 });
    expect(results()).toEqual(['overridden']);
    expect(f.lvs.weight('b')).toBe(40);
  });

  it('by a person works when the disk refuses to write', async () => {
    await f.run(f.job());
    await rm(f.stateDir, { recursive: true });
    await writeFile(f.stateDir, 'not a folder');
    const { leaseIds: _, ...all } = end('x');
    await f.run({ ...all, unconditional: true });
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('by a person does not look', async () => {
    await f.run(f.job());
    f.writable.b = false;
    await f.pass(1);
    const restore = { ...end('x'), decision: `${f.now}-99.request.b`, unconditional: true };
    const { leaseIds: _, ...all } = restore;
    expect(await f.run(all)).toMatchObject({ result: 'applied', weightAfter: 100 });
    expect(results()).toContain('ended');
  });

  it('by time raises only a member that was seen writable for 10 s, and tells once that it stays', async () => {
    await f.run(f.job({ lease: { ...lease(), until: f.now + 5_000 } }));
    f.writable.b = false;
    await f.pass(20);
    expect(results()).toEqual(['kept']);
    expect(f.lvs.weight('b')).toBe(0);

    f.writable.b = true;
    await f.pass(10);
    expect(f.lvs.weight('b')).toBe(0);
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['kept', 'ended']);
  });
});

describe('other hands on the table', () => {
  it('keepalived is put right three times in a minute, then Weir stops and says who fights whom', async () => {
    await f.run(f.job());
    for (let time = 0; time < 4; time += 1) {
      f.lvs.keepalivedRemoves('b');
      await f.pass(1);
      f.lvs.keepalivedAdds('b', 100);
      await f.pass(1);
    }
    expect(results()).toEqual(['reasserted', 'reasserted', 'reasserted', 'contested']);
    expect(f.said.at(-1)?.detail).toMatch(
      /keepalived put b back at weight 100 .* rule member-unwritable holds it at 0/,
    );
    await f.pass(90);
    expect(f.lvs.weight('b')).toBe(100);
    expect(f.actuator.liveLeases('logs')).toMatchObject([{ contested: true }]);
  });

  it('a weight that is neither is somebody else’s: it stays and the lease is over', async () => {
    const job = f.job();
    await f.run(job);
    f.lvs.somebodySets('b', 40);
    await f.pass(2);
    expect(f.said).toMatchObject([{ result: 'overridden', decision: job.decision }]);
    expect(f.lvs.weight('b')).toBe(40);
    expect(f.actuator.liveLeases('logs')).toEqual([]);
  });

  it('a member that is not listed is never added, and its lease waits for it', async () => {
    await f.run(f.job());
    f.lvs.keepalivedRemoves('b');
    await f.pass(5);
    expect(f.lvs.weight('b')).toBeUndefined();
    f.lvs.keepalivedAdds('b', 100);
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(0);
  });

  it('a drain is not put back when nobody would serve then', async () => {
    await f.run(f.job());
    f.writable = { a: false, b: false };
    f.lvs.keepalivedAdds('b', 100);
    await f.pass(3);
    expect(f.lvs.weight('b')).toBe(100);
  });
});

describe('after a restart', () => {
  it('a lease is held still, and ends', async () => {
    const job = f.job();
    await f.run(job);
    await f.restart();
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
    await f.pass(1);
    await f.run(end(job.decision));
    expect(f.lvs.weight('b')).toBe(100);
  });

  it.each([
    [0, 'applied', 1],
    [100, 'failed', 0],
  ])('a lease that was being taken, table at %i: %s', async (weight, result, leases) => {
    await f.run(f.job());
    await edit((text) => text.replace('"held"', '"taking"'));
    f.lvs.somebodySets('b', weight);
    await f.restart();
    expect(f.said).toMatchObject([{ result }]);
    expect(f.actuator.liveLeases('logs')).toHaveLength(leases);
    expect(f.lvs.weight('b')).toBe(weight);
  });

  it.each([0, 100])('a lease that was being ended is ended, table at %i', async (weight) => {
    await f.run(f.job());
    await edit((text) => text.replace('"held"', '"ending", "end": {"result": "released", "detail": "x."}'));
    f.lvs.somebodySets('b', weight);
    await f.restart();
    expect(f.said).toMatchObject([{ result: 'released' }]);
    expect(f.lvs.weight('b')).toBe(100);
    expect(JSON.parse(await readFile(file(), 'utf8')).pools.logs.holds).toEqual({});
  });

  it('a decision that was begun and not finished is not acted on again', async () => {
    const job = f.job();
    await f.run(job);
    await edit((text) => {
      const record = JSON.parse(text);
      record.pools.logs.holds = {};
      record.pools.logs.acted = [{ decision: job.decision }];
      return JSON.stringify(record);
    });
    f.lvs.somebodySets('b', 100);
    await f.restart();
    await f.pass(1);
    expect(await f.run(job)).toMatchObject({ result: 'failed', detail: expect.stringContaining('does not repeat it') });
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('a file that cannot be read changes nothing, refuses every job, and works again when it is moved away', async () => {
    await f.run(f.job());
    await edit(() => '{"version": 1, "pools": ');
    await f.restart();
    await f.pass(2);
    const before = f.lvs.changes.length;
    expect(await f.run(f.job())).toMatchObject({ result: 'refused', detail: expect.stringContaining('lease file') });
    expect(f.actuator.troubles('logs')[0]).toContain('moved away');
    expect(f.lvs.changes).toHaveLength(before);
    expect(await readFile(file(), 'utf8')).toBe('{"version": 1, "pools": ');

    await rm(file());
    await f.pass(1);
    expect(f.actuator.troubles('logs')).toEqual([]);
    expect(await f.run(f.job())).toMatchObject({ result: 'applied' });
  });

  async function edit(how: (text: string) => string): Promise<void> {
    await f.actuator.close();
    await writeFile(file(), how(await readFile(file(), 'utf8')));
  }
});

describe('a desired lease', () => {
  const desired = () => ({
    ...{ ...lease(), id: '1-1.member-unwritable.b', entryId: '1-1', pool: 'logs', member: 'b' },
  });

  it('is taken up once, renewed, and ended', async () => {
    const one = desired();
    await f.actuator.takeDesired([one]);
    await f.actuator.takeDesired([one]);
    expect(f.lvs.changes).toEqual(['b to 0']);
    await f.actuator.takeDesired([{ ...one, until: one.until + 60_000 }]);
    expect(f.actuator.liveLeases('logs')).toMatchObject([{ until: one.until + 60_000 }]);
    await f.actuator.takeDesired([{ ...one, endedAt: f.now }]);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['applied', 'ended']);
  });

  it('that the pool has ended is kept as long as this node does not see the member writable', async () => {
    const one = desired();
    await f.actuator.takeDesired([one]);
    f.writable.b = false;
    await f.pass(1);
    for (const _ of [1, 2]) await f.actuator.takeDesired([{ ...one, endedAt: f.now }]);
    expect(f.lvs.weight('b')).toBe(0);
    expect(results()).toEqual(['applied', 'kept']);
    f.writable.b = true;
    await f.pass(1);
    await f.actuator.takeDesired([{ ...one, endedAt: f.now }]);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['applied', 'kept', 'ended']);
  });

  it('is not taken up when nobody would serve, and said once', async () => {
    f.writable = { a: false, b: true };
    await f.pass(1);
    await f.actuator.takeDesired([desired()]);
    await f.actuator.takeDesired([desired()]);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['refused']);
  });

  it('whose end ipvsadm refused is not taken up a second time: the next poll ends it', async () => {
    await f.actuator.takeDesired([desired()]);
    f.lvs.fail = 'before';
    await f.actuator.takeDesired([{ ...desired(), endedAt: f.now }]);
    await f.actuator.takeDesired([desired()]);
    expect(f.lvs.weight('b')).toBe(0);
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['applied', 'ended']);
  });

  it('after this node has ended it is not taken up again: the end is told again', async () => {
    await f.actuator.takeDesired([desired()]);
    await f.actuator.restore('logs', 'b', 'root');
    await f.restart();
    f.now += 31_000;
    await f.pass(1);
    await f.actuator.takeDesired([desired()]);
    await f.actuator.takeDesired([desired()]);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['applied', 'ended', 'ended']);
  });
});

function lease() {
  return { weight: 0, until: f.now + 1_800_000, owner: 'rule:member-unwritable', reason: 'b is not writable' };
}

function end(id: string) {
  const { lease: _, ...job } = f.job();
  return { ...job, decision: `${id}~end`, action: 'restore' as const, leaseIds: [id] };
}
