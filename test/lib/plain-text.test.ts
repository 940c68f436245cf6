import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oneLine, trimTo } from '../../src/lib/text/plain-text.ts';

it('a line has no control characters, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(/[\p{Cc}\u202a-\u202e\u2028\u2029]/u.test(oneLine(text))).toBe(false);
    }),
  );
});

it('words stay apart where a line broke', () => {
  expect(oneLine(' a\r\nb\u001b[31mc\u202e ')).toBe('a b [31mc');
});

it('what is cut says so and is no longer than asked', () => {
  expect(trimTo('abcdef', 6)).toBe('abcdef');
  expect(trimTo('abcdefg', 6)).toBe('abcde…');
  expect(trimTo('abc😀def', 5)).toBe('abc…');
});
