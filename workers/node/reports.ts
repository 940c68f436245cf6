import type { BrokerClock } from '../../src/broker/time/clock.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';

/** So many outcomes wait for the broker. Beyond that the oldest are dropped: the file of the node has them too. */
const MAX_WAITING = 1_000;

export interface Reports {
  add(outcome: Outcome): void;
  /** Sends what waits, in its order. Stops at the first that fails, and keeps the rest. Throws what `send` throws. */
  flush(): Promise<void>;
  readonly waiting: number;
}

interface Waiting {
  readonly outcome: Outcome;
  /** For an outcome from before broker time was known: its time by the monotonic clock, in ms. */
  readonly happenedAt?: number;
}

/** Sends outcomes in the order in which they happened, through a broker that may be away. */
export function createReports(
  send: (outcome: Outcome) => Promise<unknown>,
  clock: Pick<BrokerClock, 'synced' | 'known'>,
  monotonic = () => performance.now(),
): Reports {
  const waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;

  /** An outcome from before broker time was known gets its time now. */
  async function timed(outcome: Outcome, happenedAt: number): Promise<Outcome> {
    const now = await clock.known();
    return { ...outcome, at: Math.round(now - (monotonic() - happenedAt)) };
  }

  async function sendAll(): Promise<void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const { outcome, happenedAt } = next;
      await send(happenedAt === undefined ? outcome : await timed(outcome, happenedAt));
      // Where too many came meanwhile it is gone already, and the one in its place was not sent.
      if (waiting[0] === next) waiting.shift();
    }
  }

  return {
    add(outcome) {
      waiting.push({ outcome, ...(!clock.synced && { happenedAt: monotonic() }) });
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
