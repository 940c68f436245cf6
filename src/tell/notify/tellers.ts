/** The configured channels, and telling all of them: one that fails never keeps the news from another. */

import { within } from '../../lib/within.ts';
import type { TellConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import type { Message } from '../../model/people/message.ts';
import { type ConsoleTellerOptions, createConsoleTeller } from './console.ts';
import { TellError, type Teller } from './teller.ts';

/**
 * One channel for what is configured, and always the console. A channel's library is loaded only where it is used: a
 * node is to be small, for a fork costs what the parent's memory costs.
 */
export async function createTellers(
  config: Pick<TellConfig, 'slack' | 'mail'>,
  console: ConsoleTellerOptions = {},
): Promise<Teller[]> {
  const { slack, mail } = config;
  return [
    createConsoleTeller(console),
    ...(slack === undefined ? [] : [(await import('./slack/teller.ts')).createSlackTeller(slack)]),
    ...(mail === undefined ? [] : [(await import('./mail/teller.ts')).createMailTeller(mail)]),
  ];
}

export interface TellResult {
  /** Names of the channels that have the news, those that had it before included: hand them to the next try. */
  readonly told: readonly string[];
  readonly failed: readonly TellError[];
}

interface TellAllOptions {
  /** Channels that have the news already, from an earlier try. */
  readonly told?: readonly string[];
  /** A channel that has not answered by then has failed, in ms: one of them must not hold up the job for ever. */
  readonly deadlineMs?: number;
  readonly onFailure?: (error: TellError) => void;
}

const DEADLINE_MS = 20_000;

/**
 * Tells every channel that does not have the news yet, all at once. Never throws: what failed is in the result, so that
 * a retry goes to those channels only. A failure after the other side took the news gives a duplicate; that is the side
 * to err on.
 */
export async function tellAll(
  tellers: readonly Teller[],
  news: Message,
  options: TellAllOptions = {},
): Promise<TellResult> {
  const before = options.told ?? [];
  const todo = tellers.filter((teller) => !before.includes(teller.name));
  const settled = await Promise.allSettled(
    todo.map((teller) => tellOne(teller, news, options.deadlineMs ?? DEADLINE_MS)),
  );
  const told = [...before];
  const failed: TellError[] = [];
  for (const [index, result] of settled.entries()) {
    const { name } = todo[index] as Teller;
    if (result.status === 'fulfilled') {
      told.push(name);
    } else {
      const error = result.reason instanceof TellError ? result.reason : new TellError(name, messageOf(result.reason));
      failed.push(error);
      options.onFailure?.(error);
    }
  }
  return { told, failed };
}

async function tellOne(teller: Teller, news: Message, deadlineMs: number): Promise<void> {
  await within(teller.tell(news), deadlineMs, () => {
    throw new TellError(teller.name, `${teller.name} gave no answer within ${deadlineMs} ms.`);
  });
}

/**
 * What the job throws, if anything: every failure in one sentence, and the shortest time after which a channel may be
 * tried again, where each of them named one.
 */
export function failureOf(result: TellResult): TellError | undefined {
  const [first, ...rest] = result.failed;
  if (first === undefined) return undefined;
  if (rest.length === 0) return first;
  const waits = result.failed.map((error) => error.retryAfterMs);
  const retryAfterMs = waits.every((wait) => wait !== undefined) ? Math.min(...waits) : undefined;
  const names = result.failed.map((error) => error.teller).join('+');
  const message = result.failed.map((error) => error.message).join(' ');
  return new TellError(names, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

export function closeTellers(tellers: readonly Teller[]): void {
  for (const teller of tellers) teller.close();
}
