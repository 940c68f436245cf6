/** Threads on a terminal or in the journal of a service: one line for each item, its details indented below. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatClock } from '../../lib/times.ts';
import type { ThreadItem } from '../../model/people/thread.ts';
import { messageLevel, messageWord, SIGN } from '../wording/levels.ts';
import type { Notifier } from './notifier.ts';
import { createPaint, wantsColor } from './paint.ts';

export interface ConsoleNotifierOptions {
  /** Absent: stdout. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Absent: true on a terminal, unless NO_COLOR is set. */
  readonly color?: boolean;
}

/** Prints what is new in a thread. */
export function createConsoleNotifier(options: ConsoleNotifierOptions = {}): Notifier {
  const stream = options.stream ?? process.stdout;
  const color = options.color ?? wantsColor(stream, process.env);
  return {
    async show({ thread }, { shown, save }) {
      const { pool, items, revision, lastSeq } = thread;
      for (const item of items.filter(({ seq }) => seq > (shown?.seq ?? 0))) {
        stream.write(`${formatItem(pool, item, color)}\n`);
      }
      await save({ revision, seq: lastSeq });
    },
  };
}

type Said = Pick<ThreadItem, 'at' | 'kind' | 'severity' | 'title' | 'lines'>;

/** `03:12:09 ▲ FIRING page  logs  Downstream stalled: ...` and its lines. Pure. */
export function formatItem(pool: string, item: Said, color: boolean): string {
  const paint = createPaint(color);
  const level = messageLevel(item);
  const word = messageWord(item).padEnd(11);
  const head = `${paint.dim(formatClock(item.at))} ${paint[level](`${SIGN[level]} ${word}`)} ${oneLine(pool)}  ${oneLine(item.title)}`;
  return [head, ...item.lines.map((line) => `           ${oneLine(line)}`)].join('\n');
}
