/** What people were told of an incident, as a terminal has it. */

import type { Thread } from '../../model/incident.ts';
import { oneLine } from '../plain.ts';
import { newsLevel, SIGN } from '../signs.ts';
import { stateLevel, stateWord } from '../thread-words.ts';
import { formatWhen } from '../times.ts';

/** Its state, then its story, oldest first. */
export function formatThread(thread: Thread): string {
  const { id, items, places, acked, openedAt } = thread;
  const now = items.at(-1)?.at ?? openedAt;
  const head = `${SIGN[stateLevel(thread)]} ${stateWord(thread)}: ${oneLine(thread.title)}`;
  const who = acked === undefined ? [] : [`  Acknowledged by ${oneLine(acked.by)} at ${formatWhen(acked.at, now)}.`];
  const where = places.length === 0 ? 'nobody yet' : places.join(', ');
  const story = items.flatMap((item) => [
    `  ${formatWhen(item.at, now)} ${SIGN[newsLevel(item)]} ${oneLine(item.title)}`,
    ...item.lines.map((line) => `      ${oneLine(line)}`),
  ]);
  return [head, `  ${id}, told to ${where}`, ...who, ...story].join('\n');
}
