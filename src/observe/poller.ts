/** One observer's poll of one pool: everything it can see, in parallel, each part cut at poll.timeout. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Redis } from 'ioredis';
import type { MemberConfig, PoolConfig, WeirConfig } from '../model/config.ts';
import type { Signals, Sweep } from '../model/reading.ts';
import { createConsumerReader } from './logstash.ts';
import { createLvsReader } from './lvs.ts';
import { createMemberReader } from './redis.ts';
import { createVrrpReader, type Dump } from './vrrp.ts';

export type SweepReading = Omit<Sweep, 'leases'>;

/** A poll during which the process itself was held up for longer than this says more about the process: thrown away. */
const MAX_LAG_MS = 100;

export interface PollerOptions {
  readonly config: WeirConfig;
  readonly pool: PoolConfig;
  /** The node's name, or `worker-<host>`. */
  readonly name: string;
  connect(member: MemberConfig): Redis;
  dropSilent(redis: Redis): void;
  /** keepalived's dump, shared by the pools of a node; absent for an observer that is no node. */
  readonly dump?: (timeoutMs: number) => Promise<Dump>;
  /** Monotonic, in ms. */
  readonly monotonic?: () => number;
  readonly procRoot?: string;
  /** The longest that the event loop was held up since the last call, in ms. */
  readonly lagMs?: () => number;
}

export interface Poller {
  /** `at`: broker time in ms at the start. undefined: thrown away, because this process was held up. */
  poll(at: number): Promise<SweepReading | undefined>;
  close(): void;
}

export function createPoller(options: PollerOptions): Poller {
  const { config, pool, name } = options;
  const { timeoutMs, windowMs } = config.poll;
  const monotonic = options.monotonic ?? (() => performance.now());
  const lag = options.lagMs === undefined ? watchEventLoop() : { longestMs: options.lagMs, stop: () => {} };
  const shared = { timeoutMs, windowMs, monotonic };

  const members = Object.values(pool.members).map((member) => {
    const reader = createMemberReader({
      ...shared,
      member: member.name,
      redis: options.connect(member),
      dropSilent: options.dropSilent,
      queues: pool.queues,
      vip: pool.vip,
      ...(pool.memoryBudgetBytes !== undefined && { budgetBytes: pool.memoryBudgetBytes }),
      minSecondsToFull: config.policy.minSecondsToFull,
      own: member.name === name,
    });
    return { name: member.name, reader };
  });
  const consumers = Object.entries(pool.consumers).map(([consumer, url]) => {
    return { name: consumer, reader: createConsumerReader({ ...shared, url }) };
  });
  const self = pool.members[name];
  const lvs = createLvsReader({
    pool,
    windowMs,
    monotonic,
    ...(options.procRoot !== undefined && { procRoot: options.procRoot }),
  });
  const vrrp = createVrrpReader({ pool, interface: self?.interface ?? pool.vrrp.interface, windowMs, monotonic });

  async function director(): Promise<Pick<Sweep, 'director' | 'table' | 'troubles'>> {
    if (self === undefined || options.dump === undefined) return { troubles: [] };
    const [seen, dump] = await Promise.all([lvs.read(), options.dump(timeoutMs)]);
    const { signals, troubles } = vrrp.read(dump);
    return {
      director: { ...signals, ...seen.signals },
      ...(seen.table !== undefined && { table: seen.table }),
      troubles: [...seen.troubles, ...troubles],
    };
  }

  return {
    async poll(at) {
      lag.longestMs();
      const [memberReadings, consumerReadings, own] = await Promise.all([
        Promise.all(members.map(({ reader }) => reader.read())),
        Promise.all(consumers.map(({ reader }) => reader.read())),
        director(),
      ]);
      if (lag.longestMs() > MAX_LAG_MS) return undefined;
      return {
        kind: 'sweep',
        pool: pool.name,
        observer: name,
        at,
        members: byName(
          members,
          memberReadings.map((reading) => reading.signals),
        ),
        consumers: byName(consumers, consumerReadings),
        ...own,
        troubles: [...own.troubles, ...memberReadings.flatMap((reading) => reading.troubles)],
      };
    },
    close() {
      lag.stop();
      for (const { reader } of members) reader.close();
    },
  };
}

function byName(targets: readonly { readonly name: string }[], readings: readonly Signals[]): Record<string, Signals> {
  return Object.fromEntries(targets.map((target, index) => [target.name, readings[index] as Signals]));
}

function watchEventLoop(): { longestMs(): number; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: 20 });
  histogram.enable();
  return {
    longestMs() {
      // The histogram counts the sampling interval itself.
      const longest = histogram.count === 0 ? 0 : histogram.max / 1e6 - 20;
      histogram.reset();
      return longest;
    },
    stop: () => histogram.disable(),
  };
}
