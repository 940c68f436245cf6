/** What a process tells by itself and nobody else will: it is told until every channel has it, or it is over. */

import type { Message } from '../../src/model/people/message.ts';
import type { TellError, Teller } from '../../src/tell/notify/teller.ts';
import { tellAll } from '../../src/tell/notify/tellers.ts';

/** Between two tries of one channel, in ms. */
const AGAIN_MS = 15_000;

/** A channel that does not answer has failed, before its next try. In ms. */
const DEADLINE_MS = 10_000;

/** The longest that a channel may ask to be left alone, in ms: this cannot wait for it. */
const LEFT_ALONE_MS = 120_000;

/** What nobody could be told in a day is over. In ms. */
const WORTH_MS = 86_400_000;

export interface Insistence {
  /** Tells every channel, each as often as it takes, always under the same id. Returns at once. */
  tell(news: Message): void;
  /** It is over: channels that do not have it yet need not. */
  withdraw(id: string): void;
  stop(): void;
}

export interface InsistOptions {
  readonly tellers: readonly Teller[];
  /** Each try that failed. */
  onFailure(error: TellError): void;
  readonly againMs?: number;
}

export function createInsistence({ tellers, onFailure, againMs = AGAIN_MS }: InsistOptions): Insistence {
  /** Id to what ends it. */
  const open = new Map<string, AbortController>();

  async function tellOne(teller: Teller, news: Message, { signal }: AbortController): Promise<void> {
    const startedAt = performance.now();
    while (!signal.aborted && performance.now() - startedAt < WORTH_MS) {
      const { failed } = await tellAll([teller], news, { deadlineMs: DEADLINE_MS, onFailure });
      const [error] = failed;
      if (error === undefined) return;
      await pause(Math.max(againMs, Math.min(error.retryAfterMs ?? 0, LEFT_ALONE_MS)), signal);
    }
  }

  return {
    tell(news) {
      if (open.has(news.id)) return;
      const ends = new AbortController();
      open.set(news.id, ends);
      void Promise.all(tellers.map((teller) => tellOne(teller, news, ends))).then(() => open.delete(news.id));
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
