/** Time windows by cron expressions: is one open now? */

import { CronTime } from 'cron';
import { messageOf } from '../model/error.ts';

/** What is wrong with a cron expression or a time zone; undefined when nothing is. */
export function scheduleFault(schedule: string, timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return `${timeZone} is no time zone, expected a name such as "Europe/Berlin"`;
  }
  try {
    new CronTime(schedule, timeZone);
    return undefined;
  } catch (error) {
    return `"${schedule}" is no cron expression (${messageOf(error)}), expected something like "0 2 * * sun"`;
  }
}

export interface Recurring {
  readonly schedule: string;
  readonly timeZone: string;
  readonly forMs: number;
}

/** Between these times in ms the answer is the same; computing it costs a walk through the calendar. */
interface Answer {
  readonly from: number;
  readonly to: number;
  readonly until: number | undefined;
}

const answers = new WeakMap<Recurring, Answer>();

/**
 * Until when the time that began last is open at `now`, in ms; undefined when none is. Pure but for what it remembers.
 * @throws when the schedule is none (`scheduleFault`).
 */
export function openUntil(recurring: Recurring, now: number): number | undefined {
  const cached = answers.get(recurring);
  if (cached !== undefined && cached.from <= now && now < cached.to) return cached.until;
  const { schedule, timeZone, forMs } = recurring;
  const begin = new CronTime(schedule, timeZone).getNextDateFrom(new Date(now - forMs), timeZone).toMillis();
  const isOpen = begin <= now;
  const to = isOpen ? begin + forMs : begin;
  const until = isOpen ? to : undefined;
  answers.set(recurring, { from: now, to, until });
  return until;
}
