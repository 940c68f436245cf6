/** Observes every member from a worker, so that two nodes are not the only witnesses of each other. */

import type { BrokerClock } from '../../src/broker/time/clock.ts';
import { every, type Repeating } from '../../src/lib/every.ts';
import { connectWatched, dropSilent } from '../../src/lib/redis/connections.ts';
import type { PoolConfig, WeirConfig } from '../../src/model/configuration/config.ts';
import { FORMAT_VERSION } from '../../src/model/entries/version.ts';
import type { EntryId } from '../../src/model/ids.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { createPoller, type Poller, type PollerOptions, type SweepReading } from '../../src/observe/poller.ts';
import { hasTurned } from './changed.ts';

export interface ObserverDependencies {
  readonly config: WeirConfig;
  /** `worker-<host>` */
  readonly name: string;
  readonly clock: BrokerClock;
  append(sweep: Sweep): Promise<EntryId>;
  wake(pool: string): Promise<void>;
  onError(error: unknown, doing: string): void;
}

/** Polls a pool by connections of its own to the members. */
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
      .append({ ...sweep, version: FORMAT_VERSION })
      .then(() => (turned ? send.wake(sweep.pool) : undefined))
      .catch((error: unknown) => send.onError(error, `sending a sweep of ${sweep.pool}`));
  };
}

export function startObserver(deps: ObserverDependencies): Repeating {
  const { config, name, clock, onError } = deps;
  const polls = Object.values(config.pools).map((pool) => {
    const poller = openPoller(config, pool, name);
    const send = createSweepSender(deps);
    const once = async () => {
      const isTimed = clock.synced;
      const reading = await poller.poll(clock.now());
      // A sweep that began before broker time was known has the time of the machine.
      if (isTimed) send({ ...reading, leases: [], calendarMs: Date.now() - clock.now() });
    };
    return { poller, repeating: every(config.poll.intervalMs, `poll ${pool.name}`, once, onError) };
  });
  return {
    async stop() {
      await Promise.all(polls.map(({ repeating }) => repeating.stop()));
      for (const { poller } of polls) poller.close();
    },
  };
}
