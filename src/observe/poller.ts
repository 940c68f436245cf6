/** One observer's poll of one pool: it reads everything it can see in parallel, each part for poll.timeout at most. */

import type { Redis } from 'ioredis';
import { readTrackFile } from '../lib/files/track-file.ts';
import { tlsTrouble } from '../lib/redis/tls-files.ts';
import type { MemberConfig, PoolConfig, WeirConfig } from '../model/configuration/config.ts';
import { handoverFile } from '../model/configuration/run-files.ts';
import type { Sweep } from '../model/readings/reading.ts';
import type { DirectorSignals, MemberSignals } from '../model/readings/signals.ts';
import type { Dump } from './director/keepalived-dump.ts';
import { createLvsReader } from './director/read-lvs-table.ts';
import { createVrrpReader } from './director/vrrp.ts';
import { createConsumerReader } from './logstash.ts';
import { createWriteProbe } from './redis/probe.ts';
import { createMemberReader, type MemberReader } from './redis/read-member.ts';

export type SweepReading = Omit<Sweep, 'leases'>;

/**
 * A process that was held up for longer than this cannot tell "no answer" from "not heard". What did answer is a fact all
 * the same; what did not is left out of the sweep. The rest is kept: in the lab's slow kernel an ipvsadm holds the node up
 * for so long, and without the whole poll nobody knew who is MASTER while a drain was under way.
 */
const MAX_LAG_MS = 100;

const LOOK_EVERY_MS = 50;

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
  /** The longest that this process was held up since the last call, in ms. */
  readonly lagMs?: () => number;
}

export interface Poller {
  /** `at`: broker time in ms at the start. Never throws, and ends within poll.timeout. */
  poll(at: number): Promise<SweepReading>;
  close(): void;
}

export function createPoller(options: PollerOptions): Poller {
  const { pool, name } = options;
  const lag = options.lagMs === undefined ? watchEventLoop() : { longestMs: options.lagMs, stop: () => {} };
  const { timeoutMs, windowMs } = options.config.poll;
  const shared: Shared = { timeoutMs, windowMs, monotonic: options.monotonic ?? (() => performance.now()) };
  const members = memberReaders(options, shared);
  const consumers = Object.entries(pool.consumers).map(([consumer, url]) => {
    return { name: consumer, reader: createConsumerReader({ ...shared, url }) };
  });
  const readOwnSide = ownSideReader(options, shared);
  /** With the files that its connections are made with. */
  const filesTrouble = () => asList(tlsTrouble(pool.redis.tls, `pools.${pool.name}.redis.tls`));

  return {
    async poll(at) {
      lag.longestMs();
      const [memberReadings, consumerReadings, own] = await Promise.all([
        Promise.all(members.map(({ reader }) => reader.read())),
        Promise.all(consumers.map(({ reader }) => reader.read())),
        readOwnSide(),
      ]);
      const heldUp = lag.longestMs() > MAX_LAG_MS;
      const listened = ({ answering, refusal }: MemberSignals) =>
        !heldUp || (answering !== false && refusal !== 'PAUSED');
      const { director: side, ...rest } = own;
      return {
        kind: 'sweep',
        pool: pool.name,
        observer: name,
        at,
        members: byName(
          members,
          memberReadings.map((reading) => reading.signals),
          listened,
        ),
        consumers: byName(consumers, consumerReadings, listened),
        ...rest,
        ...(side !== undefined && { director: heldUp ? withoutHung(side) : side }),
        troubles: [...own.troubles, ...filesTrouble(), ...memberReadings.flatMap((reading) => reading.troubles)],
      };
    },
    close() {
      lag.stop();
      for (const { reader } of members) reader.close();
    },
  };
}

function asList<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

/** What all readers of one poller have alike. */
interface Shared {
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly monotonic: () => number;
}

function memberReaders(
  { config, pool, name, connect, dropSilent }: PollerOptions,
  shared: Shared,
): { readonly name: string; readonly reader: MemberReader }[] {
  const [queue = ''] = pool.queues;
  const { monotonic } = shared;
  return Object.values(pool.members).map((member) => {
    const reader = createMemberReader({
      ...shared,
      member: member.name,
      redis: connect(member),
      dropSilent,
      queues: pool.queues,
      ...(pool.redis.database !== undefined && { database: pool.redis.database }),
      vip: pool.vip,
      ...(pool.memoryBudgetBytes !== undefined && { budgetBytes: pool.memoryBudgetBytes }),
      minSecondsToFull: config.policy.minSecondsToFull,
      own: member.name === name,
      ...(pool.redis.probe === 'write' && {
        probe: createWriteProbe({ redis: connect(member), dropSilent, queue, monotonic }),
      }),
    });
    return { name: member.name, reader };
  });
}

type OwnSide = Pick<Sweep, 'director' | 'table' | 'troubles'>;

/** Reads this node's own LVS and VRRP side; empty for an observer that is no node of the pool. */
function ownSideReader({ config, pool, name, dump, procRoot }: PollerOptions, shared: Shared): () => Promise<OwnSide> {
  const self = pool.members[name];
  if (self === undefined || dump === undefined) return async () => ({ troubles: [] });
  const handoverPath = handoverFile(config.keepalived.runDir, Object.values(config.pools), name, pool);
  const lvs = createLvsReader({ ...shared, pool, ...(procRoot !== undefined && { procRoot }) });
  const vrrp = createVrrpReader({ ...shared, pool, interface: self.interface ?? pool.vrrp.interface });
  return async () => {
    const [seen, dumped, handover] = await Promise.all([
      lvs.read(),
      dump(shared.timeoutMs),
      readTrackFile(handoverPath),
    ]);
    const { signals, troubles } = vrrp.read(dumped);
    return {
      director: { ...signals, ...heldOff(handover), ...seen.signals },
      ...(seen.table !== undefined && { table: seen.table }),
      troubles: [...seen.troubles, ...troubles],
    };
  };
}

function byName<S>(
  targets: readonly { readonly name: string }[],
  readings: readonly S[],
  listened: (signals: S) => boolean,
): Record<string, S> {
  const all = targets.map((target, index) => [target.name, readings[index] as S] as const);
  return Object.fromEntries(all.filter(([, signals]) => listened(signals)));
}

function heldOff(handover: number | undefined): Pick<DirectorSignals, 'kept_off' | 'handover'> {
  return { kept_off: (handover ?? 0) !== 0, ...(handover !== undefined && { handover }) };
}

/** Drops the state HUNG: it means that no dump came, which a process that was held up cannot know. */
function withoutHung({ state, ...rest }: DirectorSignals): DirectorSignals {
  return state === undefined || state === 'HUNG' ? rest : { state, ...rest };
}

/**
 * Measures the longest time that the event loop was held up. monitorEventLoopDelay does not do: after a reset it begins
 * with its next look, and a poll is mostly over by then.
 */
function watchEventLoop(): { longestMs(): number; stop(): void } {
  let lastAtMs = performance.now();
  let longest = 0;
  const look = () => {
    const nowMs = performance.now();
    longest = Math.max(longest, nowMs - lastAtMs - LOOK_EVERY_MS);
    lastAtMs = nowMs;
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    longestMs() {
      look();
      const found = longest;
      longest = 0;
      return found;
    },
    stop: () => clearInterval(timer),
  };
}
