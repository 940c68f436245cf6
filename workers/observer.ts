/** An observer that is no node: a worker's own look at every member, so that two nodes are not each other's only witness. */

import type { Redis } from 'ioredis';
import { createBrokerClock } from '../src/broker/clock.ts';
import { connectWatched, dropSilent } from '../src/connect.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import type { EntryId } from '../src/model/entry.ts';
import type { Sweep } from '../src/model/reading.ts';
import { createPoller, type Poller, type PollerOptions, type SweepReading } from '../src/observe/poller.ts';
import { hasTurned } from './changed.ts';
import { every, type Repeating } from './every.ts';

export interface ObserverDependencies {
  readonly config: WeirConfig;
  /** `worker-<host>` */
  readonly name: string;
  readonly redis: Redis;
  append(sweep: Sweep): Promise<EntryId>;
  wake(pool: string): Promise<void>;
  onError(error: unknown): void;
}

/** A poller with its own connections to the pool's members. */
export function openPoller(config: WeirConfig, pool: PoolConfig, name: string, dump?: PollerOptions['dump']): Poller {
  return createPoller({
    config,
    pool,
    name,
    connect: (member) =>
      connectWatched({ ...pool.redis, host: member.address, port: pool.vip.port, timeoutMs: config.poll.timeoutMs }),
    dropSilent,
    ...(dump !== undefined && { dump }),
  });
}

/** Puts sweeps on the stream, and wakes the evaluation when something turned over. Nothing waits while the broker is away. */
export function createSweepSender(
  send: Pick<ObserverDependencies, 'append' | 'wake' | 'onError'>,
): (sweep: Sweep) => void {
  let before: SweepReading | undefined;
  return (sweep) => {
    const turned = hasTurned(before, sweep);
    before = sweep;
    send
      .append(sweep)
      .then(() => (turned ? send.wake(sweep.pool) : undefined))
      .catch(send.onError);
  };
}

export function startObserver(deps: ObserverDependencies): Repeating {
  const { config, name, redis, onError } = deps;
  const clock = createBrokerClock(redis);
  const polls = Object.values(config.pools).map((pool) => {
    const poller = openPoller(config, pool, name);
    const send = createSweepSender(deps);
    const once = async () => {
      const reading = await poller.poll(clock.now());
      if (clock.synced) send({ ...reading, leases: [] });
    };
    return { poller, repeating: every(config.poll.intervalMs, `poll ${pool.name}`, once, onError) };
  });
  const sync = every(1_000, 'clock', () => clock.sync(), onError);
  return {
    async stop() {
      await Promise.all([sync.stop(), ...polls.map(({ repeating }) => repeating.stop())]);
      for (const { poller } of polls) poller.close();
    },
  };
}
