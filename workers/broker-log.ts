/** What the log says of the broker: why it is away, once, and that it is back. */

import type { Redis } from 'ioredis';
import type { BrokerAddress } from '../src/broker/address.ts';
import { isTimeOut, whyAway } from '../src/broker/why-away.ts';
import type { Logger } from '../src/lib/log.ts';
import { tlsTrouble } from '../src/lib/redis/tls-files.ts';
import { formatDuration } from '../src/model/duration.ts';

/** While it is away it is asked so often, in ms. */
const ASK_EVERY_MS = 1_000;

/** Whether this process itself is held up is looked at so often, and a look that comes so late means that it is. In ms. */
const BEAT_MS = 200;
const HELD_UP_MS = 400;

/** Time-outs so soon after that are its own. In ms. */
const OWN_FAULT_MS = 2_000;

/** The same is said again after so long, in ms. */
const AGAIN_MS = 300_000;

export interface BrokerLog {
  /** It could not be reached, and has not answered since. */
  readonly isAway: boolean;
  /** An error that says only that the broker is away. It is looked whether it is: one late answer is none. */
  heard(error: unknown): void;
  stop(): void;
}

interface Outage {
  readonly since: number;
  /** Each sentence, and when it was said. */
  readonly said: Map<string, number>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Watches the connections of a role. `connections[0]` is the one that fails fast. In one outage the connections fail one
 * after the other, each in its own way: what was said is not said again for five minutes, and a time-out after it, which may
 * be of this process alone, is not either.
 */
export function logBroker(broker: BrokerAddress, connections: readonly [Redis, ...Redis[]], log: Logger): BrokerLog {
  const [first] = connections;
  let outage: Outage | undefined;
  let isStopped = false;
  const heldUp = watchOwnBeat();

  const stands = async () =>
    connections.every(({ status }) => status === 'ready') && (await first.ping().catch(() => '')) !== '';

  async function note(redis: Redis, error?: unknown): Promise<void> {
    if (isStopped) return;
    outage ??= {
      since: performance.now(),
      said: new Map(),
      timer: setInterval(() => void ask(), ASK_EVERY_MS).unref(),
    };
    const { said } = outage;
    const sentence = await whyAway(broker, redis, error);
    const now = performance.now();
    if (isTimeOut(sentence) && heldUp.lately()) return;
    const before = isTimeOut(sentence) ? Math.max(...said.values()) : (said.get(sentence) ?? Number.NEGATIVE_INFINITY);
    if (isStopped || now - before < AGAIN_MS) return;
    said.set(sentence, now);
    log.error(sentence);
  }

  async function ask(): Promise<void> {
    if (!(await stands()) || outage === undefined) return;
    clearInterval(outage.timer);
    const lasted = performance.now() - outage.since;
    const wasTold = outage.said.size > 0;
    outage = undefined;
    if (wasTold) log.notice({ lasted: formatDuration(Math.round(lasted)) }, 'the broker answers again');
  }

  for (const redis of connections) onFailedTry(redis, () => void note(redis));
  logFiles(broker, connections, (trouble) => {
    if (isStopped) return;
    if (trouble === undefined) log.notice('the files of broker.tls are in order again');
    else log.error(trouble);
  });
  return {
    get isAway() {
      return outage !== undefined;
    },
    heard(error) {
      if (outage !== undefined || first.status !== 'ready') return;
      first.ping().catch(() => note(first, error));
    },
    stop() {
      isStopped = true;
      heldUp.stop();
      clearInterval(outage?.timer);
    },
  };
}

/** Tells of the files that connections are made with, when one was made or failed: each trouble once, and its end. */
function logFiles(
  { tls }: BrokerAddress,
  connections: readonly Redis[],
  tell: (trouble: string | undefined) => void,
): void {
  let told: string | undefined;
  const look = () => {
    const trouble = tlsTrouble(tls, 'broker.tls');
    if (trouble !== told) tell(trouble);
    told = trouble;
  };
  for (const redis of connections) for (const event of ['ready', 'close'] as const) redis.on(event, look);
}

/** The loss of a connection itself says nothing: the next try to connect knows why. */
function onFailedTry(redis: Redis, call: () => void): void {
  let stood = false;
  redis.on('ready', () => (stood = true));
  redis.on('close', () => {
    if (!stood) call();
    stood = false;
  });
}

/** Whether this process got no processor of late: who reads answers late takes them for none. */
function watchOwnBeat() {
  let beatAt = performance.now();
  let heldUpAt = Number.NEGATIVE_INFINITY;
  const beat = () => {
    const now = performance.now();
    if (now - beatAt > BEAT_MS + HELD_UP_MS) heldUpAt = now;
    beatAt = now;
  };
  const timer = setInterval(beat, BEAT_MS).unref();
  return {
    lately() {
      beat();
      return performance.now() - heldUpAt < OWN_FAULT_MS;
    },
    stop: () => clearInterval(timer),
  };
}
