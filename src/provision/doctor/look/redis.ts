/** Asks the Redis of a member for its settings, and what Weir's user may do there. */

import type { Redis } from 'ioredis';
import { wordAtTheDoor } from '../../../lib/redis/door.ts';
import { doorOf, lastFault } from '../../../lib/redis/guarded.ts';
import { hearRefusals, isReply, lockedOutBy } from '../../../lib/redis/refusals.ts';
import { whyNotTls } from '../../../lib/redis/tls-faults.ts';
import type { PoolConfig } from '../../../model/configuration/config.ts';
import { type Ask, featuresOf, type Need, needsOf } from '../../render/acl.ts';
import type { ClockFact, Lack, RedisFacts } from '../facts.ts';
import type { Note, Parts } from './parts.ts';

/** Dragonfly says `replica`. KeyDB's `active-replica` takes writes. */
const REPLICAS: ReadonlySet<string> = new Set(['slave', 'replica']);

const SETTINGS = ['maxmemory-policy', 'maxmemory', 'tcp-keepalive', 'timeout'] as const;

/** @param member this node's. Ends the connection. */
export async function lookAtRedis(
  parts: Pick<Parts, 'note' | 'redis' | 'consumersOnVip'>,
  pool: PoolConfig,
  member: string,
): Promise<Omit<RedisFacts, 'listening'>> {
  const { note } = parts;
  const what = `The Redis of ${member} in pool ${pool.name}`;
  const redis = parts.redis(pool, member);
  const door = await wordOf(redis);
  if (door !== undefined && lockedOutBy(door) === 'protected-mode') {
    redis.disconnect();
    return { denied: true };
  }
  const said = hearRefusals(redis);
  try {
    await redis.connect();
    const [lacking, role, settings, clients] = await Promise.all([
      lackingOf(redis, pool),
      (redis.call('ROLE') as Promise<readonly unknown[]>).catch(refused(`${what}: its role`, note)),
      readSettings(redis, what, note),
      redis.call('CLIENT', 'LIST', 'TYPE', 'normal').catch(refused(`${what}: who is connected to it`, note)),
    ]);
    return {
      denied: false,
      lacking,
      ...(role !== undefined && { replica: REPLICAS.has(String(role[0])) }),
      ...settings,
      ...(typeof clients === 'string' && { consumersOnVip: parts.consumersOnVip(clients, pool) }),
    };
  } catch (error) {
    note(`${what}: ${door ?? (await whyNot(said() ?? error, redis))}.`);
    return {};
  } finally {
    redis.disconnect();
  }
}

async function wordOf(redis: Redis): Promise<string | undefined> {
  const door = doorOf(redis);
  return door && (await wordAtTheDoor(door));
}

async function whyNot(error: unknown, redis: Redis): Promise<string> {
  if (!isReply(error)) return (await whyNotTls(lastFault(redis), doorOf(redis))) ?? 'it gives no answer';
  const isPassword = lockedOutBy(error.message) === 'password';
  return isPassword ? 'it refuses the password (redis.password)' : error.message.replace(/\.$/, '');
}

/** Tries each command that Weir needs there, in a form that changes nothing. */
async function lackingOf(redis: Redis, pool: PoolConfig): Promise<readonly Lack[]> {
  const asked = needsOf(pool, featuresOf(pool)).flatMap((need) =>
    need.asks(pool).map((ask) => lackOf(redis, need, ask)),
  );
  const lacks = (await Promise.all(asked)).filter((lack) => lack !== undefined);
  return lacks.filter(({ rule }, index) => lacks.findIndex((lack) => lack.rule === rule) === index);
}

async function lackOf(redis: Redis, need: Need, { argv: [name = '', ...args], key }: Ask): Promise<Lack | undefined> {
  try {
    await redis.call(name, ...args);
    return undefined;
  } catch (error) {
    if (!isReply(error)) throw error;
    if (!error.message.startsWith('NOPERM')) return undefined;
    // "no permissions to access one of the keys" (acl.c); anything else is about the command.
    const isOfKey = key !== undefined && / keys? /.test(error.message);
    const { command, without, features } = need;
    // The probe is what weir.yaml asks for, else it is not among the needs.
    const optional = features !== undefined && !features.includes('probe');
    return { rule: isOfKey ? key : `+${command}`, without, optional };
  }
}

/** Asks for each setting by itself: Redis before 7 takes one name only. A setting that a server lacks is unknown, not 0. */
async function readSettings(redis: Redis, what: string, note: Note): Promise<RedisFacts> {
  const asked = SETTINGS.map(async (name) => {
    const reply = await redis.call('CONFIG', 'GET', name);
    return Array.isArray(reply) ? String(reply[1] ?? '') : '';
  });
  const values = await Promise.all(asked).catch(refused(`${what}: its settings`, note));
  if (values === undefined) return {};
  const [policy = '', maxmemory = '', keepalive = '', timeout = ''] = values;
  return {
    ...(policy !== '' && { evictionPolicy: policy }),
    ...(maxmemory !== '' && { maxmemoryBytes: Number(maxmemory) }),
    ...(keepalive !== '' && { tcpKeepaliveSeconds: Number(keepalive) }),
    ...(timeout !== '' && { timeoutSeconds: Number(timeout) }),
  };
}

/** Notes that an ACL refuses a command, which refuses nothing else. A lost connection is thrown, for the caller. */
function refused(what: string, note: Note): (error: unknown) => undefined {
  return (error) => {
    if (!isReply(error)) throw error;
    note(`${what}: ${error.message.replace(/\.$/, '')}.`);
    return undefined;
  };
}

/** Reads the clock of the server that a member's Redis runs on. Ends the connection. */
export async function lookAtClock(
  { note, redis: open }: Pick<Parts, 'note' | 'redis'>,
  pool: PoolConfig,
  member: string,
): Promise<ClockFact | undefined> {
  const redis = open(pool, member);
  const said = hearRefusals(redis);
  try {
    await redis.connect();
    const before = Date.now();
    const [seconds, micros] = await redis.time();
    const after = Date.now();
    const there = Number(seconds) * 1_000 + Number(micros) / 1_000;
    return { aheadMs: Math.round(there - (before + after) / 2), uncertainMs: Math.ceil((after - before) / 2) };
  } catch (error) {
    note(`The clock of ${member}: its Redis is asked for it, and ${await whyNot(said() ?? error, redis)}.`);
    return undefined;
  } finally {
    redis.disconnect();
  }
}
