import type { Outcome } from '../src/model/entry.ts';

/** Outcomes that wait for the broker. Above this the oldest are dropped: the node's own file has them too. */
const MAX_WAITING = 1_000;

export interface Reports {
  add(outcome: Outcome): void;
  /** Sends what waits, in order; stops at the first that fails and keeps the rest. Throws what `send` throws. */
  flush(): Promise<void>;
  readonly waiting: number;
}

/** Outcomes in the order in which they happened, through a broker that may be away. */
export function createReports(send: (outcome: Outcome) => Promise<unknown>): Reports {
  const waiting: Outcome[] = [];
  let flushing: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      await send(next);
      waiting.shift();
    }
  }

  return {
    add(outcome) {
      waiting.push(outcome);
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    flush() {
      flushing ??= sendAll().finally(() => {
        flushing = undefined;
      });
      return flushing;
    },
    get waiting() {
      return waiting.length;
    },
  };
}
