import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatRatio } from '../../src/lib/text/units.ts';
import { compileTemplate } from '../../src/rules/language/template.ts';
import { formatSignal } from '../../src/tell/wording/figures.ts';

it.each([
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

it.each([
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

it('a ratio below 1 never reads as full', () => {
  expect(formatRatio(0.714)).toBe('71 %');
  expect(formatRatio(0.9999)).toBe('99.9 %');
  expect(formatRatio(1)).toBe('100 %');
});

it('no number gives a figure that is too long or not a figure', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
      for (const text of [formatBytes(value), formatCount(value)]) {
        expect(text.length).toBeLessThanOrEqual(11);
        expect(text).not.toMatch(/NaN|undefined|e\+|^-0(\.0)?( |$)/);
      }
    }),
  );
});

it.each([
  ['memory_bytes', 'bytes', [512_000, 1_048_166, 1_073_741_824, 100 * 1024 ** 3, -2_000]],
  ['memory_ratio', 'percent', [0.5, 0.996, 1]],
])("%s is the same text in a rule's title and among the figures below it", (signal, filter, values) => {
  const title = compileTemplate(`{{ member.${signal} | ${filter} }}`, 'member');
  if (!title.ok) throw new Error(title.fault.message);
  for (const value of values) {
    expect(title.template.render({ pool: {}, member: { [signal]: value } })).toBe(
      formatSignal(`member.${signal}`, value),
    );
  }
});
