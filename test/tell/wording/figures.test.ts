import { expect, it } from 'vitest';
import { MAX_SECONDS_TO_FULL } from '../../../src/model/readings/signals.ts';
import { formatSecondsToFull, formatSignal, formatValues } from '../../../src/tell/wording/figures.ts';

it.each([
  [MAX_SECONDS_TO_FULL, 'not filling'],
  [0, 'full'],
  [45.2, '46 s'],
  [874, '14 min'],
  [7_200, '2 h'],
  [400_000, '4 d'],
])('%d seconds to full are "%s"', (seconds, text) => {
  expect(formatSecondsToFull(seconds)).toBe(text);
});

it('a signal has the unit of the catalogue', () => {
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
