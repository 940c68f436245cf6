import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_SECONDS_TO_FULL } from '../../../src/model/readings/signals.ts';
import {
  formatBytes,
  formatCount,
  formatRatio,
  formatSecondsToFull,
  formatSignal,
  formatValues,
} from '../../../src/tell/wording/figures.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [4 * 1024 ** 3, '4.0 GiB'],
  [150 * 1024 ** 2, '150 MiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [-2048, '-2.0 KiB'],
  [-0.2, '0 B'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0'],
  [0.4, '0.4'],
  [-3, '-3'],
  [9_876, '9,876'],
  [12_345, '12.3 k'],
  [1_212_400, '1.2 M'],
  [999_999, '1.0 M'],
  [-0.01, '0.0'],
])('%d things are %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [MAX_SECONDS_TO_FULL, 'not filling'],
  [0, 'full'],
  [45.2, '46 s'],
  [874, '14 min'],
  [7_200, '2 h'],
  [400_000, '4 d'],
])('%d seconds to full are "%s"', (seconds, text) => {
  expect(formatSecondsToFull(seconds)).toBe(text);
});

test('a ratio below 1 never reads as full', () => {
  expect(formatRatio(0.714)).toBe('71 %');
  expect(formatRatio(0.9999)).toBe('99.9 %');
  expect(formatRatio(1)).toBe('100 %');
});

test('a signal has the unit of the catalogue', () => {
  expect(formatSignal('member.memory_ratio', 0.5)).toBe('50 %');
  expect(formatSignal('member.queue_depth', 12)).toBe('12 items');
  expect(formatSignal('member.push_rate', 12)).toBe('12/s');
  expect(formatSignal('member.uptime_seconds', 90)).toBe('1 min 30 s');
  expect(formatSignal('member.seconds_to_full', MAX_SECONDS_TO_FULL)).toBe('not filling');
  expect(formatSignal('member.writable', false)).toBe('no');
  expect(formatSignal('pool.master', '')).toBe('none');
  expect(formatSignal('member.weight', undefined)).toBe('–');
  expect(formatSignal('unheard.of', 3)).toBe('3');
  expect(formatValues({ 'pool.members': 2, 'peers.writable': 'true ?' })).toEqual([
    'pool.members 2',
    'peers.writable true ?',
  ]);
});

test('no number gives a figure that is too long or not a figure', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
      for (const text of [formatBytes(value), formatCount(value)]) {
        expect(text.length).toBeLessThanOrEqual(11);
        expect(text).not.toMatch(/NaN|undefined|e\+|^-0(\.0)?( |$)/);
      }
    }),
  );
});
