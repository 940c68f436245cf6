/** What people were told of an incident, for a terminal. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatWhen } from '../../lib/times.ts';
import type { Thread } from '../../model/people/thread.ts';
import { messageLevel, SIGN } from '../wording/levels.ts';
import { stateLevel, stateWord } from '../wording/thread-words.ts';

/** Its state, then its story, oldest first. */
export function formatThread(thread: Thread): string {
  const { id, items, places, acked, openedAt } = thread;
  const now = items.at(-1)?.at ?? openedAt;
  const head = `${SIGN[stateLevel(thread)]} ${stateWord(thread)}: ${oneLine(thread.title)}`;
  const who = acked === undefined ? [] : [`  Acknowledged by ${oneLine(acked.by)} at ${formatWhen(acked.at, now)}.`];
  const where = places.length === 0 ? 'nobody yet' : places.join(', ');
  const story = items.flatMap((item) => [
    `  ${formatWhen(item.at, now)} ${SIGN[messageLevel(item)]} ${oneLine(item.title)}`,
    ...item.lines.map((line) => `      ${oneLine(line)}`),
  ]);
  return [head, `  ${id}, told to ${where}`, ...who, ...story].join('\n');
}
