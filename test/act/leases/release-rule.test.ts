import { rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReadings } from '../../../src/act/readings.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

let f: Fixture;

/** The MASTER, which holds b at weight 0; a serves. */
beforeEach(async () => {
  f = await createFixture();
  f.master = true;
  await f.pass(1);
  await f.run(f.job({ action: 'set_weight' }));
  await f.pass(1);
});
afterEach(() => f.end());

const results = () => f.said.map((one) => one.result);
const released = () => f.said.find(({ result }) => result === 'released');

describe('the release rule on the MASTER', () => {
  it('gives a held member back when polls have seen nobody serve for two seconds, and not at the first of them', async () => {
    f.writable = { a: false, b: true };
    await f.pass(2);
    expect(f.lvs.weight('b')).toBe(0);

    await f.pass(1);

    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['released']);
    expect(released()?.detail).toContain(
      "Nobody serves in this node's table (a cannot be written to) and b is writable",
    );
  });

  it('does so where keepalived has taken the others out', async () => {
    f.lvs.keepalivedRemoves('a');
    f.writable = { a: false, b: true };
    await f.pass(3);
    expect(f.lvs.weight('b')).toBe(100);
    expect(released()?.detail).toContain('no member has a weight');
  });

  it('takes one lost poll for what it is, however often it comes', async () => {
    for (let time = 0; time < 20; time += 1) {
      f.writable = { a: false, b: true };
      await f.pass(2);
      f.writable = { a: true, b: true };
      await f.pass(1);
    }
    expect(f.lvs.weight('b')).toBe(0);
    expect(results()).toEqual([]);
  });

  describe('goes by what the newest poll saw, also where an earlier one', () => {
    /** Holds up the next look at the table. `reached` comes when somebody waits at it. */
    function stopAtTable(): { reached: Promise<void>; open: () => void } {
      const { read } = f.lvs;
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const reached = new Promise<void>((resolve) => {
        f.lvs.read = (pool) => {
          resolve();
          return gate.then(() => read(pool));
        };
      });
      return { reached, open };
    }

    /** Polls that saw nobody serve, the last of them held up by `begin`; then a takes writes again, and polls see it. */
    async function heldUp(begin: () => Promise<{ open: () => void; done: Promise<unknown>[] }>): Promise<void> {
      f.writable = { a: false, b: true };
      await f.pass(1);
      const { open, done } = await begin();
      f.writable = { a: true, b: true };
      done.push(f.pass(1), f.pass(1));
      open();
      await Promise.all(done);
    }

    it('waits for the table', async () => {
      await heldUp(async () => {
        const table = stopAtTable();
        const done: Promise<unknown>[] = [f.pass(1)];
        await table.reached;
        return { open: table.open, done };
      });
      expect(f.lvs.weight('b')).toBe(0);
      expect(results()).toEqual([]);
    });

    it('waits for the table for so long that nobody knows any more who serves: polls look anew', async () => {
      f.writable = { a: false, b: true };
      await f.pass(2);
      const table = stopAtTable();
      const poll = f.pass(1);
      await table.reached;
      // The process stood still: no poll came meanwhile.
      f.now += 60_000;
      table.open();
      await poll;
      expect(f.lvs.weight('b')).toBe(0);
      await f.pass(2);
      expect(f.lvs.weight('b')).toBe(0);
      await f.pass(1);
      expect(f.lvs.weight('b')).toBe(100);
    });

    it('waits for the lock, which a job has', async () => {
      await heldUp(async () => {
        const table = stopAtTable();
        const done: Promise<unknown>[] = [f.run(f.job({ action: 'set_weight', member: 'a' }))];
        await table.reached;
        done.push(f.pass(1));
        // Its inbox is read first; then it stands behind the job.
        await setTimeout(20);
        return { open: table.open, done };
      });
      expect(f.lvs.weight('b')).toBe(0);
      expect(results()).not.toContain('released');
    });
  });

  it('takes two polls that are far apart for two looks, unless so far that nobody knows what was between', async () => {
    f.writable = { a: false, b: true };
    for (let time = 0; time < 10; time += 1) await f.poll(3_100);
    expect(f.lvs.weight('b')).toBe(0);
    await f.poll(2_000);
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('does not release what is not in the table: a notify program has taken that away with the VIP', async () => {
    f.lvs.keepalivedRemoves('a');
    f.lvs.keepalivedRemoves('b');
    await f.pass(5);
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
    f.lvs.keepalivedAdds('a', 100);
    f.lvs.keepalivedAdds('b', 100);
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(0);
    expect(results()).not.toContain('released');
  });

  it('does not release when the other was only not looked at, or keeps Weir out: it may serve', async () => {
    f.writable = { b: true };
    await f.pass(5);
    f.writable = { a: undefined, b: true };
    await f.pass(5);
    expect(f.lvs.weight('b')).toBe(0);
    expect(results()).toEqual([]);
  });

  it('says how long ago it let go, where the table could not be set by then: others may serve again', async () => {
    f.writable = { a: false, b: true };
    await f.pass(2);
    for (let second = 0; second < 41; second += 1) {
      f.lvs.fail = 'before';
      await f.pass(1);
      f.writable = { a: true, b: true };
    }
    expect(f.lvs.weight('b')).toBe(0);
    expect(results()).toEqual([]);
    expect(f.actuator.troubles('logs').join()).toContain('ipvsadm failed');
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
    expect(results()).toEqual(['released']);
    expect(released()?.detail).toMatch(
      /b is writable: Weir lets go of it\. That was 41 s before the table could be set\. b went from weight 0 to 100\.$/,
    );
    expect(released()?.at).toBe(f.now);
  });

  it('does not say so of what is told at once, nor of a time that nobody knows', async () => {
    f.isTimeKnown = false;
    f.writable = { a: false, b: true };
    await f.pass(2);
    f.lvs.fail = 'before';
    await f.pass(1);
    f.isTimeKnown = true;
    f.now += 86_400_000;
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
    expect(released()?.detail).not.toContain('That was');
  });

  it('works when the disk refuses to write', async () => {
    await rm(f.stateDir, { recursive: true });
    await writeFile(f.stateDir, 'not a folder');
    f.writable = { a: false, b: true };
    await f.pass(3);
    expect(f.lvs.weight('b')).toBe(100);
    expect(f.actuator.troubles('logs')).toEqual([expect.stringContaining('cannot be written')]);
  });
});

describe('a held member that keeps Weir out', () => {
  it('is let go where otherwise nobody serves: what Weir may not see is no reason for an outage', async () => {
    f.writable = { a: false, b: undefined };
    await f.pass(3);
    expect(f.lvs.weight('b')).toBe(100);
    expect(released()?.detail).toContain('b answers, and does not let this node see whether it is writable');
  });

  it('stays held while another one serves, or may', async () => {
    for (const a of [true, undefined]) {
      f.writable = { a, b: undefined };
      await f.pass(5);
    }
    expect(f.lvs.weight('b')).toBe(0);
    expect(results()).toEqual([]);
  });

  it('is kept when its lease is over by its time, and people are told why until they restore it', async () => {
    f.writable = { a: true, b: undefined };
    await f.pass(1_810);
    expect(f.lvs.weight('b')).toBe(0);
    expect(f.said).toMatchObject([
      { result: 'kept', detail: expect.stringContaining('b does not let this node see whether it takes writes') },
    ]);
    await f.actuator.restore('logs', 'b', 'ann');
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('is not let go when it was only not looked at: the next poll looks', async () => {
    f.writable = { a: false };
    await f.pass(5);
    expect(f.lvs.weight('b')).toBe(0);
    f.writable = { a: false, b: true };
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
  });

  it('is not let go while it is silent: that would serve nobody', async () => {
    f.writable = { a: false, b: false };
    await f.pass(10);
    expect(f.lvs.weight('b')).toBe(0);
  });
});

describe('the release rule on a node that directs nobody', () => {
  it.each(['BACKUP', 'FAULT', 'INIT'])('%s: ends nothing, and begins to look when it becomes MASTER', async (state) => {
    f.director = () => ({ state, vip: false });
    f.writable = { a: false, b: true };
    await f.pass(600);
    expect(f.lvs.weight('b')).toBe(0);

    f.director = () => ({ state: 'MASTER', vip: true });
    await f.pass(2);
    expect(f.lvs.weight('b')).toBe(0);
    await f.pass(1);
    expect(f.lvs.weight('b')).toBe(100);
  });

  it.each([undefined, { state: 'ORPHAN', vip: true }, { state: 'HUNG' }, { vip: true }])(
    '%j may direct: it looks there too',
    async (director) => {
      f.director = () => director;
      f.writable = { a: false, b: true };
      await f.pass(3);
      expect(f.lvs.weight('b')).toBe(100);
    },
  );
});

it('polls that do not know begin no row and end none; one that knows better ends it', () => {
  const readings = createReadings(3_000);
  const at = (now: number, serves: boolean | undefined) => {
    readings.add({ pool: 'logs', now, members: {} });
    return readings.unserved(serves);
  };
  expect(at(1_000, undefined)).toBe(0);
  expect(at(2_000, false)).toBe(0);
  expect(at(3_000, undefined)).toBe(0);
  expect(at(4_000, false)).toBe(2_000);
  expect(at(5_000, true)).toBe(0);
  expect(at(6_000, false)).toBe(0);
  expect(at(7_000, false)).toBe(1_000);
  expect(at(10_001, false)).toBe(0);
  // Broker time that goes back is no row.
  expect(at(9_000, false)).toBe(0);
});
