import type { Redis } from 'ioredis';
import type { Entry, EntryBody, EntryId } from '../model/entry.ts';
import { poolKeys } from './keys.ts';

/** The fuse: what the stream may grow to when no evaluation trims it. */
const MAX_ENTRIES = 20_000;

/** Entries are kept this long behind the cursor, in ms, for people who look at them. */
const KEPT_MS = 3_600_000;

/**
 * Appends one entry to its pool's stream.
 * @returns its id, made by the broker: its time is broker time.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function append(redis: Redis, body: EntryBody): Promise<EntryId> {
  const id = await redis.xadd(poolKeys(body.pool).stream, 'MAXLEN', '~', MAX_ENTRIES, '*', 'e', JSON.stringify(body));
  return id as EntryId;
}

/** Entries later than `after`, oldest first, at most `count`. An entry that is not JSON is passed over. */
export async function readAfter(redis: Redis, pool: string, after: EntryId, count: number): Promise<Entry[]> {
  return (await readRawAfter(redis, pool, after, count)).flatMap(([id, json]) => {
    const body = parse(json);
    return body === undefined ? [] : [{ id, body }];
  });
}

/** The same, each with the text of its body. */
export async function readRawAfter(
  redis: Redis,
  pool: string,
  after: EntryId,
  count: number,
): Promise<[id: EntryId, json: string][]> {
  const rows = await redis.xrange(poolKeys(pool).stream, `(${after}`, '+', 'COUNT', count);
  return rows.map(([id, fields]) => [id, fields[1] ?? '']);
}

function parse(json: string): EntryBody | undefined {
  try {
    return JSON.parse(json) as EntryBody;
  } catch {
    return undefined;
  }
}

/** Drops what is below the cursor and older than an hour. */
export async function trim(redis: Redis, pool: string, cursorTime: number): Promise<void> {
  await redis.xtrim(poolKeys(pool).stream, 'MINID', '~', String(Math.max(0, cursorTime - KEPT_MS)));
}

/** Appends the pool's tick unless somebody did in this second. */
export async function appendTick(redis: Redis, pool: string): Promise<boolean> {
  const mine = await redis.set(poolKeys(pool).tick, '1', 'PX', 900, 'NX');
  if (mine === null) return false;
  await append(redis, { kind: 'tick', pool });
  return true;
}
