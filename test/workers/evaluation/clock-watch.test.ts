import { expect, it } from 'vitest';
import { createClockWatch } from '../../../workers/evaluation/clock-watch.ts';
import { sweepOf } from '../../support/pool.ts';
import { START } from '../../support/world.ts';

/** A clock that is not followed, nodes whose machines are so far from it in s, and a watch that is asked every second. */
function watched(lead: number, skews: Record<string, number>) {
  let second = 0;
  let isFollowed = false;
  let reads = 0;
  const clock = {
    get lead() {
      return isFollowed && all.lead < 0 ? 0 : all.lead;
    },
    follow: () => {
      isFollowed = true;
    },
  };
  const sweeps = async () => {
    reads += 1;
    return Object.entries(skews).map(([node, clock_skew]) => {
      const { director, ...sweep } = sweepOf(node, START);
      return { ...sweep, director: { ...director, clock_skew } };
    });
  };
  const watch = createClockWatch({ clock, sweeps, monotonic: () => second * 1_000 });
  const all = {
    lead,
    skews,
    isFollowed: () => isFollowed,
    /** How often sweeps were read since the last time that it was asked. */
    reads() {
      const before = reads;
      reads = 0;
      return before;
    },
    trouble: () => watch.trouble(),
    async pass(seconds: number) {
      for (let i = 0; i < seconds; i += 1) {
        second += 1;
        await watch.look();
      }
    },
  };
  return all;
}

const DAY = 86_400_000;

it('tells nothing of a clock that is followed', async () => {
  const all = watched(0, { a: 0, b: 0 });
  await all.pass(120);
  expect([all.trouble(), all.isFollowed()]).toEqual([undefined, false]);
});

it('tells by how much it is apart, either way', () => {
  expect(watched(-DAY, {}).trouble()).toMatch(/^The clock of the broker is 24 h ahead of Weir's time/);
  expect(watched(120_000, {}).trouble()).toMatch(/^The clock of the broker is 2 min behind Weir's time/);
});

it('follows one that is ahead when the clocks of two nodes have agreed with it for a minute', async () => {
  const all = watched(-DAY, { a: 4.9, b: -4.9, c: -86_400 });
  await all.pass(60);
  expect(all.isFollowed()).toBe(false);
  await all.pass(1);
  expect([all.trouble(), all.isFollowed()]).toEqual([undefined, true]);
});

it.each([
  ['one node agrees', { a: 0, b: -86_400 }],
  ['nobody does', { a: -86_400, b: -5.1 }],
])('goes on as before and tells it while %s', async (_, skews) => {
  const all = watched(-DAY, skews);
  await all.pass(600);
  expect(all.isFollowed()).toBe(false);
  expect(all.trouble()).toBeDefined();
});

it('begins the minute anew where one of them disagrees in between', async () => {
  const all = watched(-DAY, { a: 0, b: 0 });
  await all.pass(50);
  all.skews.b = -86_400;
  await all.pass(1);
  all.skews.b = 0;
  await all.pass(60);
  expect(all.isFollowed()).toBe(false);
});

it('tells no more of one that is behind once two nodes agree with it: it cannot be followed', async () => {
  const all = watched(120_000, { a: 0, b: 0 });
  await all.pass(61);
  expect(all.trouble()).toBeUndefined();
});

it('reads no sweeps while the clock is followed, and none of one that is behind for good once nodes agree with it', async () => {
  const followed = watched(0, { a: 0, b: 0 });
  await followed.pass(600);
  expect(followed.reads()).toBe(0);

  const behind = watched(120_000, { a: 0, b: 0 });
  await behind.pass(61);
  expect(behind.reads()).toBeGreaterThan(1);
  await behind.pass(600);
  expect([behind.reads(), behind.trouble()]).toEqual([0, undefined]);
});

it('reads them again, and tells it, when the clock has stepped once more', async () => {
  const all = watched(120_000, { a: 0, b: 0 });
  await all.pass(90);
  expect(all.trouble()).toBeUndefined();
  all.lead = 300_000;
  await all.pass(30);
  expect(all.trouble()).toMatch(/^The clock of the broker is 5 min behind/);
  await all.pass(40);
  expect(all.trouble()).toBeUndefined();
  all.reads();
  await all.pass(60);
  expect(all.reads()).toBe(0);
});

it('reads them ever so often only, where nodes do not agree with it', async () => {
  const all = watched(120_000, { a: 0, b: -86_400 });
  await all.pass(600);
  expect(all.reads()).toBeLessThanOrEqual(600 / 5 + 1);
  expect(all.trouble()).toBeDefined();
});
