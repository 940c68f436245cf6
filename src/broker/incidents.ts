/** Reads the incident state that the evaluation committed, and what each destination has of each thread. */

import type { Redis } from 'ioredis';
import { deliveryKey } from '../model/ids.ts';
import type { Incident } from '../model/people/incident.ts';
import type { Delivery, Thread } from '../model/people/thread.ts';
import type { TrendPoint } from '../model/readings/trend.ts';
import { parseWritten } from './entries/written.ts';
import { poolKeys } from './keys.ts';
import type { NotifyJob } from './store.ts';

/** Points that are kept: a day, one every 10 s. */
const KEPT_POINTS = 8_640;

export async function readThread(redis: Redis, pool: string, id: string): Promise<Thread | undefined> {
  const json = await redis.hget(poolKeys(pool).threads, id);
  return json === null ? undefined : parseWritten<Thread>(json);
}

/** Ids of all that are kept. */
export async function readThreadIds(redis: Redis, pool: string): Promise<string[]> {
  return redis.lrange(poolKeys(pool).threadIds, 0, -1);
}

/** Newest first. */
export async function readThreads(redis: Redis, pool: string, count: number): Promise<Thread[]> {
  const keys = poolKeys(pool);
  return readNewest<Thread>(redis, keys.threads, keys.threadIds, count);
}

/** Newest first. */
export async function readIncidents(redis: Redis, pool: string, count: number): Promise<Incident[]> {
  const keys = poolKeys(pool);
  return readNewest<Incident>(redis, keys.incidents, keys.incidentIds, count);
}

async function readNewest<T>(redis: Redis, hash: string, list: string, count: number): Promise<T[]> {
  return readRows<T>(redis, hash, await redis.lrange(list, 0, count - 1));
}

export async function readIncident(redis: Redis, pool: string, id: string): Promise<Incident | undefined> {
  const json = await redis.hget(poolKeys(pool).incidents, id);
  return json === null ? undefined : parseWritten<Incident>(json);
}

/** In the order of the ids; those that are no longer kept are left out. */
export async function readIncidentsOf(redis: Redis, pool: string, ids: readonly string[]): Promise<Incident[]> {
  return readRows<Incident>(redis, poolKeys(pool).incidents, ids);
}

async function readRows<T>(redis: Redis, hash: string, ids: readonly string[]): Promise<T[]> {
  if (ids.length === 0) return [];
  const rows = await redis.hmget(hash, ...ids);
  return rows.flatMap((json) => (json === null ? [] : (parseWritten<T & object>(json) ?? [])));
}

export async function readDelivery(redis: Redis, { pool, thread, place }: NotifyJob): Promise<Delivery | undefined> {
  const json = await redis.hget(poolKeys(pool).told, deliveryKey(thread, place));
  return json === null ? undefined : parseWritten<Delivery>(json);
}

export async function writeDelivery(
  redis: Redis,
  { pool, thread, place }: NotifyJob,
  delivery: Delivery,
): Promise<void> {
  await redis.hset(poolKeys(pool).told, deliveryKey(thread, place), JSON.stringify(delivery));
}

/** Everything that is told of a pool, by `<thread>|<place>`. */
export async function readDeliveries(redis: Redis, pool: string): Promise<Map<string, Delivery>> {
  const all = await redis.hgetall(poolKeys(pool).told);
  const deliveries = new Map<string, Delivery>();
  for (const [key, json] of Object.entries(all)) {
    const delivery = parseWritten<Delivery>(json);
    if (delivery !== undefined) deliveries.set(key, delivery);
  }
  return deliveries;
}

export async function forgetDeliveries(redis: Redis, pool: string, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await redis.hdel(poolKeys(pool).told, ...keys);
}

export async function appendTrend(redis: Redis, pool: string, point: TrendPoint): Promise<void> {
  const { trend } = poolKeys(pool);
  await redis.lpush(trend, JSON.stringify(point));
  await redis.ltrim(trend, 0, KEPT_POINTS - 1);
}

/** Points since `since` (broker time in ms), oldest first. */
export async function readTrend(redis: Redis, pool: string, since: number): Promise<TrendPoint[]> {
  const written = await redis.lrange(poolKeys(pool).trend, 0, -1);
  const points = written.flatMap((json) => parseWritten<TrendPoint>(json) ?? []);
  return points.filter(({ at }) => at >= since).reverse();
}
