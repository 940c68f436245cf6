import { expect, it } from 'vitest';
import type { SignalType } from '../../../src/model/readings/signals.ts';
import { parseSeries, valueAt } from '../../../src/rules/testing/series.ts';

it.each<[string, SignalType, unknown[]]>([
  ['90', 'double', [90]],
  ['90x2', 'double', [90, 90, 90]],
  ['1000+50x3', 'double', [1000, 1050, 1100, 1150]],
  ['10-2.5x2 0', 'double', [10, 7.5, 5, 0]],
  ['-1.5e-3 1e6', 'double', [-0.0015, 1_000_000]],
  ['1 _ 2 _x2', 'double', [1, undefined, 2, undefined, undefined]],
  ['truex1 false', 'bool', [true, true, false]],
  ["MASTER ''x1 OOM", 'string', ['MASTER', '', '', 'OOM']],
])('%s as %s', (text, type, series) => {
  expect(parseSeries(text, type)).toEqual({ ok: true, series });
});

it.each<[string, SignalType, string, RegExp]>([
  ['1 two 3', 'double', 'two', /expected a number such as/],
  ['1x', 'double', '1x', /expected a number/],
  ['true yes', 'bool', 'yes', /expected true, false or a gap/],
  ['1x100000', 'double', '1x100000', /86400 values at most/],
  ['1 1x999999999999', 'double', '1x999999999999', /at most/],
])('%s as %s is refused at the word', (text, type, word, message) => {
  const parsed = parseSeries(text, type);
  if (parsed.ok) expect.fail('it was taken');
  expect(text.slice(parsed.start, parsed.end)).toBe(word);
  expect(parsed.message).toMatch(message);
});

it('a series without a value is refused', () => {
  expect(parseSeries('  ', 'double')).toMatchObject({ ok: false, message: expect.stringMatching(/at least one/) });
});

it('what stands last stays, a gap too', () => {
  expect([0, 1, 5].map((i) => valueAt([1, 2], i))).toEqual([1, 2, 2]);
  expect(valueAt([1, undefined], 9)).toBeUndefined();
});
