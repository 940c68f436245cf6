/** Captures what a member really answers, asked as its reader asks. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { connectWatched } from '../../lib/redis/connections.ts';
import { wordAtTheDoor } from '../../lib/redis/door.ts';
import { doorOf, lastFault } from '../../lib/redis/guarded.ts';
import { hearRefusals, isReply } from '../../lib/redis/refusals.ts';
import { whyNotTls } from '../../lib/redis/tls-faults.ts';
import type { MemberConfig, PoolConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import type { Answer, ServerAnswers } from '../../model/readings/capture.ts';
import { probeKey } from '../../observe/redis/probe.ts';

/** A person waits longer than a poll. In ms. */
const ANSWERS_WITHIN_MS = 3_000;

/** Rates and windows need several polls, a second apart. */
const EVERY_MS = 1_000;

export interface MemberCapture {
  readonly answers: ServerAnswers;
  readonly notHad: readonly string[];
}

/** Never throws: what cannot be had is in `notHad`. */
export async function captureMember(pool: PoolConfig, member: MemberConfig, polls: number): Promise<MemberCapture> {
  const where = { host: member.address, port: pool.vip.port };
  const connect = () => connectWatched({ ...pool.redis, ...where, timeoutMs: ANSWERS_WITHIN_MS });
  const redis = connect();
  const refusal = hearRefusals(redis);
  const whose = `Redis of member ${member.name}`;
  const wordSaid = async () =>
    refusal()?.message ?? (await wordAtTheDoor(doorOf(redis) ?? where).catch(() => undefined));
  const locked = (said: string) => ({
    answers: refused(said, pool),
    notHad: [`${whose} does not let Weir in: ${said}`],
  });
  try {
    await redis.connect();
    const asked = await ask(redis, pool, whose, polls, connect);
    if (!asked.answers.silentOn.includes('INFO')) return asked;
    // Without a password nothing is asked while the connection is made: what is said at the door is an answer to nothing.
    const said = await wordSaid();
    return said === undefined ? asked : locked(said);
  } catch (error) {
    const said = await wordSaid();
    if (said !== undefined) return locked(said);
    const why = (await whyNotTls(lastFault(redis), doorOf(redis))) ?? messageOf(error).replace(/\.$/, '');
    return { answers: SILENT, notHad: [`${whose} gives no answer: ${why}.`] };
  } finally {
    redis.disconnect();
  }
}

const SILENT: ServerAnswers = {
  everyMs: EVERY_MS,
  polls: 1,
  replies: {},
  thenCloses: false,
  silentOn: ['INFO', 'LLEN', 'PING', 'CLIENT LIST'],
  closesOn: [],
};

/** What is said while the connection is made: to the log-in where there is one, else at the door. */
function refused(said: string, { redis }: PoolConfig): ServerAnswers {
  const none = { everyMs: EVERY_MS, polls: 1, silentOn: [], closesOn: [] };
  if (redis.password === undefined || /max number of clients|^DENIED/i.test(said)) {
    return { ...none, replies: {}, onConnect: `-${said}\r\n`, thenCloses: true };
  }
  const replies = {
    AUTH: [`-${said}`],
    INFO: ['-NOAUTH Authentication required.'],
    LLEN: ['-NOAUTH Authentication required.'],
  };
  return { ...none, replies, thenCloses: false, password: '[secret]' };
}

async function ask(redis: Redis, pool: PoolConfig, whose: string, polls: number, connect: () => Redis) {
  const replies: Record<string, Answer[]> = {};
  const silentOn: string[] = [];
  // A paused server holds up the connection that asked.
  const aside = pool.redis.probe === 'write' ? connect() : undefined;
  try {
    for (let poll = 0; poll < polls; poll += 1) {
      if (poll > 0) await sleep(EVERY_MS);
      const info = await answered(redis, 'INFO', 'INFO', 'all');
      const { database } = pool.redis;
      if (database !== undefined) await answered(redis, 'SELECT', 'SELECT', String(database));
      for (const queue of pool.queues) await answered(redis, `LLEN ${queue}`, 'LLEN', queue);
      if (poll === 0 && typeof info === 'string') await askLimit(info);
      const isCluster = typeof info === 'string' && /^cluster_enabled:1\r?$/m.test(info);
      const key = probeKey(pool.queues[0] ?? '', isCluster);
      if (aside !== undefined && key !== undefined)
        await answered(aside, 'LINSERT', 'LINSERT', key, 'BEFORE', '-', '-');
    }
    // The one that takes long comes last.
    await answered(redis, 'CLIENT LIST', 'CLIENT', 'LIST', 'TYPE', 'normal');
  } finally {
    aside?.disconnect();
  }
  const notHad = silentOn.map((command) => `${whose} gives no answer to ${command}.`);
  return { answers: { everyMs: EVERY_MS, polls, replies, thenCloses: false, silentOn, closesOn: [] }, notHad };

  /** Where INFO lacks it, as its reader does. */
  async function askLimit(info: string): Promise<void> {
    if (/^maxmemory:/m.test(info)) return;
    for (const name of ['maxmemory', 'maxmemory-policy'])
      await answered(redis, `CONFIG GET ${name}`, 'CONFIG', 'GET', name);
  }

  async function answered(by: Redis, name: string, command: string, ...args: readonly string[]) {
    if (silentOn.includes(name)) return undefined;
    const answer = await answerOf(by, command, args);
    if (answer === undefined) silentOn.push(name);
    else replies[name] = [...(replies[name] ?? []), answer];
    return answer;
  }
}

/** undefined: it gives none. */
async function answerOf(redis: Redis, command: string, args: readonly string[]): Promise<Answer | undefined> {
  try {
    if (redis.status === 'wait') await redis.connect();
    const answer = await redis.call(command, ...args);
    if (Array.isArray(answer)) return { list: answer.map(String) };
    return typeof answer === 'number' ? `:${answer}` : String(answer ?? '');
  } catch (error) {
    return isReply(error) ? `-${error.message}` : undefined;
  }
}
