/** When people are left in peace, by the clock on their wall: also in the two nights in which that clock is set. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuietHours } from '../../../src/model/configuration/route.ts';
import { quietUntil } from '../../../src/tell/incidents/routes.ts';

const MINUTE_MS = 60_000;

/** Zones, and an instant within some hours of which their clocks are set, in 2026 or 2027. */
const CHANGES = [
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['America/St_Johns', '2027-03-14T05:30Z'],
  // By half an hour.
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  // Three quarters of an hour off.
  ['Pacific/Chatham', '2026-09-26T14:00Z'],
  ['Pacific/Chatham', '2027-04-03T14:00Z'],
  // At midnight.
  ['America/Havana', '2026-03-08T05:00Z'],
  ['Africa/Cairo', '2026-10-29T21:00Z'],
  // Never.
  ['Asia/Kolkata', '2026-10-25T01:00Z'],
  ['UTC', '2026-10-25T01:00Z'],
] as const;

function quiet(hours: string, timeZone: string): QuietHours {
  const [from = 0, to = 0] = hours.split('-').map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
  return { from, to, timeZone, lets: ['page'] };
}

/** What stands on the wall, as Intl has it. */
function wallMinute(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' });
  const named = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return (named.hour ?? Number.NaN) * 60 + (named.minute ?? Number.NaN);
}

function isQuiet({ from, to, timeZone }: QuietHours, at: number): boolean {
  const minute = wallMinute(at, timeZone);
  return from < to ? minute >= from && minute < to : from > to && (minute >= from || minute < to);
}

describe('quiet hours', () => {
  it.each([
    // Summer time: the night has an hour less.
    ['22:00-07:00', '2026-03-29T00:30:00Z', '2026-03-29T05:00:00Z'],
    ['22:00-07:00', '2026-03-28T22:30:00Z', '2026-03-29T05:00:00Z'],
    // Winter time: it has one more.
    ['22:00-07:00', '2026-10-24T23:30:00Z', '2026-10-25T06:00:00Z'],
    ['22:00-07:00', '2026-10-25T00:30:00Z', '2026-10-25T06:00:00Z'],
    ['22:00-07:00', '2026-10-25T01:30:00Z', '2026-10-25T06:00:00Z'],
    // Half past two comes twice; the first one is an end.
    ['22:00-02:30', '2026-10-24T23:30:00Z', '2026-10-25T00:30:00Z'],
    ['22:00-02:30', '2026-10-25T01:10:00Z', '2026-10-25T01:30:00Z'],
    // Half past two never comes: three does.
    ['22:00-02:30', '2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z'],
    // Any other night.
    ['22:00-07:00', '2026-06-10T20:00:30Z', '2026-06-11T05:00:00Z'],
  ])('%s in Berlin from %s on last until %s', (hours, now, until) => {
    const end = quietUntil(quiet(hours, 'Europe/Berlin'), 'warn', Date.parse(now));
    expect(new Date(end ?? 0).toISOString()).toBe(new Date(until).toISOString());
  });

  it('end at the first minute that is none of theirs, in every zone and night', () => {
    const times = fc.record({
      change: fc.constantFrom(...CHANGES),
      offMs: fc.integer({ min: -30 * 60 * MINUTE_MS, max: 30 * 60 * MINUTE_MS }),
      from: fc.integer({ min: 0, max: 1_439 }),
      to: fc.integer({ min: 0, max: 1_439 }),
    });
    fc.assert(
      fc.property(times, ({ change: [timeZone, at], offMs, from, to }) => {
        const hours: QuietHours = { from, to, timeZone, lets: ['page'] };
        const now = Date.parse(at) + offMs;
        const until = quietUntil(hours, 'warn', now);
        expect(until !== undefined).toBe(isQuiet(hours, now));
        expect(quietUntil(hours, 'page', now)).toBeUndefined();
        if (until === undefined) return;
        expect(until % MINUTE_MS).toBe(0);
        expect(until).toBeGreaterThan(now);
        expect(isQuiet(hours, until)).toBe(false);
        // Every quarter of an hour, and the last minute: looking at each minute would take long.
        for (let t = now; t < until; t += 15 * MINUTE_MS) expect(isQuiet(hours, t)).toBe(true);
        expect(isQuiet(hours, until - 1)).toBe(true);
        // Whoever asks later, or asked before, is told the same.
        expect(quietUntil(hours, 'warn', until - 1)).toBe(until);
        expect(quietUntil({ ...hours }, 'warn', now)).toBe(until);
        const tomorrow = now + 24 * 60 * MINUTE_MS;
        expect(quietUntil(hours, 'warn', tomorrow) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(tomorrow);
      }),
      { numRuns: 300 },
    );
  });
});
