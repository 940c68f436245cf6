/** Reads one member: INFO and the queues' lengths in one round trip, within poll.timeout or not at all. */

import type { Redis } from 'ioredis';
import { hearRefusals, isReply } from '../../lib/redis/refusals.ts';
import { EndlessReply } from '../../lib/redis/reply-limit.ts';
import { within } from '../../lib/within.ts';
import type { MemberSignals } from '../../model/readings/signals.ts';
import { createConsumerCounter } from './consumers.ts';
import { type Info, numberOf, parseInfo } from './info.ts';
import { createLimitReader } from './limit.ts';
import {
  createMemberSeries,
  type MemberInput,
  type MemberReading,
  type MemberSeries,
  readSignals,
} from './member-signals.ts';
import type { Probed, WriteProbe } from './probe.ts';
import { askQueues, depthOf, type QueueDepth } from './queues.ts';
import { askAtTheDoor, isNobody, refusedReading } from './turned-away.ts';
import { untilReady } from './until-ready.ts';

/** Who does not speak TLS waits for more of what it does not understand: the rest of poll.timeout is for asking it without. */
const TLS_SHARE = 0.6;

/** The reading of a Redis that does not answer. No answer is a fact, and all else is unknown. */
export const NO_ANSWER: MemberSignals = { answering: false, writable: false };

export interface MemberReaderOptions {
  readonly member: string;
  readonly redis: Redis;
  /** Drops the connection of a peer that did not answer, so that the next poll has a new one. */
  readonly dropSilent: (redis: Redis) => void;
  readonly queues: readonly string[];
  /** The database that the queues are in; 0 where absent. */
  readonly database?: number;
  readonly vip: { readonly address: string; readonly port: number };
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly budgetBytes?: number;
  readonly minSecondsToFull: number;
  /** Whether this is the member's own node: only that one counts consumers, from the list of clients. */
  readonly own: boolean;
  /** Asks whether a push is taken. Where absent, INFO alone tells. */
  readonly probe?: WriteProbe;
  /** Monotonic, in ms. */
  readonly monotonic: () => number;
}

export interface MemberReader {
  /** Never throws, and ends within poll.timeout. */
  read(): Promise<MemberReading>;
  close(): void;
}

export function createMemberReader(options: MemberReaderOptions): MemberReader {
  const { member, redis, probe } = options;
  const run: Run = { series: undefined, ownBytes: 0 };
  const { look, leftMs, refusal } = createLook(options, run);
  const consumers = options.own ? createConsumerCounter(options) : undefined;

  /** Adds what may fail and costs only its own figures then: the probe, and the list of clients. */
  async function readingOf(seen: Seen): Promise<MemberReading> {
    const { info, queues } = seen;
    const isCluster = info.get('cluster_enabled') === '1';
    // INFO, since whoever is polled allows it.
    const askOther = () => redis.info('server');
    const [probed, counted] = await Promise.all([
      probe?.ask({ leftMs: leftMs(), isCluster, askOther }),
      consumers?.read(numberOf(info, 'connected_clients') ?? 0, leftMs()),
    ]);
    const signals = signalsOf(options, seen, { ownBytes: run.ownBytes, ...(probed !== undefined && { probed }) });
    run.ownBytes += counted?.bytes ?? 0;
    const troubles = [...queues.troubles, ...(counted?.troubles ?? []), ...probeTroubles(member, probed)];
    return { signals: { ...signals, ...counted?.signals }, troubles: [...seen.troubles, ...troubles] };
  }

  return {
    async read() {
      let seen: Seen | MemberReading;
      try {
        seen = await within(look(), options.timeoutMs);
      } catch {
        options.dropSilent(redis);
        run.series?.writes.forgetLate();
        const refused = refusal();
        return refused === undefined ? { signals: NO_ANSWER, troubles: [] } : refusedReading(member, refused.message);
      }
      return 'info' in seen ? await readingOf(seen) : seen;
    },
    close() {
      redis.disconnect();
      probe?.close();
    },
  };
}

/** What is remembered of one run of Redis; another run_id begins anew. */
interface Run {
  series: MemberSeries | undefined;
  /** Bytes of the replies that this observer has had from it. */
  ownBytes: number;
}

