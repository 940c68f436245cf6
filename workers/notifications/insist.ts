/** Tells what only this process can tell, until every destination has it or it is over. */

import { within } from '../../src/lib/within.ts';
import { formatDuration } from '../../src/model/duration.ts';
import { messageOf } from '../../src/model/error.ts';
import type { Message } from '../../src/model/people/message.ts';
import type { Notifiers } from '../../src/operations/destinations.ts';
import { type Notifier, showMessage } from '../../src/tell/notify/notifier.ts';
import { TellError } from '../../src/tell/notify/tell-error.ts';

/** The time between two tries of one destination, in ms. */
const AGAIN_MS = 15_000;

/** A destination that has not answered by then, before its next try, has failed. In ms. */
const DEADLINE_MS = 10_000;

/** A destination may ask to be left alone for so long at most, in ms: this cannot wait longer. */
const LEFT_ALONE_MS = 120_000;

/** A message that nobody could be told in a day is over. In ms. */
const WORTH_MS = 86_400_000;

export interface Insistence {
  /** Tells every destination, each as often as it takes, always under the same id. Returns at once. */
  tell(message: Message): void;
  /** The message is over: destinations that do not have it yet need not be told. */
  withdraw(id: string): void;
  stop(): void;
}

export interface InsistOptions {
  readonly notifiers: Notifiers;
  /** Called for each try that failed. */
  onFailure(error: TellError, doing: string): void;
  readonly againMs?: number;
  readonly deadlineMs?: number;
}

export function createInsistence(options: InsistOptions): Insistence {
  const { notifiers, onFailure, againMs = AGAIN_MS, deadlineMs = DEADLINE_MS } = options;
  /** Id to what ends it. */
  const open = new Map<string, AbortController>();

  /** A destination that fails after it took the message is told twice. That is better than never. */
  async function tryOne(place: string, notifier: Notifier, message: Message): Promise<TellError | undefined> {
    try {
      await within(showMessage(notifier, message), deadlineMs, () => {
        throw new TellError(place, `${place} gave no answer within ${formatDuration(deadlineMs)}.`);
      });
      return undefined;
    } catch (error) {
      return error instanceof TellError ? error : new TellError(place, messageOf(error));
    }
  }

  async function tellOne(place: string, notifier: Notifier, message: Message, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    while (!signal.aborted && performance.now() - startedAt < WORTH_MS) {
      const error = await tryOne(place, notifier, message);
      if (error === undefined) return;
      onFailure(error, `telling ${place}`);
      await pause(Math.max(againMs, Math.min(error.retryAfterMs ?? 0, LEFT_ALONE_MS)), signal);
    }
  }

  return {
    tell(message) {
      if (open.has(message.id)) return;
      const ends = new AbortController();
      open.set(message.id, ends);
      const tries = [...notifiers].map(([place, notifier]) => tellOne(place, notifier, message, ends.signal));
      void Promise.all(tries).then(() => open.delete(message.id));
    },
    withdraw(id) {
      open.get(id)?.abort();
    },
    stop() {
      for (const ends of open.values()) ends.abort();
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done);
  });
}
