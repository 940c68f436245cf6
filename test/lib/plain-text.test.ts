import fc from 'fast-check';
import { expect, it } from 'vitest';
import { harmless, harmlessJson, oneLine, trimTo } from '../../src/lib/text/plain-text.ts';

it('a line has no control characters, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(/[\p{Cc}\u202a-\u202e\u2028\u2029]/u.test(oneLine(text))).toBe(false);
    }),
  );
});

it('lines for a terminal have none either, but their ends and tabs', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(/(?![\t\n])\p{Cc}|[\u202a-\u202e]/u.test(harmless(text))).toBe(false);
    }),
  );
  expect(harmless('  a\tb\n\u001b]0;title\u0007 c\r\n')).toBe('  a\tb\n ]0;title  c \n');
});

it("only colours are let through, and only where they are Weir's own", () => {
  const text = '\u001b[1;31mred\u001b[0m \u001b[2J \u009b31m';

  expect(harmless(text, { color: true })).toBe('\u001b[1;31mred\u001b[0m  [2J  31m');
  expect(harmless(text)).toBe(' [1;31mred [0m  [2J  31m');
});

it('JSON means the same, and has none', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      const pretty = JSON.stringify(JSON.parse(json), null, 2);
      expect(JSON.parse(harmlessJson(pretty))).toEqual(JSON.parse(pretty));
      expect(/[\u007f-\u009f\u202a-\u202e]/.test(harmlessJson(pretty))).toBe(false);
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

it('lets the sequences of colours through where there are some, and nothing else that begins like one', () => {
  expect(harmless('\u001b[31mred\u001b[0m', { color: true })).toBe('\u001b[31mred\u001b[0m');
  for (const text of ['\u0007[31mx', '\u009b31mx', '\u001b]0;title\u0007', '\u001b[2Jx']) {
    expect(harmless(text, { color: true }), JSON.stringify(text)).not.toMatch(/\p{Cc}/u);
  }
});
