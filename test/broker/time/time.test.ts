import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBrokerClock } from '../../../src/broker/time/clock.ts';
import { APART_MS, followClock, LISTEN_MS, reckon, type TimeLook } from '../../../src/broker/time/time.ts';

const NOON = 1_700_000_000_000;
const DAY = 86_400_000;

describe('what a process goes by that runs', () => {
  it.each([0, 30, -30, 4_999, -4_999])('follows a clock that is %i ms from its own', (ms) => {
    expect(reckon({ now: NOON, lead: 0 }, { clock: NOON + ms, last: NOON - 1_000, lead: 0 })).toEqual({
      now: NOON + ms,
      lead: 0,
    });
  });

  it.each([-120_000, DAY, 5_001, -5_001])('goes on by itself where the clock steps by %i ms', (ms) => {
    const after = reckon({ now: NOON, lead: 0 }, { clock: NOON + ms, last: NOON - 1_000, lead: 0 });
    expect(after).toEqual({ now: NOON, lead: -ms });
    // A second later it agrees with what it goes by.
    expect(reckon({ now: NOON + 1_000, lead: -ms }, { clock: NOON + ms + 1_003, last: NOON + 900, lead: -ms })).toEqual(
      { now: NOON + 1_003, lead: -ms },
    );
  });

  it('follows it again when it steps back', () => {
    const back = { clock: NOON + 60_030, last: NOON + 59_000, lead: -DAY };
    expect(reckon({ now: NOON + 60_000, lead: -DAY }, back)).toEqual({ now: NOON + 60_030, lead: 0 });
  });

  it('takes what the others say where it was paused', () => {
    const hour = { clock: NOON + 3_600_000, last: NOON + 3_599_500, lead: 0 };
    expect(reckon({ now: NOON, lead: 0 }, hour)).toEqual({ now: NOON + 3_600_000, lead: 0 });
    // The clock has stepped meanwhile, and they know of it.
    const stepped = { clock: NOON + 3_480_000, last: NOON + 3_599_500, lead: 120_000 };
    expect(reckon({ now: NOON, lead: 0 }, stepped)).toEqual({ now: NOON + 3_600_000, lead: 120_000 });
    // It steps just now.
    const unsaid = { clock: NOON + 3_600_000 + DAY, last: NOON + 3_599_500, lead: 0 };
    expect(reckon({ now: NOON, lead: 0 }, unsaid)).toEqual({ now: NOON + 3_599_500, lead: -DAY - 500 });
  });

  it('takes it after a pause that is only a little longer than clocks may be apart: the last entry was a moment before', () => {
    // Not taken, it would be 6 s behind for ever, and all that it sends stale.
    const seconds = { clock: NOON + 6_000, last: NOON + 5_000, lead: 0 };
    expect(reckon({ now: NOON, lead: 0 }, seconds)).toEqual({ now: NOON + 6_000, lead: 0 });
    const stepped = { clock: NOON - 94_000, last: NOON + 5_000, lead: 100_000 };
    expect(reckon({ now: NOON, lead: 100_000 }, stepped)).toEqual({ now: NOON + 6_000, lead: 100_000 });
  });

  it('goes on where everybody was paused together: nobody else says that an hour has passed', () => {
    expect(reckon({ now: NOON, lead: 0 }, { clock: NOON + 3_600_000, last: NOON - 500, lead: 0 })?.now).toBe(NOON);
  });

  it('goes on where the broker was paused, and where a replica that is behind took over', () => {
    expect(reckon({ now: NOON, lead: 0 }, { clock: NOON - 600_000, last: NOON - 600_500, lead: 0 })?.now).toBe(NOON);
  });
});

