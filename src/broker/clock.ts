import type { Redis } from 'ioredis';

export interface BrokerClock {
  /** Broker time in ms. Goes on by the monotonic clock while the broker is away. */
  now(): number;
  /** Asks the broker's TIME once. Throws when it does not answer. */
  sync(): Promise<void>;
  /** Broker time has been heard at least once. */
  readonly synced: boolean;
}

/**
 * All times in Weir are broker time, so that clocks of nodes may differ: TIME is asked about once a second, and in
 * between the monotonic clock runs. Half of the round trip is taken as the way back. Before the first answer the
 * machine's own clock stands in.
 */
export function createBrokerClock(redis: Redis, monotonic: () => number = () => performance.now()): BrokerClock {
  let offsetMs = Date.now() - monotonic();
  let synced = false;
  return {
    now: () => Math.round(monotonic() + offsetMs),
    get synced() {
      return synced;
    },
    async sync() {
      const before = monotonic();
      const [seconds, micros] = await redis.time();
      const after = monotonic();
      const brokerMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
      offsetMs = brokerMs - (before + after) / 2;
      synced = true;
    },
  };
}
