import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrendPoint } from '../../../src/model/readings/trend.ts';
import { altText, chartSvg } from '../../../src/tell/chart/chart.ts';
import { pngOf } from '../../../src/tell/chart/png.ts';

const NOW = Date.parse('2026-11-23T03:12:00Z');

/** An hour, one point every 10 s: a fills, b does not. */
function trendOf(
  change: (point: TrendPoint, index: number) => TrendPoint | undefined = (point) => point,
): TrendPoint[] {
  return Array.from({ length: 360 }, (_, i): TrendPoint => {
    const at = NOW - (359 - i) * 10_000;
    const a = { memory: 0.2 + i * 0.0015, depth: 1_000 + i * 40, secondsToFull: i === 359 ? 840 : 2_592_000 };
    return { at, members: { a, b: { memory: 0.31, depth: 120, secondsToFull: 2_592_000 } } };
  }).flatMap((point, i) => change(point, i) ?? []);
}

function count(svg: string, what: RegExp): number {
  return [...svg.matchAll(what)].length;
}

describe('the picture of a pool', () => {
  it('has a line per member and panel, the name at its end, and a forecast for what fills', () => {
    const svg = chartSvg(trendOf(), { title: 'Pool logs', now: NOW, timeZone: 'UTC' });
    expect(count(svg, /class="seen"/g)).toBe(4);
    expect(count(svg, /class="forecast" data-name="a"/g)).toBe(1);
    expect(count(svg, /class="forecast" data-name="b"/g)).toBe(0);
    expect(svg).toContain('>now<');
    expect(svg).toMatch(/>03:00</);
    expect(svg).toContain('>100 %<');
  });

  it('has no line where nothing was seen', () => {
    const gap = trendOf((point, i) =>
      i > 100 && i < 160 ? { ...point, members: { b: point.members.b ?? {} } } : point,
    );
    const svg = chartSvg(gap, { title: 'Pool logs', now: NOW });
    expect(count(svg, /class="seen" data-name="a"/g)).toBe(4);
    expect(count(svg, /class="seen" data-name="b"/g)).toBe(2);
  });

  it('says so when there is nothing', () => {
    expect(count(chartSvg([], { title: 'x', now: NOW }), />no data</g)).toBe(2);
    expect(altText([])).toBe('Nothing is known of the course of this pool.');
  });

  it('draws no forecast beyond its edge', () => {
    const far = trendOf((point, i) =>
      i < 355 ? undefined : { ...point, members: { a: { memory: 0.5, secondsToFull: 7_200 } } },
    );
    const svg = chartSvg(far, { title: 'x', now: NOW });
    const [, to = ''] = /class="forecast"[^>]* d="M[^L]*L([\d.]+),/.exec(svg) ?? [];
    expect(Number(to)).toBeLessThanOrEqual(690);
    expect(Number(to)).toBeGreaterThan(600);
  });

  it('is harmless whatever the names are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const trend = trendOf((point, i) =>
          i < 350 ? undefined : { ...point, members: { [`<b>${name}`]: { memory: 0.4, depth: 1 } } },
        );
        const svg = chartSvg(trend, { title: `<script>${name}`, now: NOW });
        expect(svg).not.toMatch(/<script|<b>/);
        expect(svg).not.toMatch(/NaN|undefined/);
      }),
      { numRuns: 50 },
    );
  });

  it('says in words what it shows', () => {
    expect(altText(trendOf())).toBe('a: memory 74 %, full in 14 min, 15.4 k items; b: memory 31 %, 120 items.');
  });

  it('becomes a PNG with its text in it', async () => {
    const svg = chartSvg(trendOf(), { title: 'Pool logs', now: NOW });
    const png = Buffer.from(await pngOf(svg));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1_600);
    const without = Buffer.from(await pngOf(svg.replaceAll(/<text[^>]*>[^<]*<\/text>/g, '')));
    expect(png.length).toBeGreaterThan(without.length + 2_000);
  });
});
