/** One look at one member: INFO and the queues' lengths in one round trip, all within poll.timeout or not at all. */

import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { messageOf } from '../model/error.ts';
import type { Signals } from '../model/reading.ts';
import { within } from '../within.ts';
import { isConsumer, localAddress, parseClientList } from './client-list.ts';
import { numberOf, parseInfo } from './info.ts';
import { createMemberSeries, type MemberSeries, readSignals } from './member-signals.ts';

/** A reading `answering=false, writable=false` and nothing else: no answer is a fact. */
export const NO_ANSWER: Signals = { answering: false, writable: false };

/** CLIENT LIST is asked for this seldom, in ms, and not above so many clients. */
const CLIENTS_EVERY_MS = 30_000;
const CLIENTS_AT_MOST = 5_000;

export interface MemberReaderOptions {
  readonly member: string;
  readonly redis: Redis;
  /** Drops the connection of a peer that did not answer, so that the next poll has a new one. */
  readonly dropSilent: (redis: Redis) => void;
  readonly queues: readonly string[];
  readonly vip: { readonly address: string; readonly port: number };
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly budgetBytes?: number;
  readonly minSecondsToFull: number;
  /** The member's own node counts its consumers; nobody else asks for the list of clients. */
  readonly own: boolean;
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
  const { member, redis, monotonic } = options;
  let series: MemberSeries | undefined;
  let ownBytes = 0;
  let consumers: Signals = {};
  let consumersTrouble: readonly string[] = [];
  let consumersAt = Number.NEGATIVE_INFINITY;

  async function ask(): Promise<MemberReading> {
    await untilReady(redis, options.timeoutMs);
    const batch = redis.pipeline().info('all');
    for (const queue of options.queues) batch.llen(queue);
    const [infoReply, ...lengthReplies] = (await batch.exec()) ?? [];
    const [error, text] = infoReply ?? [];
    if (error && isReply(error)) return refusedReading(member, error);
    if (error) throw error;
    ownBytes += String(text).length;
    const info = parseInfo(String(text));
    const runId = info.get('run_id') ?? '';
    if (series?.runId !== runId) {
      series = createMemberSeries(runId, options.windowMs);
      ownBytes = String(text).length;
    }
    const troubles: string[] = [];
    let depth: number | undefined = 0;
    for (const [index, [problem, length]] of lengthReplies.entries()) {
      if (problem && !isReply(problem)) throw problem;
      if (problem) {
        troubles.push(`Queue ${options.queues[index]} of member ${member} cannot be counted: ${problem.message}.`);
        depth = undefined;
      } else if (depth !== undefined) {
        depth += Number(length);
      }
    }
    const signals = readSignals(series, {
      info,
      ...(depth !== undefined && { queueDepth: depth }),
      ownBytes,
      nowMs: monotonic(),
      ...(options.budgetBytes !== undefined && { budgetBytes: options.budgetBytes }),
      minSecondsToFull: options.minSecondsToFull,
    });
    if (options.own) await countConsumers(numberOf(info, 'connected_clients') ?? 0);
    return { signals: { ...signals, ...consumers }, troubles: [...troubles, ...consumersTrouble] };
  }

  async function countConsumers(clients: number): Promise<void> {
    if (monotonic() - consumersAt < CLIENTS_EVERY_MS || clients > CLIENTS_AT_MOST) return;
    consumersAt = monotonic();
    let text: string;
    try {
      text = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'));
    } catch (error) {
      // An ACL that refuses the list refuses nothing else: the member still answers.
      if (!isReply(error)) throw error;
      consumers = {};
      consumersTrouble = [`The consumers of member ${member} cannot be counted: ${messageOf(error)}.`];
      return;
    }
    consumersTrouble = [];
    ownBytes += text.length;
    const found = parseClientList(text).filter(isConsumer);
    const vip = localAddress(options.vip.address, options.vip.port);
    consumers = { consumers: found.length, consumers_on_vip: found.filter((one) => one.laddr === vip).length };
  }

  return {
    async read() {
      try {
        return await within(ask(), options.timeoutMs);
      } catch (error) {
        options.dropSilent(redis);
        return { signals: NO_ANSWER, troubles: refusedConnection(member, error) };
      }
    },
    close: () => redis.disconnect(),
  };
}

/** Redis itself said this, and not the client of a time-out or of a connection that is gone. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** A server that answers with a refusal does answer; it just cannot be written. */
function refusedReading(member: string, error: Error): MemberReading {
  const word = error.message.split(' ')[0] ?? '';
  const signals = { answering: true, writable: false, refusal: word };
  const password = word === 'NOAUTH' || word === 'WRONGPASS';
  const why = password ? 'refuses the password: set redis.password of the pool' : `refuses INFO: ${error.message}`;
  return { signals, troubles: [`Redis of member ${member} ${why}.`] };
}

/** A refused connection says more than silence; the password may be refused before the first command. */
function refusedConnection(member: string, error: unknown): string[] {
  const message = messageOf(error);
  if (/NOAUTH|WRONGPASS|invalid password/i.test(message)) {
    return [`Redis of member ${member} refuses the password: set redis.password of the pool.`];
  }
  return [];
}

/** Waits for a connection that is being made; the listener goes with the time-out. */
async function untilReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  if (redis.status === 'wait' || redis.status === 'end') await redis.connect();
  else await once(redis, 'ready', { signal: AbortSignal.timeout(timeoutMs) });
}
