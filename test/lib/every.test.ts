import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { every, type RepeatingOnDemand } from '../../src/lib/every.ts';

/** On the full minute only: what runs here was asked for. */
const SELDOM_MS = 60_000;

interface Watched {
  readonly repeating: RepeatingOnDemand;
  /** When each run began, in ms since it was made. */
  readonly startedMs: number[];
  overlapped: boolean;
}

let current: Watched | undefined;
afterEach(() => current?.repeating.stop());

function watched(intervalMs: number, runMs: number): Watched {
  const madeAtMs = performance.now();
  let under = 0;
  const one: Watched = {
    startedMs: [],
    overlapped: false,
    repeating: every(
      intervalMs,
      'test',
      async () => {
        under += 1;
        one.overlapped ||= under > 1;
        one.startedMs.push(performance.now() - madeAtMs);
        await sleep(runMs);
        under -= 1;
        if (runMs === 13) throw new Error('a run that fails');
      },
      () => undefined,
    ),
  };
  current = one;
  return one;
}

/** A run of the full minute would count as one that was asked for. */
async function awayFromTheMinute(ms: number): Promise<void> {
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < ms) await sleep(leftMs + 50);
}

/** On a busy machine a run comes late; what would be one too many has had its time then. */
async function ran({ startedMs }: Watched, times: number): Promise<void> {
  await vi.waitUntil(() => startedMs.length >= times, { timeout: 15_000, interval: 5 });
  await sleep(250);
}

it('says how long ago a run ended, one that failed as well', async () => {
  await awayFromTheMinute(2_000);
  const one = watched(SELDOM_MS, 13);
  await sleep(300);
  expect(one.repeating.endedAgoMs()).toBeGreaterThan(290);

  one.repeating.runSoon();
  await vi.waitUntil(() => one.repeating.endedAgoMs() < 250, { timeout: 15_000, interval: 5 });
  expect(one.startedMs).toHaveLength(1);
});

it('runs at once when it is asked to', async () => {
  await awayFromTheMinute(1_000);
  const one = watched(SELDOM_MS, 1);

  one.repeating.runSoon();
  await ran(one, 1);

  expect(one.startedMs).toHaveLength(1);
});

it('runs once more for all who ask while it runs, when that run is over', async () => {
  await awayFromTheMinute(2_000);
  const one = watched(SELDOM_MS, 300);

  one.repeating.runSoon();
  await sleep(50);
  for (let count = 0; count < 20; count += 1) one.repeating.runSoon();
  await ran(one, 2);

  expect(one.startedMs).toHaveLength(2);
  expect(one.overlapped).toBe(false);
});

it('runs once more for one who asks late in a long run: that run began before', async () => {
  await awayFromTheMinute(2_000);
  const one = watched(SELDOM_MS, 400);

  one.repeating.runSoon();
  await sleep(300);
  one.repeating.runSoon();
  await ran(one, 2);

  expect(one.startedMs).toHaveLength(2);
});

it('runs after the last who asked, and not oftener than every 200 ms', async () => {
  await awayFromTheMinute(3_000);
  const { repeating, startedMs } = watched(SELDOM_MS, 1);

  const beganAtMs = performance.now();
  let askedLastMs = 0;
  while (performance.now() - beganAtMs < 1_000 || startedMs.length < 4) {
    repeating.runSoon();
    askedLastMs = performance.now() - beganAtMs;
    await sleep(10);
  }
  await vi.waitUntil(() => (startedMs.at(-1) ?? 0) >= askedLastMs, { timeout: 15_000 });

  const gaps = startedMs.slice(1).map((at, index) => at - (startedMs[index] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(199);
  expect(startedMs.length).toBeGreaterThanOrEqual(4);
  expect(startedMs.at(-1)).toBeGreaterThanOrEqual(askedLastMs);
});

it('goes on as regularly as before, and never twice at once', async () => {
  const one = watched(1_000, 150);

  const until = performance.now() + 3_100;
  while (performance.now() < until || one.startedMs.length <= 8) {
    one.repeating.runSoon();
    await sleep(30);
  }
  const asked = one.startedMs.length;
  await sleep(2_300);
  await vi.waitUntil(() => one.startedMs.length > asked + 1, { timeout: 15_000 });

  expect(one.overlapped).toBe(false);
  expect(asked).toBeGreaterThan(8);
  // One more may follow for the last who asked. 2.3 s have two or three full seconds in them.
  const regular = one.startedMs.slice(asked + 1);
  expect(regular.length).toBeGreaterThanOrEqual(1);
  expect(regular.length).toBeLessThanOrEqual(3);
});

it('runs again after a run that failed', async () => {
  await awayFromTheMinute(2_000);
  const one = watched(SELDOM_MS, 13);

  one.repeating.runSoon();
  await vi.waitUntil(() => one.startedMs.length > 0, { timeout: 15_000, interval: 5 });
  one.repeating.runSoon();
  await ran(one, 2);

  expect(one.startedMs).toHaveLength(2);
});

it('does not run any more once it is stopped, whoever asked before or asks after', async () => {
  await awayFromTheMinute(2_000);
  const { repeating, startedMs } = watched(SELDOM_MS, 100);

  repeating.runSoon();
  await sleep(20);
  repeating.runSoon();
  await repeating.stop();
  const ran = startedMs.length;
  repeating.runSoon();
  await sleep(500);

  expect(startedMs).toHaveLength(ran);
});
