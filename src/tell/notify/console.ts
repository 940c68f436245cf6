/** News on a terminal or in a service's journal: one line each, what belongs to it indented below. */

import { oneLine } from '../../lib/plain-text.ts';
import { formatClock } from '../../lib/times.ts';
import type { Message } from '../../model/people/message.ts';
import { messageLevel, messageWord, SIGN } from '../wording/levels.ts';
import { createPaint, wantsColor } from './paint.ts';
import type { Teller } from './teller.ts';

export interface ConsoleTellerOptions {
  /** Left out: stdout. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Left out: on a terminal, unless NO_COLOR is set. */
  readonly color?: boolean;
}

export function createConsoleTeller(options: ConsoleTellerOptions = {}): Teller {
  const stream = options.stream ?? process.stdout;
  const color = options.color ?? wantsColor(stream, process.env);
  return {
    name: 'console',
    async tell(news) {
      stream.write(`${formatMessage(news, color)}\n`);
    },
    close() {},
  };
}

/** `03:12:09 ▲ FIRING page  logs  Downstream stalled: ...` and its lines. Pure. */
export function formatMessage(news: Message, color: boolean): string {
  const paint = createPaint(color);
  const level = messageLevel(news);
  const word = messageWord(news).padEnd(11);
  const head = `${paint.dim(formatClock(news.at))} ${paint[level](`${SIGN[level]} ${word}`)} ${oneLine(news.pool)}  ${oneLine(news.title)}`;
  return [head, ...news.lines.map((line) => `           ${oneLine(line)}`)].join('\n');
}
