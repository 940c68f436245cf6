import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounterWindow, createWindow, type Sample, slopePerSecond } from '../../src/observe/window.ts';

const LENGTH_MS = 15_000;

function line(count: number, stepMs: number, valueAt: (atMs: number) => number): Sample[] {
  return Array.from({ length: count }, (_, index) => ({ atMs: index * stepMs, value: valueAt(index * stepMs) }));
}

describe('a window', () => {
  it('forgets what is older than its length, but keeps one sample at its edge', () => {
    const window = createWindow(LENGTH_MS);

    for (let atMs = 0; atMs <= 60_000; atMs += 1_000) window.add(atMs, atMs);

    expect(window.samples[0]?.atMs).toBe(45_000);
    expect(window.samples.at(-1)?.atMs).toBe(60_000);
  });

  it('starts anew when time does not go forward', () => {
    const window = createWindow(LENGTH_MS);
    window.add(5_000, 1);
    window.add(6_000, 2);

    window.add(6_000, 3);

    expect(window.samples).toEqual([{ atMs: 6_000, value: 3 }]);
  });

  it('can be cleared', () => {
    const window = createWindow(LENGTH_MS);
    window.add(0, 1);

    window.clear();

    expect(window.samples).toEqual([]);
  });

  it('holds one sample at or before its edge at most, however they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: LENGTH_MS / 3 }), { maxLength: 60 }), (stepsMs) => {
        const window = createWindow(LENGTH_MS);
        let atMs = 0;
        for (const stepMs of stepsMs) {
          atMs += stepMs;
          window.add(atMs, 0);
        }

        expect(window.samples.filter((one) => one.atMs <= atMs - LENGTH_MS).length).toBeLessThanOrEqual(1);
        expect(window.samples.length).toBeGreaterThanOrEqual(Math.min(3, stepsMs.length));
      }),
    );
  });
});

describe('the slope', () => {
  it('needs three samples', () => {
    expect(slopePerSecond(line(2, 10_000, Number), LENGTH_MS)).toBeUndefined();
    expect(slopePerSecond(line(3, 10_000, Number), LENGTH_MS)).toBeCloseTo(1_000);
  });

  it('needs samples over a third of the window', () => {
    expect(slopePerSecond(line(5, 1_000, Number), LENGTH_MS)).toBeUndefined();
    expect(slopePerSecond(line(6, 1_000, Number), LENGTH_MS)).toBeCloseTo(1_000);
  });

  it('is unknown without samples', () => {
    expect(slopePerSecond([], LENGTH_MS)).toBeUndefined();
  });

  it('is the one of the line through the samples, not of its ends', () => {
    const flatWithOneSpike = line(16, 1_000, (atMs) => (atMs === 15_000 ? 160 : 0));

    expect(slopePerSecond(flatWithOneSpike, LENGTH_MS)).toBeCloseTo(3.529, 2);
  });

  it('of a line is found, whatever its offset and whenever it was looked at', () => {
    const steps = fc.array(fc.integer({ min: 200, max: 3_000 }), { minLength: 10, maxLength: 60 });
    const bytesPerSecond = fc.integer({ min: -5_000_000, max: 5_000_000 });
    const startMs = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(steps, bytesPerSecond, fc.nat(8_000_000_000), startMs, (stepsMs, slope, offset, start) => {
        const window = createWindow(LENGTH_MS);
        let atMs = start;
        for (const stepMs of stepsMs) {
          atMs += stepMs;
          window.add(atMs, offset + (slope * (atMs - start)) / 1_000);
        }

        const found = slopePerSecond(window.samples, LENGTH_MS);

        const spanMs = (window.samples.at(-1)?.atMs ?? 0) - (window.samples[0]?.atMs ?? 0);
        if (spanMs < LENGTH_MS / 3) expect(found).toBeUndefined();
        else expect(Math.abs((found ?? Number.NaN) - slope)).toBeLessThan(1);
      }),
    );
  });
});

describe('a counter', () => {
  it('has no growth and no rate before its second sample', () => {
    const counter = createCounterWindow(LENGTH_MS);
    expect([counter.growth(), counter.rate()]).toEqual([undefined, undefined]);

    counter.add(0, 1_000);

    expect([counter.growth(), counter.rate()]).toEqual([undefined, undefined]);
  });

  it('grows by what came within the window, wherever it began', () => {
    const counter = createCounterWindow(LENGTH_MS);

    for (let second = 0; second <= 40; second += 1) counter.add(second * 1_000, 5_000 + second * 20);

    expect(counter.growth()).toBe(300);
    expect(counter.rate()).toBe(20);
  });

  it('that was reset counts what came since as growth (T29)', () => {
    const counter = createCounterWindow(LENGTH_MS);
    counter.add(0, 1_000);
    counter.add(1_000, 1_100);

    counter.add(2_000, 30);

    expect(counter.growth()).toBe(130);
    expect(counter.rate()).toBe(65);
  });

  it('has no rate over a time that stands still', () => {
    const counter = createCounterWindow(LENGTH_MS);
    counter.add(1_000, 1);

    counter.add(1_000, 2);

    expect(counter.rate()).toBeUndefined();
  });

  it('never has a negative rate, whatever it is reset to', () => {
    const sample = fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.nat());
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 50 }), (samples) => {
        const counter = createCounterWindow(LENGTH_MS);
        let atMs = 0;
        for (const [stepMs, value] of samples) {
          atMs += stepMs;
          counter.add(atMs, value);
          expect(counter.rate() ?? 0).toBeGreaterThanOrEqual(0);
          expect(counter.growth() ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('that is not reset has the rate it has been fed', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(10 ** 12), fc.integer({ min: 2, max: 60 }), (perSecond, offset, count) => {
        const counter = createCounterWindow(LENGTH_MS);
        for (let second = 0; second < count; second += 1) counter.add(second * 1_000, offset + second * perSecond);

        expect(counter.rate()).toBeCloseTo(perSecond, 3);
      }),
    );
  });
});
