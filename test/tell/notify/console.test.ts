import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createConsoleNotifier, formatItem } from '../../../src/tell/notify/console.ts';
import { showMessage } from '../../../src/tell/notify/notifier.ts';
import { wantsColor } from '../../../src/tell/notify/paint.ts';
import { news } from '../fixtures/news.ts';
import { NOW, threadOf } from '../fixtures/threads.ts';

it('a line says when, how bad, where and what; the rest is indented', async () => {
  const stream = new PassThrough();
  await showMessage(createConsoleNotifier({ stream }), news());

  const lines = String(stream.read()).split('\n');
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d ▲ FIRING page +logs {2}Downstream stalled: 2 of 2 filling, full in 14 min$/,
  );
  expect(lines[1]).toBe('           Rule downstream-stalled fires for pool logs.');
});

it('of a thread only what is new is printed', async () => {
  const stream = new PassThrough();
  const console = createConsoleNotifier({ stream });
  const items = [news(), news({ kind: 'resolved', title: 'Over' })].map((one, i) => ({ ...one, seq: i + 1 }));
  const view = { thread: threadOf({ items, lastSeq: 2, revision: 2 }), incidents: [], mutes: [] };
  const saved: unknown[] = [];
  await console.show(view, {
    shown: { revision: 1, seq: 1 },
    now: NOW,
    save: async (shown) => void saved.push(shown),
  });
  expect(String(stream.read())).toMatch(/^\S+ ✓ RESOLVED {4}logs {2}Over\n/);
  expect(saved).toEqual([{ revision: 2, seq: 2 }]);
});

it('a title cannot write to the terminal', () => {
  const text = formatItem('logs', news({ title: 'a\u001b]0;owned\u0007b\nc' }), false);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n')).toHaveLength(3);
});

it('colours: on a terminal only, and never against NO_COLOR', () => {
  expect(formatItem('logs', news(), true)).toContain('\u001b[1;31m');
  expect(formatItem('logs', news(), false)).not.toContain('\u001b[');
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(wantsColor({}, {})).toBe(false);
});
