/**
 * Asks Redis itself whether it takes pushes. It judges `LINSERT weir:probe BEFORE - -` like a push: that writes, and is
 * denied when memory is short. The command changes nothing, since its key never exists.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { hearRefusals, isReply, refusalOfPushes } from '../../lib/redis/refusals.ts';
import { within } from '../../lib/within.ts';
import { PROBE_KEY } from '../../model/readings/probe-key.ts';
import { untilReady } from './until-ready.ts';

/** What the probe found out in one poll. */
export type Probed =
  /** `seconds`: how long the answer took. */
  | { readonly kind: 'accepted'; readonly seconds: number }
  | { readonly kind: 'refused'; readonly word: string; readonly seconds: number }
  /** Pushes hang: Redis has answered a later question, and not this one. */
  | { readonly kind: 'late' }
  /** Not known. `why` says what keeps Weir from asking, where that lasts. */
  | { readonly kind: 'none'; readonly why?: string };

export interface ProbeOptions {
  /** A connection that nothing else uses: a paused command blocks the connection that it came by. */
  readonly redis: Redis;
  readonly dropSilent: (redis: Redis) => void;
  /** The pool's first queue. */
  readonly queue: string;
  /** Monotonic, in ms. */
  readonly monotonic: () => number;
}

export interface ProbeTurn {
  /** How long this may take, in ms. */
  readonly leftMs: number;
  readonly isCluster: boolean;
  /** Asks something on another connection; settles with its answer, whatever that is. */
  readonly askOther: () => Promise<unknown>;
}

export interface WriteProbe {
  /**
   * Asks once, after INFO has been answered; a second call meanwhile finds out nothing. Never throws, and ends within
   * `leftMs`.
   */
  ask(turn: ProbeTurn): Promise<Probed>;
  close(): void;
}

/** So many polls in a row without a connection are told: after one, it may still be under way. */
const MISSES_TOLD = 2;

/** The probe waits alone for this share of its time. Then another connection is asked whether Redis answers at all. */
const ALONE = 0.6;

/** An answer that Redis gave first may still arrive second, by so much. In ms. */
const OVERTAKEN_BY_MS = 20;

/** Where Weir may not ask, it asks again after so long: each refusal is an entry in Redis' ACL LOG. In ms. */
const REFUSED_AGAIN_MS = 60_000;

export function createWriteProbe(options: ProbeOptions): WriteProbe {
  const { redis, queue } = options;
  const sender = createSender(options);
  let isAsking = false;

  async function ask({ leftMs, isCluster, askOther }: ProbeTurn): Promise<Probed> {
    const shut = sender.whyShut();
    if (shut !== undefined) return { kind: 'none', why: shut };
    const key = probeKey(queue, isCluster);
    if (key === undefined) return { kind: 'none', why: `no key can be named that is in the slot of ${queue}` };
    const endsAt = performance.now() + leftMs;
    try {
      await within(untilReady(redis, leftMs), leftMs);
    } catch {
      return sender.missed();
    }
    const { answer, isAlive } = await awaitAnswer(sender.send(key), askOther, endsAt - performance.now());
    if (answer !== undefined) return answer;
    // Whatever holds it up, the next one is asked on a new connection.
    options.dropSilent(redis);
    return isAlive ? { kind: 'late' } : { kind: 'none' };
  }

  return {
    async ask(turn) {
      if (isAsking || turn.leftMs <= 0) return { kind: 'none' };
      isAsking = true;
      try {
        return await ask(turn);
      } finally {
        isAsking = false;
      }
    },
    close: () => redis.disconnect(),
  };
}

/**
 * Waits for the answer within `leftMs`. When most of that is over, asks on another connection whether Redis answers at all:
 * an answer to that, and none to this, means that pushes hang.
 */
async function awaitAnswer(
  answer: Promise<Probed>,
  askOther: ProbeTurn['askOther'],
  leftMs: number,
): Promise<{ readonly answer?: Probed | undefined; readonly isAlive: boolean }> {
  const soon = await Promise.race([answer, pause(leftMs * ALONE, undefined)]);
  if (soon !== undefined) return { answer: soon, isAlive: true };
  const otherAnswer = askOther().then(
    () => true,
    (error) => isReply(error),
  );
  const isAlive = await Promise.race([
    otherAnswer,
    answer.then(() => true),
    pause(leftMs * (1 - ALONE) - OVERTAKEN_BY_MS, false),
  ]);
  return { answer: await Promise.race([answer, pause(isAlive ? OVERTAKEN_BY_MS : 0, undefined)]), isAlive };
}

/** Sends the probe, and remembers what keeps it from being sent. */
interface Sender {
  send(key: string): Promise<Probed>;
  /** Why Redis is not asked now: it has refused the probe itself a short while ago. */
  whyShut(): string | undefined;
  /** No connection came about. */
  missed(): Probed;
}

function createSender({ redis, monotonic }: ProbeOptions): Sender {
  const turnedAway = hearRefusals(redis);
  let misses = 0;
  let shut: { readonly why: string; readonly at: number } | undefined;

  function missed(): Probed {
    misses += 1;
    if (misses < MISSES_TOLD) return { kind: 'none' };
    const said = turnedAway()?.message;
    return { kind: 'none', why: `the probe of writes gets no connection${said === undefined ? '' : ` (${said})`}` };
  }

  return {
    missed,
    whyShut() {
      if (shut !== undefined && monotonic() - shut.at >= REFUSED_AGAIN_MS) shut = undefined;
      return shut?.why;
    },
    async send(key) {
      const sentAt = performance.now();
      // Rounded to microseconds: every further digit would go through the stream.
      const seconds = () => Math.round((performance.now() - sentAt) * 1_000) / 1_000_000;
      try {
        await redis.linsert(key, 'BEFORE', '-', '-');
        misses = 0;
        return { kind: 'accepted', seconds: seconds() };
      } catch (error) {
        // A connection that is turned away looks ready for the moment that it takes to say so.
        if (!isReply(error)) return missed();
        misses = 0;
        const word = refusalOfPushes(error.message);
        // A slot on its way is asked for what is not there elsewhere. The probe's key never is, and that of the queue may be.
        if (word === 'ASK') return { kind: 'none', why: `${error.message}: its slot is on its way to another node` };
        if (word !== undefined) return { kind: 'refused', word, seconds: seconds() };
        // Somebody has a key of this name. Redis has let the write through to it.
        if (error.message.startsWith('WRONGTYPE ')) return { kind: 'accepted', seconds: seconds() };
        const why = `${error.message}; allow LINSERT on ${key} there, or set redis.probe of the pool to read`;
        shut = { why, at: monotonic() };
        return { kind: 'none', why };
      }
    },
  };
}

/** Returns the key that the probe names; undefined where no name leads to the slot of the queue. */
export function probeKey(queue: string, isCluster: boolean): string | undefined {
  return isCluster ? keyInSlotOf(queue) : PROBE_KEY;
}

/**
 * Returns a key in the slot of the queue (cluster.c, keyHashSlot), by the queue's own hash tag or its whole name as one.
 * Undefined where the name has a brace and no tag.
 */
function keyInSlotOf(queue: string): string | undefined {
  const tag = /^[^{]*\{([^}]+)\}/.exec(queue)?.[1] ?? queue;
  return tag.includes('}') ? undefined : `${PROBE_KEY}:{${tag}}`;
}

/** Waits without keeping the process alive. */
function pause<T>(ms: number, value: T): Promise<T> {
  return sleep(ms, value, { ref: false });
}
