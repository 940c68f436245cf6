/** Threads in a log: a line for each item, at the level that it has for people. */

import type { Severity } from '../../model/severity.ts';
import { messageWord } from '../wording/levels.ts';
import type { Notifier } from './notifier.ts';

/** A log as pino has it. */
type Say = (fields: object, title: string) => void;

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  page: 'error',
  warn: 'warning',
  info: 'notice',
};

/** Logs what is new in a thread. */
export function createLogNotifier(log: Readonly<Record<'error' | 'warning' | 'notice', Say>>): Notifier {
  return {
    async show({ thread }, { shown, save }) {
      const { pool, items, revision, lastSeq } = thread;
      for (const item of items.filter(({ seq }) => seq > (shown?.seq ?? 0))) {
        const { kind, severity, title, lines } = item;
        const level = kind === 'resolved' ? 'notice' : LEVEL[severity];
        log[level]({ pool, word: messageWord(item), ...(lines.length > 0 && { more: lines.join(' ') }) }, title);
      }
      await save({ revision, seq: lastSeq });
    },
  };
}
