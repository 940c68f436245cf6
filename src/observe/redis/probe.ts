/**
 * Whether a member takes pushes, asked of Redis itself: `LINSERT weir:probe BEFORE - -` is judged like a push (it writes,
 * and is denied when memory is short) and changes nothing, for its key never exists.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { hearRefusals, isReply, refusalOfPushes } from '../../lib/redis/refusals.ts';
import { within } from '../../lib/within.ts';
import { PROBE_KEY } from '../../model/readings/probe-key.ts';
import { untilReady } from './until-ready.ts';

/** What the probe has found out of one poll. */
export type Probed =
  /** `seconds`: until the answer. */
  | { readonly kind: 'accepted'; readonly seconds: number }
  | { readonly kind: 'refused'; readonly word: string; readonly seconds: number }
  /** Redis has answered what was asked later, and not this: pushes hang. */
  | { readonly kind: 'late' }
  /** Nobody knows. `why`: what keeps Weir from asking, where that lasts. */
  | { readonly kind: 'none'; readonly why?: string };

export interface ProbeOptions {
  /** A connection of its own: what is paused blocks the connection that asked. */
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
  /** One at a time, after INFO has been answered. Never throws, and ends within `leftMs`. */
  ask(turn: ProbeTurn): Promise<Probed>;
  close(): void;
}

/** A connection that is not there at one poll may be under way. */
const MISSES_TOLD = 2;

/** Of the time that is left, the probe alone has this share; then another connection is asked whether Redis answers. */
const ALONE = 0.6;

/** What was answered before the other question may arrive behind that one's answer. In ms. */
const OVERTAKEN_BY_MS = 20;

/** Who may not ask is told so this seldom: each refusal is an entry in Redis' ACL LOG. In ms. */
const REFUSED_AGAIN_MS = 60_000;

export function createWriteProbe({ redis, dropSilent, queue, monotonic }: ProbeOptions): WriteProbe {
  const turnedAway = hearRefusals(redis);
  let isAsking = false;
  let misses = 0;
  let shut: { readonly why: string; readonly at: number } | undefined;

  async function ask({ leftMs, isCluster, askOther }: ProbeTurn): Promise<Probed> {
    if (shut !== undefined && monotonic() - shut.at < REFUSED_AGAIN_MS) return { kind: 'none', why: shut.why };
    shut = undefined;
    const key = probeKey(queue, isCluster);
    if (key === undefined) return { kind: 'none', why: `no key can be named that is in the slot of ${queue}` };
    const endsAt = performance.now() + leftMs;
    try {
      await within(untilReady(redis, leftMs), leftMs);
    } catch {
      return missed();
    }
    const answer = send(key);
    const left = endsAt - performance.now();
    const soon = await Promise.race([answer, pause(left * ALONE, undefined)]);
    if (soon !== undefined) return soon;
    const other = askOther().then(
      () => true,
      (error) => isReply(error),
    );
    const isAlive = await Promise.race([
      other,
      answer.then(() => true),
      pause(left * (1 - ALONE) - OVERTAKEN_BY_MS, false),
    ]);
    const late = await Promise.race([answer, pause(isAlive ? OVERTAKEN_BY_MS : 0, undefined)]);
    if (late !== undefined) return late;
    // Whatever it is that holds it up, the next one is asked on a new connection.
    dropSilent(redis);
    return isAlive ? { kind: 'late' } : { kind: 'none' };
  }

  function missed(): Probed {
    misses += 1;
    if (misses < MISSES_TOLD) return { kind: 'none' };
    const said = turnedAway()?.message;
    return { kind: 'none', why: `the probe of writes gets no connection${said === undefined ? '' : ` (${said})`}` };
  }

  async function send(key: string): Promise<Probed> {
    const sentAt = performance.now();
    // To the microsecond: every digit more goes through the stream.
    const seconds = () => Math.round((performance.now() - sentAt) * 1_000) / 1_000_000;
    try {
      await redis.linsert(key, 'BEFORE', '-', '-');
      misses = 0;
      return { kind: 'accepted', seconds: seconds() };
    } catch (error) {
      // Who is turned away may have been let in for the moment that it took to say so.
      if (!isReply(error)) return missed();
      misses = 0;
      const word = refusalOfPushes(error.message);
      // A slot on its way is asked for what is not there elsewhere. The probe's key never is, and that of the queue may be.
      if (word === 'ASK') return { kind: 'none', why: `${error.message}: its slot is on its way to another node` };
      if (word !== undefined) return { kind: 'refused', word, seconds: seconds() };
      // Somebody has a key of this name: Redis has let the write through to it.
      if (error.message.startsWith('WRONGTYPE ')) return { kind: 'accepted', seconds: seconds() };
      const why = `${error.message}; allow LINSERT on ${key} there, or set redis.probe of the pool to read`;
      shut = { why, at: monotonic() };
      return { kind: 'none', why };
    }
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

/** The key that the probe names; undefined where none can be named in the slot of the queue. */
export function probeKey(queue: string, isCluster: boolean): string | undefined {
  return isCluster ? keyInSlotOf(queue) : PROBE_KEY;
}

/**
 * A key in the slot of the queue (cluster.c, keyHashSlot): by the queue's own hash tag, or its whole name as one.
 * Undefined where that has a brace in it and no tag.
 */
function keyInSlotOf(queue: string): string | undefined {
  const tag = /^[^{]*\{([^}]+)\}/.exec(queue)?.[1] ?? queue;
  return tag.includes('}') ? undefined : `${PROBE_KEY}:{${tag}}`;
}

/** A timer that holds up no process that ends. */
function pause<T>(ms: number, value: T): Promise<T> {
  return sleep(ms, value, { ref: false });
}
