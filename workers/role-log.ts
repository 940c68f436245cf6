/** What a role says: one log, in which its libraries and what people are told are lines as all others. */

import { format } from 'node:util';
import { weirVersion } from '../src/lib/files/version.ts';
import { type Logger, openLog } from '../src/lib/log.ts';
import type { WeirConfig } from '../src/model/configuration/config.ts';
import { nobodyTold } from '../src/operations/destinations.ts';
import { createConsoleNotifier } from '../src/tell/notify/console.ts';
import { createLogNotifier } from '../src/tell/notify/log.ts';
import type { Notifier } from '../src/tell/notify/notifier.ts';

export interface RoleLog {
  readonly log: Logger;
  /** Prints what people are told: in colour on stdout for a person, else as lines of the log. */
  readonly journal: Notifier;
}

/** @param role as each line has it. The first line has the version. */
export function openRoleLog(role: string, config: Pick<WeirConfig, 'log' | 'tell'>): RoleLog {
  const { log, form } = openLog(role, config.log);
  // Where a library prints, and to the level that it means.
  const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warning', error: 'error' } as const;
  for (const [name, level] of Object.entries(levels)) {
    console[name as keyof typeof levels] = (...said: unknown[]) => log[level](format(...said));
  }
  log.notice({ version: weirVersion(), node: process.version }, 'weir starts');
  const silent = nobodyTold(config.tell);
  if (silent !== undefined) log.warning(silent);
  return { log, journal: form === 'text' ? createConsoleNotifier() : createLogNotifier(log) };
}