describe('what a process goes by that has just started', () => {
  const start = (look: TimeLook, quietMs = 0) => reckon(undefined, look, quietMs);

  it('the broker, where there is no entry or the last one is fresh', () => {
    expect(start({ clock: NOON, lead: 0 })).toEqual({ now: NOON, lead: 0 });
    expect(start({ clock: NOON, last: NOON - 900, lead: 0 })).toEqual({ now: NOON, lead: 0 });
  });

  it('the lead that the last entry says', () => {
    const look = { clock: NOON + DAY, last: NOON - 900, lead: -DAY };
    expect(start(look)).toEqual({ now: NOON, lead: -DAY });
  });

  it('the last entry, where the clock is behind it', () => {
    expect(start({ clock: NOON - 120_000, last: NOON, lead: 0 })).toEqual({ now: NOON, lead: 120_000 });
  });

  it('listens where the clock is ahead of it, and believes it when nobody says otherwise', () => {
    const ahead = { clock: NOON + 3_600_000, last: NOON, lead: 0 };
    expect(start(ahead)).toBeUndefined();
    expect(start(ahead, LISTEN_MS - 1)).toBeUndefined();
    expect(start(ahead, LISTEN_MS)).toEqual({ now: NOON + 3_600_000, lead: 0 });
  });
});

it('a clock that nodes agree with is followed ahead, never back', () => {
  expect(followClock({ now: NOON, lead: -DAY })).toEqual({ now: NOON + DAY, lead: 0 });
  expect(followClock({ now: NOON, lead: 120_000 })).toEqual({ now: NOON, lead: 120_000 });
});

/** Some processes over one stream, with a broker whose clock steps: what `append` does, without Redis. */
function together(names: readonly string[]) {
  let real = 0;
  let off = 0;
  let last: number | undefined;
  let lead = 0;
  const paused = new Map<string, number>();
  const look = async (): Promise<TimeLook> => ({ clock: NOON + real + off, ...(last !== undefined && { last }), lead });
  const clocks = new Map(
    names.map((name) => [name, createBrokerClock(look, { monotonic: () => real - (paused.get(name) ?? 0) })]),
  );
  return {
    step: (ms: number) => {
      off += ms;
    },
    last: () => last as number,
    async second(awake: readonly string[]) {
      for (const [name, clock] of clocks) {
        real += 10;
        if (!awake.includes(name)) continue;
        await clock.sync();
        if (!clock.synced) continue;
        const clockNow = NOON + real + off;
        const mine = Math.abs(clock.now() - clockNow) <= APART_MS ? clockNow : clock.now();
        if (last !== undefined && mine <= last) continue;
        last = mine;
        lead = Math.abs(mine - clockNow) <= APART_MS ? 0 : mine - clockNow;
      }
      for (const name of names) {
        if (!awake.includes(name)) paused.set(name, (paused.get(name) ?? 0) + 1_000);
      }
      real += 1_000 - 10 * names.length;
    },
    real: () => real,
  };
}

it('whatever the clock does, and whoever is paused, time goes on a second a second', async () => {
  const names = ['a', 'b', 'worker'];
  const move = fc.record({
    step: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -3 * DAY, max: 3 * DAY })),
    paused: fc.constantFrom('', '', 'a', 'b', 'worker'),
    seconds: fc.integer({ min: 1, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 12 }), async (moves) => {
      const all = together(names);
      await all.second(names);
      const [from, began] = [all.last(), all.real()];
      for (const { step, paused, seconds } of moves) {
        all.step(step);
        for (let i = 0; i < seconds; i += 1) await all.second(names.filter((name) => name !== paused));
      }
      await all.second(names);
      // A step of less than 5 s is followed, ahead at once, back by waiting.
      const small = moves
        .filter(({ step }) => Math.abs(step) <= APART_MS)
        .reduce((sum, { step }) => sum + Math.abs(step), 0);
      const most = small + moves.length * APART_MS;
      const off = all.last() - from - (all.real() - began);
      expect(Math.abs(off)).toBeLessThanOrEqual(most + 100);
    }),
    { numRuns: 60 },
  );
});