interface Look {
  /** Begins a look. @throws Error where Redis gives no answer, and nobody says why. */
  look(): Promise<Seen | MemberReading>;
  /** What is left of poll.timeout. */
  leftMs(): number;
  /** A refusal that was heard since the look before: a new connection is made, and refused, several times in between. */
  refusal(): Error | undefined;
}

function createLook(options: MemberReaderOptions, run: Run): Look {
  const { member, redis } = options;
  const askInfo = createInfoQuestion(options);
  const limit = createLimitReader(options);
  const refusalSince = hearRefusals(redis);
  /** When this look and the one before began, by performance.now(). */
  let looks = { before: 0, last: 0 };
  const leftMs = () => options.timeoutMs - (performance.now() - looks.last);
  const refusal = () => refusalSince(looks.before);

  async function ask(): Promise<Seen | MemberReading> {
    const { text, queues } = await askInfo();
    if (text instanceof Error) return refusedReading(member, text.message, queues);
    run.ownBytes += text.length;
    const { info, troubles } = await limit.read(parseInfo(text), leftMs());
    const runId = info.get('run_id') ?? '';
    if (run.series?.runId !== runId) {
      run.series = createMemberSeries(runId, options.windowMs);
      run.ownBytes = text.length;
    }
    return { info, queues, troubles, series: run.series, atMs: options.monotonic() };
  }

  return {
    leftMs,
    refusal,
    async look() {
      looks = { before: looks.last, last: performance.now() };
      try {
        return await ask();
      } catch (error) {
        // It has been dropped already, and its door would say no more.
        if (error instanceof EndlessReply)
          return { signals: NO_ANSWER, troubles: [`Member ${member}: ${error.message}`] };
        const refused = isReply(error) ? error : refusal();
        if (refused !== undefined) return refusedReading(member, refused.message);
        const left = leftMs();
        if (left <= 0 || isNobody(error)) throw error;
        return await askAtTheDoor(member, redis, left);
      }
    },
  };
}

/** INFO's text, or the error with which Redis refused it, and what LLEN of the queues was answered. */
interface InfoAnswer {
  readonly text: string | Error;
  readonly queues: QueueDepth;
}

/** Makes the question for INFO and LLEN, in one round trip. It throws what is no answer of Redis. */
function createInfoQuestion(options: MemberReaderOptions): () => Promise<InfoAnswer> {
  const { member, redis, timeoutMs } = options;
  /** Redis 2.4 takes no section, and gives all of INFO without one. */
  let sections: readonly string[] = ['all'];

  return async function ask() {
    await untilReady(redis, redis.options.tls === undefined ? timeoutMs : timeoutMs * TLS_SHARE);
    const batch = redis.pipeline().info(...sections);
    askQueues(batch, options);
    const [infoReply, ...queueReplies] = (await batch.exec()) ?? [];
    const [error, text] = infoReply ?? [];
    if (error && !isReply(error)) throw error;
    if (error && sections.length > 0 && /wrong number of arguments/.test(error.message)) {
      sections = [];
      return await ask();
    }
    return { text: error ?? String(text), queues: depthOf(member, options, queueReplies) };
  };
}

function signalsOf(
  { budgetBytes, minSecondsToFull }: MemberReaderOptions,
  { info, queues, series, atMs }: Seen,
  found: Pick<MemberInput, 'ownBytes' | 'probed'>,
): MemberSignals {
  return readSignals(series, {
    ...found,
    info,
    ...(queues.depth !== undefined && { queueDepth: queues.depth }),
    ...(queues.refused !== undefined && { queueRefused: queues.refused }),
    ...(queues.isNoList !== undefined && { isNoList: queues.isNoList }),
    nowMs: atMs,
    ...(budgetBytes !== undefined && { budgetBytes }),
    minSecondsToFull,
  });
}

/** What INFO and LLEN said in one look. */
interface Seen {
  readonly info: Info;
  readonly queues: QueueDepth;
  readonly troubles: readonly string[];
  readonly series: MemberSeries;
  /** Monotonic, in ms. */
  readonly atMs: number;
}

function probeTroubles(member: string, probed: Probed | undefined): string[] {
  if (probed?.kind !== 'none' || probed.why === undefined) return [];
  return [`Whether member ${member} takes pushes is read from INFO alone: ${probed.why}.`];
}
