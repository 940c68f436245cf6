/** What a version has in the broker, as a case file that another version is tried on. */

import { writeFile } from 'node:fs/promises';
import type { Redis } from 'ioredis';

/** A key's value: text, fields, items, members with their scores, or entries. */
type Kept =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'hash'; readonly value: Readonly<Record<string, string>> }
  | { readonly type: 'list' | 'set'; readonly value: readonly string[] }
  | { readonly type: 'zset'; readonly value: readonly (readonly [member: string, score: string])[] }
  | { readonly type: 'stream'; readonly value: readonly (readonly [id: string, fields: readonly string[]])[] };

export type KeptKey = Kept & {
  /** It ends by itself after so long, in ms. */
  readonly ttlMs?: number;
};

export interface BrokerDump {
  /** The commit whose processes wrote it. */
  readonly commit: string;
  /** The broker's clock then, in ms. */
  readonly at: number;
  readonly keys: Readonly<Record<string, KeptKey>>;
}

/** Of a stream: those before were folded, or copied. */
const KEPT_ENTRIES = 12;
const PAUSE_MS = 5_000;

/** @param file where it is written. Nobody writes to the broker meanwhile, so that what it has fits together. */
export async function dumpBroker(redis: Redis, commit: string, file: string): Promise<void> {
  const [seconds] = (await redis.call('TIME')) as [string, string];
  await redis.client('PAUSE', PAUSE_MS, 'WRITE');
  const keys: Record<string, KeptKey> = {};
  for (const key of (await redis.keys('*')).sort()) {
    const kept = await read(redis, key);
    const ttlMs = await redis.pttl(key);
    if (kept !== undefined) keys[key] = { ...kept, ...(ttlMs > 0 && { ttlMs }) };
  }
  await redis.client('UNPAUSE');
  const dump: BrokerDump = { commit, at: Number(seconds) * 1_000, keys };
  await writeFile(file, `${JSON.stringify(dump, undefined, 1)}\n`);
}

async function read(redis: Redis, key: string): Promise<Kept | undefined> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return { type, value: (await redis.get(key)) ?? '' };
    case 'hash':
      return { type, value: await redis.hgetall(key) };
    case 'list':
      return { type, value: await redis.lrange(key, 0, -1) };
    case 'set':
      return { type, value: await redis.smembers(key) };
    case 'zset': {
      const flat = await redis.zrangebyscore(key, '-inf', '+inf', 'WITHSCORES');
      return {
        type,
        value: flat.flatMap((one, index) => (index % 2 === 0 ? [[one, flat[index + 1] ?? '0'] as const] : [])),
      };
    }
    case 'stream':
      return { type, value: (await redis.xrange(key, '-', '+')).slice(-KEPT_ENTRIES) };
    default:
      // It has ended meanwhile.
      return undefined;
  }
}

/** Puts it into an empty broker. */
export async function restoreBroker(redis: Redis, { keys }: BrokerDump): Promise<void> {
  for (const [key, kept] of Object.entries(keys)) {
    if (kept.type === 'string') await redis.set(key, kept.value);
    if (kept.type === 'hash') await redis.hset(key, kept.value);
    if (kept.type === 'list') await redis.rpush(key, ...kept.value);
    if (kept.type === 'set') await redis.sadd(key, ...kept.value);
    if (kept.type === 'zset') for (const [member, score] of kept.value) await redis.zadd(key, score, member);
    if (kept.type === 'stream') for (const [id, fields] of kept.value) await redis.xadd(key, id, ...fields);
    if (kept.ttlMs !== undefined) await redis.pexpire(key, kept.ttlMs);
  }
}
