/** One look at one member: INFO and the queues' lengths in one round trip, all within poll.timeout or not at all. */

import type { Redis } from 'ioredis';
import { defined } from '../../lib/defined.ts';
import {
  hearRefusals,
  isReply,
  lockedOutBy,
  refusalOfPushes,
  speaksTls,
  TLS_ONLY,
  wordAtTheDoor,
} from '../../lib/redis/refusals.ts';
import { within } from '../../lib/within.ts';
import type { Signals } from '../../model/readings/signals.ts';
import { createConsumerCounter } from './consumers.ts';
import { type Info, numberOf, parseInfo } from './info.ts';
import { createLimitReader } from './limit.ts';
import { createMemberSeries, type MemberSeries, readSignals } from './member-signals.ts';
import type { Probed, WriteProbe } from './probe.ts';
import { askQueues, depthOf, type QueueDepth } from './queues.ts';
import { untilReady } from './until-ready.ts';

/** A reading `answering=false, writable=false` and nothing else: no answer is a fact. */
export const NO_ANSWER: Signals = { answering: false, writable: false };

export interface MemberReaderOptions {
  readonly member: string;
  readonly redis: Redis;
  /** Drops the connection of a peer that did not answer, so that the next poll has a new one. */
  readonly dropSilent: (redis: Redis) => void;
  readonly queues: readonly string[];
  /** The database that the queues are in; absent: 0. */
  readonly database?: number;
  readonly vip: { readonly address: string; readonly port: number };
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly budgetBytes?: number;
  readonly minSecondsToFull: number;
  /** The member's own node counts its consumers; nobody else asks for the list of clients. */
  readonly own: boolean;
  /** Asks whether a push is taken; absent: that is read from INFO alone. */
  readonly probe?: WriteProbe;
  /** Monotonic, in ms. */
  readonly monotonic: () => number;
}

export interface MemberReading {
  readonly signals: Signals;
  readonly troubles: readonly string[];
}

export interface MemberReader {
  /** Never throws, and ends within poll.timeout. */
  read(): Promise<MemberReading>;
  close(): void;
}

export function createMemberReader(options: MemberReaderOptions): MemberReader {
  const { member, redis, probe, monotonic } = options;
  let series: MemberSeries | undefined;
  let ownBytes = 0;
  const limit = createLimitReader(options);
  const consumers = options.own ? createConsumerCounter(options) : undefined;
  const refusal = hearRefusals(redis);
  /** When this look and the one before began, by performance.now(). */
  let looks = { before: 0, last: 0 };
  /** Redis 2.4 takes no section: its INFO is all that there is. */
  let sections: readonly string[] = ['all'];

  /** Of poll.timeout. */
  const leftMs = () => options.timeoutMs - (performance.now() - looks.last);

  /** A refusal that was heard since the look before: a new connection is made, and refused, several times in between. */
  async function look(): Promise<Seen | MemberReading> {
    try {
      return await ask();
    } catch (error) {
      const refused = isReply(error) ? error : refusal(looks.before);
      if (refused !== undefined) return refusedReading(member, refused.message);
      const left = leftMs();
      if (left <= 0 || isNobody(error)) throw error;
      const host = String(redis.options.host);
      const port = Number(redis.options.port);
      // Whichever says something.
      return await Promise.any([
        wordAtTheDoor(host, port, left).then((said) => {
          if (said === undefined) throw error;
          return refusedReading(member, said);
        }),
        speaksTls(host, port, left).then((isTls) => {
          if (!isTls) throw error;
          return tlsReading(member, port);
        }),
      ]);
    }
  }

  async function ask(): Promise<Seen | MemberReading> {
    await untilReady(redis, options.timeoutMs);
    const batch = redis.pipeline().info(...sections);
    askQueues(batch, options);
    const [infoReply, ...queueReplies] = (await batch.exec()) ?? [];
    const [error, text] = infoReply ?? [];
    if (error && !isReply(error)) throw error;
    if (error && sections.length > 0 && /wrong number of arguments/.test(error.message)) {
      sections = [];
      return await ask();
    }
    const queues = depthOf(member, options, queueReplies);
    if (error) return refusedReading(member, error.message, queues);
    ownBytes += String(text).length;
    const { info, troubles } = await limit.read(parseInfo(String(text)), leftMs());
    const runId = info.get('run_id') ?? '';
    if (series?.runId !== runId) {
      series = createMemberSeries(runId, options.windowMs);
      ownBytes = String(text).length;
    }
    return { info, queues, troubles, series, atMs: monotonic() };
  }

  /** The rest costs only its own figures. */
  async function readingOf({ info, queues, troubles, series, atMs }: Seen): Promise<MemberReading> {
    const isCluster = info.get('cluster_enabled') === '1';
    // INFO: whoever is polled allows it.
    const askOther = () => redis.info('server');
    const [probed, counted] = await Promise.all([
      probe?.ask({ leftMs: leftMs(), isCluster, askOther }),
      consumers?.read(numberOf(info, 'connected_clients') ?? 0, leftMs()),
    ]);
    const signals = readSignals(series, {
      info,
      ...defined({ queueDepth: queues.depth, queueRefused: queues.refused, isNoList: queues.isNoList, probed }),
      ownBytes,
      nowMs: atMs,
      ...(options.budgetBytes !== undefined && { budgetBytes: options.budgetBytes }),
      minSecondsToFull: options.minSecondsToFull,
    });
    ownBytes += counted?.bytes ?? 0;
    return {
      signals: { ...signals, ...counted?.signals },
      troubles: [...troubles, ...queues.troubles, ...(counted?.troubles ?? []), ...probeTroubles(member, probed)],
    };
  }

  return {
    async read() {
      looks = { before: looks.last, last: performance.now() };
      let seen: Seen | MemberReading;
      try {
        seen = await within(look(), options.timeoutMs);
      } catch {
        options.dropSilent(redis);
        series?.writes.forgetLate();
        const refused = refusal(looks.before);
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

/** Nothing listens there: nobody stands at the door either. */
function isNobody(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

/**
 * A server that refuses its reader does answer. What it refuses to producers as well is why it cannot be written; anything
 * else is Weir's own trouble, and whether a push would be accepted is not known.
 */
function refusedReading(member: string, said: string, queues?: QueueDepth): MemberReading {
  const lockedOut = lockedOutBy(said);
  const refusal = refusalOfPushes(said);
  const sentence = said.split(/\.(?:\s|$)/)[0] ?? '';
  const redis = `Redis of member ${member}`;
  if (refusal !== undefined) {
    const signals = { answering: true, writable: false, refusal, locked_out: '' };
    return { signals, troubles: [`${redis} refuses INFO: ${sentence}.`] };
  }
  const depth = queues?.depth === undefined ? {} : { queue_depth: queues.depth };
  return { signals: { answering: true, locked_out: lockedOut ?? 'other', ...depth }, troubles: [troubleOf()] };

  function troubleOf(): string {
    if (lockedOut === 'password') return `${redis} refuses the password: set redis.password of the pool.`;
    const isDoor = lockedOut === 'maxclients' || lockedOut === 'protected-mode';
    return `${redis} ${isDoor ? 'turns every new connection away' : 'refuses INFO'}: ${sentence}.`;
  }
}

function tlsReading(member: string, port: number): MemberReading {
  return {
    signals: { answering: true, locked_out: 'tls' },
    troubles: [
      `Redis of member ${member} ${TLS_ONLY}: in its redis.conf set port ${port}, and tls-port to another one.`,
    ],
  };
}
