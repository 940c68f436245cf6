/** The Redis of a member, asked what it is set to. */

import { connect } from 'node:net';
import type { Redis } from 'ioredis';
import type { PoolConfig } from '../../../model/config.ts';
import { messageOf } from '../../../model/error.ts';
import type { ClockFact, RedisFacts } from '../facts.ts';
import type { Note, Parts } from './parts.ts';

/** It does so at once, or not at all. */
const SPEAKS_FIRST_WITHIN_MS = 300;

const SETTINGS = ['maxmemory-policy', 'maxmemory', 'tcp-keepalive', 'timeout'] as const;

/** @param member this node's. Ends the connection. */
export async function lookAtRedis(
  parts: Pick<Parts, 'note' | 'redis' | 'consumersOnVip'>,
  pool: PoolConfig,
  member: string,
): Promise<Omit<RedisFacts, 'listening'>> {
  const { note } = parts;
  const what = `The Redis of ${member} in pool ${pool.name}`;
  const address = pool.members[member]?.address ?? '';
  if (await isDenied(address, pool.vip.port)) return { denied: true };
  const redis = parts.redis(pool, member);
  const said = lastWord(redis);
  try {
    await redis.connect();
    const [role, settings, clients] = await Promise.all([
      redis.call('ROLE') as Promise<readonly unknown[]>,
      readSettings(redis, what, note),
      redis.call('CLIENT', 'LIST', 'TYPE', 'normal').catch(refused(`${what}: who is connected to it`, note)),
    ]);
    return {
      denied: false,
      replica: String(role[0]) === 'slave',
      ...settings,
      ...(typeof clients === 'string' && { consumersOnVip: parts.consumersOnVip(clients, pool) }),
    };
  } catch (error) {
    note(`${what}: ${whyNot(said() ?? error)}.`);
    return {};
  } finally {
    redis.disconnect();
  }
}

/** A Redis that protects itself sends its refusal and hangs up: a client that has begun to talk never reads it. */
async function isDenied(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: SPEAKS_FIRST_WITHIN_MS });
  try {
    const first = await new Promise<string>((resolve) => {
      for (const end of ['timeout', 'error', 'end'] as const) socket.once(end, () => resolve(''));
      socket.once('data', (data) => resolve(String(data)));
    });
    return first.startsWith('-DENIED');
  } finally {
    socket.destroy();
  }
}

/** Why a connection was refused comes as an event; what is thrown then is only that there is none. */
function lastWord(redis: Redis): () => unknown {
  let word: unknown;
  redis.on('error', (error: unknown) => {
    word = error;
  });
  return () => word;
}

function whyNot(error: unknown): string {
  const said = messageOf(error);
  if (/NOAUTH|WRONGPASS|invalid password/i.test(said)) return 'it refuses the password (redis.password)';
  return error instanceof Error && error.name === 'ReplyError' ? said : 'it gives no answer';
}

/** One question each: Redis before 7 takes one name only. */
async function readSettings(redis: Redis, what: string, note: Note): Promise<RedisFacts> {
  const asked = SETTINGS.map(async (name) => {
    const reply = await redis.call('CONFIG', 'GET', name);
    return Array.isArray(reply) ? String(reply[1] ?? '') : '';
  });
  const values = await Promise.all(asked).catch(refused(`${what}: its settings`, note));
  if (values === undefined) return {};
  const [evictionPolicy = '', maxmemory, keepalive, timeout] = values;
  return {
    evictionPolicy,
    maxmemoryBytes: Number(maxmemory),
    tcpKeepaliveSeconds: Number(keepalive),
    timeoutSeconds: Number(timeout),
  };
}

/** An ACL that refuses one command refuses nothing else; a connection that is gone is for the caller. */
function refused(what: string, note: Note): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
    note(`${what}: ${error.message}.`);
    return undefined;
  };
}

/** The clock of the server that a member's Redis runs on. Ends the connection. */
export async function lookAtClock(
  { note, redis: open }: Pick<Parts, 'note' | 'redis'>,
  pool: PoolConfig,
  member: string,
): Promise<ClockFact | undefined> {
  const redis = open(pool, member);
  const said = lastWord(redis);
  try {
    await redis.connect();
    const before = Date.now();
    const [seconds, micros] = await redis.time();
    const after = Date.now();
    const there = Number(seconds) * 1_000 + Number(micros) / 1_000;
    return { aheadMs: Math.round(there - (before + after) / 2), uncertainMs: Math.ceil((after - before) / 2) };
  } catch (error) {
    note(`The clock of ${member}: its Redis is asked for it, and ${whyNot(said() ?? error)}.`);
    return undefined;
  } finally {
    redis.disconnect();
  }
}
