import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createConsoleTeller, formatMessage } from '../../../src/tell/notify/console.ts';
import { wantsColor } from '../../../src/tell/notify/paint.ts';
import { news } from '../fixtures/news.ts';

test('a line says when, how bad, where and what; the rest is indented', async () => {
  const stream = new PassThrough();
  await createConsoleTeller({ stream }).tell(news());

  const lines = String(stream.read()).split('\n');
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d ▲ FIRING page +logs {2}Downstream stalled: 2 of 2 filling, full in 14 min$/,
  );
  expect(lines[1]).toBe('           Rule downstream-stalled fires for pool logs.');
});

test('a title cannot write to the terminal', () => {
  const text = formatMessage(news({ title: 'a\u001b]0;owned\u0007b\nc' }), false);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n')).toHaveLength(3);
});

test('colours: on a terminal only, and never against NO_COLOR', () => {
  expect(formatMessage(news(), true)).toContain('\u001b[1;31m');
  expect(formatMessage(news(), false)).not.toContain('\u001b[');
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(wantsColor({}, {})).toBe(false);
});
