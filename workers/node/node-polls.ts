/** A node's polls: each pool is read again and again, and the sweep goes to the stream and to the actuator. */

import type { Actuator } from '../../src/act/actuator.ts';
import { readHoldFile } from '../../src/act/local/hold-file.ts';
import type { BrokerClock } from '../../src/broker/time/clock.ts';
import { editionOf } from '../../src/config/edition.ts';
import { every, type RepeatingOnDemand } from '../../src/lib/every.ts';
import type { PoolConfig, WeirConfig } from '../../src/model/configuration/config.ts';
import { runFiles } from '../../src/model/configuration/run-files.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { createFifos, type Fifos, type Hint } from '../../src/observe/director/fifo.ts';
import { askSignal, createKeepalivedReader } from '../../src/observe/director/keepalived-dump.ts';
import type { Poller, PollerOptions } from '../../src/observe/poller.ts';
import { headsToSay, type KnownHeadsFile } from './known-heads.ts';
import type { KnownHolds } from './known-holds.ts';
import { nodeSweep, pollViewOf } from './node-sweep.ts';
import { createSweepSender, openPoller } from './observer.ts';

export interface NodePollsDependencies {
  readonly config: WeirConfig;
  /** The node's name. */
  readonly name: string;
  /** The pools that have a member of this name. */
  readonly pools: readonly PoolConfig[];
  readonly clock: BrokerClock;
  readonly actuator: Pick<Actuator, 'onPoll' | 'liveLeases' | 'raising' | 'audit' | 'troubles'>;
  readonly knownHolds: Pick<KnownHolds, 'of'>;
  readonly knownHeads: Pick<KnownHeadsFile, 'of'>;
  /** Returns sentences about what the broker says of a pool and this node cannot read. */
  unreadable(pool: string): readonly string[];
  append(sweep: Sweep): Promise<string>;
  wake(pool: string): Promise<void>;
  /** keepalived has told of a change, so every pool is polled at once. */
  onHints(hints: readonly Hint[]): void;
  onError(error: unknown, doing: string): void;
}

export interface NodePolls {
  /** A sentence when a pool is not polled any more, as after a call that never returns. */
  stuck(): string | undefined;
  /** Stops and waits for the polls that are under way; connections stay until `close`. */
  stop(): Promise<void>;
  close(): void;
}

interface Poll {
  readonly poller: Poller;
  readonly repeating: RepeatingOnDemand;
}

/** A poll is over within seconds, however little answers it. */
const STUCK_AFTER_MS = 30_000;

export async function startNodePolls(deps: NodePollsDependencies): Promise<NodePolls> {
  const { config } = deps;
  const asked = await askSignal();
  const keepalived = createKeepalivedReader({
    keepalived: config.keepalived,
    signal: asked.signal,
    staleAfterMs: config.poll.staleAfterMs,
  });
  const dump = shareDump(keepalived.dump);
  const { vrrpFifo, lvsFifo } = runFiles(config.keepalived.runDir);
  const fifos = createFifos([vrrpFifo, lvsFifo], (hints) => {
    deps.onHints(hints);
    for (const { repeating } of polls) repeating.runSoon();
  });
  const polls = deps.pools.map((pool) => startPoll(deps, pool, { dump, fifos, signalTrouble: asked.trouble }));
  const mayTakeMs = STUCK_AFTER_MS + 2 * config.poll.intervalMs;
  return {
    stuck() {
      const longestMs = Math.max(...polls.map(({ repeating }) => repeating.endedAgoMs()));
      return longestMs > mayTakeMs ? `No poll has ended for ${Math.round(longestMs / 1_000)} s.` : undefined;
    },
    async stop() {
      fifos.close();
      await Promise.all(polls.map(({ repeating }) => repeating.stop()));
    },
    close() {
      for (const { poller } of polls) poller.close();
    },
  };
}

/** What the polls of all pools share. */
interface Shared {
  readonly dump: NonNullable<PollerOptions['dump']>;
  readonly fifos: Fifos;
  readonly signalTrouble: string | undefined;
}

function startPoll(deps: NodePollsDependencies, pool: PoolConfig, shared: Shared): Poll {
  const { config, name, clock, actuator, knownHolds, knownHeads, onError } = deps;
  const edition = editionOf(pool, config.policy, config.poll);
  const poller = openPoller(config, pool, name, shared.dump);
  const send = createSweepSender(deps);
  const once = async () => {
    const nodeTroubles = [shared.fifos.look(), shared.signalTrouble].filter((trouble) => trouble !== undefined);
    // A poll that begins before broker time is known has the time of the machine. It is not sent.
    const isTimed = clock.synced;
    const reading = await poller.poll(clock.now());
    const hold = await readHoldFile(config.stateDir);
    const audit = actuator.audit(pool.name);
    const sweep = nodeSweep(reading, {
      edition,
      calendarMs: Date.now() - clock.now(),
      ...(clock.synced && { clockSkew: (Date.now() - clock.now() + clock.lead) / 1_000 }),
      leases: actuator.liveLeases(pool.name),
      raising: actuator.raising(pool.name),
      ...(hold !== undefined && { hold }),
      stateDir: config.stateDir,
      acted: audit?.acts(clock.now()) ?? [],
      auditHeads: headsToSay(knownHeads.of(pool.name), audit),
      holds: knownHolds.of(pool.name, clock.now()),
      actuatorTroubles: actuator.troubles(pool.name),
      nodeTroubles,
      unreadable: deps.unreadable(pool.name),
    });
    if (isTimed) send(sweep);
    // What it said nothing of yet is in the next one: no poll waits for a disk.
    void audit?.sync();
    // Neither the sweep nor the next poll waits for the actuator, which takes its time while it changes the table.
    void actuator.onPoll(pollViewOf(sweep));
  };
  return { poller, repeating: every(config.poll.intervalMs, `poll ${pool.name}`, once, onError) };
}

/** One dump serves all pools that ask at the same time: two signals at once would only tear the file. */
function shareDump<T>(dump: (timeoutMs: number) => Promise<T>): (timeoutMs: number) => Promise<T> {
  let current: Promise<T> | undefined;
  return (timeoutMs) => {
    current ??= dump(timeoutMs).finally(() => {
      current = undefined;
    });
    return current;
  };
}
