import type { Redis } from 'ioredis';
import { type Entry, type EntryBody, isWord, type Tick } from '../../model/entries/entry.ts';
import { compareEntryIds, type EntryId, entryTime } from '../../model/ids.ts';
import { poolKeys } from '../keys.ts';
import { sealOf } from '../seal/sealed.ts';
import { type BrokerClock, createBrokerClock, lookAtTime } from '../time/clock.ts';
import { APART_MS } from '../time/time.ts';
import { readEntry } from './entries.ts';

/** The most entries that the stream holds when no evaluation trims it. */
const MAX_ENTRIES = 20_000;

/** The most unread entries of people that are kept beside the stream. Any more are in the stream alone. */
const MAX_WORDS = 5_000;

/** Entries are kept this long behind the cursor, in ms, for people who look at them. */
const KEPT_MS = 3_600_000;

/** One tick a second, with room for the clocks of workers to be a little apart, in ms. */
const TICK_EVERY_MS = 900;

/**
 * The id is the broker's clock where the writer agrees with it, else the writer's time (docs/time.md). In any case it is
 * later than the last id. An entry that does not move the time has the lead of the one before.
 */
const APPEND = `
local stream, ticked, words = KEYS[1], KEYS[2], KEYS[3]
local max, kept, body = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now, apart, every = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local lead = now - clock
if math.abs(lead) <= apart then now, lead = clock, 0 end
lead = string.format('%.0f', lead)
local seq = 0
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
if last then
  local ms, before = string.match(last[1], '(%d+)-(%d+)')
  if now <= tonumber(ms) then
    now, seq, lead = tonumber(ms), tonumber(before) + 1, '0'
    for i = 1, #last[2], 2 do if last[2][i] == 'lead' then lead = last[2][i + 1] end end
  end
end
if every > 0 then
  local since = now - tonumber(redis.call('GET', ticked) or '0')
  if since >= 0 and since < every then return false end
  redis.call('SET', ticked, string.format('%.0f', now))
end
local entry = { 'e', body }
if lead ~= '0' then entry = { 'e', body, 'lead', lead } end
local id = redis.call('XADD', stream, 'MAXLEN', '~', max, string.format('%.0f-%.0f', now, seq), unpack(entry))
if kept > 0 and redis.call('HLEN', words) < kept then redis.call('HSET', words, id, body) end
return id
`;

/**
 * Appends one entry to its pool's stream.
 * @param clock broker time as the process knows it. A process that appends a single entry leaves it out, and the time is looked up.
 * @returns its id: its time is broker time.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function append(redis: Redis, body: EntryBody, clock?: BrokerClock): Promise<EntryId> {
  return (await add(redis, body, clock, 0)) as EntryId;
}

/** Appends the pool's tick unless somebody did in this second. */
export async function appendTick(redis: Redis, pool: string, clock?: BrokerClock): Promise<boolean> {
  const tick: Tick = { kind: 'tick', pool, ...(clock !== undefined && { calendarMs: Date.now() - clock.now() }) };
  return (await add(redis, tick, clock, TICK_EVERY_MS)) !== null;
}

async function add(redis: Redis, body: EntryBody, clock: BrokerClock | undefined, everyMs: number): Promise<unknown> {
  const { stream, ticked, words } = poolKeys(body.pool);
  const now = await (clock ?? createBrokerClock(() => lookAtTime(redis, body.pool))).known();
  const fuses = [MAX_ENTRIES, isWord(body) ? MAX_WORDS : 0];
  return redis.eval(APPEND, 3, stream, ticked, words, ...fuses, textOf(redis, body, now), now, APART_MS, everyMs);
}

/** How long an append takes at most, from the seal of the entry to its place in the stream. In ms. */
const SEAL_LIVES_MS = 60_000;

function textOf(redis: Redis, body: EntryBody, now: number): string {
  const { pool, kind } = body;
  return sealOf(redis)?.sealed(body, { pool, kind, until: now + SEAL_LIVES_MS }) ?? JSON.stringify(body);
}

/** Entries later than `after`, oldest first, at most `count`. What cannot be read is there as such. */
export async function readAfter(redis: Redis, pool: string, after: EntryId, count: number): Promise<Entry[]> {
  return (await readRawAfter(redis, pool, after, count)).map(([id, json]) => readEntry(pool, id, json, sealOf(redis)));
}

/** How many entries are read at a time where most of them are thrown away. */
const PAGE = 100;

/** Recognises entries that are nobody's word without parsing them. `append` writes the kind first; other texts are parsed. */
const NO_WORD = /^\{"kind":"(sweep|tick|request)"/;

/** What people said (`isWord`) after one entry and up to another, in order, also what the stream's limit has cut. */
export async function readWords(
  redis: Redis,
  pool: string,
  { after, upTo }: { readonly after: EntryId; readonly upTo: EntryId },
): Promise<Entry[]> {
  const kept = Object.entries(await redis.hgetall(poolKeys(pool).words));
  const words = new Map(kept.filter(([id]) => compareEntryIds(id, after) > 0 && compareEntryIds(id, upTo) <= 0));
  for (let from = after; ; ) {
    const rows = await redis.xrange(poolKeys(pool).stream, `(${from}`, upTo, 'COUNT', PAGE);
    for (const [id, [, json = '']] of rows) if (!NO_WORD.test(json)) words.set(id, json);
    const last = rows.at(-1)?.[0];
    if (last === undefined || rows.length < PAGE) break;
    from = last;
  }
  return [...words]
    .sort(([one], [other]) => compareEntryIds(one, other))
    .map(([id, json]) => readEntry(pool, id, json, sealOf(redis)))
    .filter(({ body }) => isWord(body));
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

/** Drops entries below the cursor that are older than an hour, and the copies of what people said below it. */
export async function trim(redis: Redis, pool: string, cursorTime: number): Promise<void> {
  const { stream, words } = poolKeys(pool);
  await redis.xtrim(stream, 'MINID', '~', String(Math.max(0, cursorTime - KEPT_MS)));
  const read = (await redis.hkeys(words)).filter((id) => entryTime(id) < cursorTime);
  if (read.length > 0) await redis.hdel(words, ...read);
}
