/** A pool's state in the broker: read, and committed by one script or not at all. */

import type { Redis } from 'ioredis';
import type { ActionJob, DesiredLease } from '../model/decisions/action.ts';
import type { AuditRecord } from '../model/decisions/audit.ts';
import type { Decision } from '../model/decisions/decision.ts';
import { versionOf } from '../model/entries/version.ts';
import type { EntryId } from '../model/ids.ts';
import type { HoldList } from '../model/people/hold.ts';
import type { Incident } from '../model/people/incident.ts';
import type { Thread } from '../model/people/thread.ts';
import { KEPT_AUDIT } from './audit.ts';
import { isOutboxItem, parseDesiredLease, parseWritten } from './entries/written.ts';
import { poolKeys } from './keys.ts';
import { sealOf } from './seal/sealed.ts';
import { leaseSealFault, sealedJob, sealedLease } from './seal/things.ts';

/** Decisions of a pool that are kept, the oldest go first. */
export const KEPT_DECISIONS = 1_000;

/** Incidents, and threads, of a pool that are kept. */
export const KEPT_INCIDENTS = 2_000;

/** A thread is to be shown in a place. */
export interface NotifyJob {
  readonly pool: string;
  readonly thread: string;
  readonly place: string;
}

export type OutboxItem =
  | { readonly queue: 'show'; readonly id: string; readonly data: NotifyJob }
  | { readonly queue: 'act'; readonly id: string; readonly node: string; readonly data: ActionJob };

export interface Commit {
  /** The version of the worker that commits (model/entries/version.ts); the next worker reads it first. */
  readonly version: number;
  /** The cursor that was read; empty when there was no state. */
  readonly readCursor: EntryId | '';
  readonly cursor: EntryId;
  readonly stateJson: string;
  readonly outbox: readonly OutboxItem[];
  readonly decisions: readonly Decision[];
  readonly desired: readonly DesiredLease[];
  readonly audit: readonly AuditRecord[];
  /** Holds, for nodes to read. */
  readonly holds: HoldList;
  /** Ended leases that need not be remembered any more. */
  readonly forgotten: readonly string[];
  /** The incident state; absent where it has not changed. */
  readonly incidentState?: {
    readonly json: string;
    /** The number of the incident that was opened last. It has a field of its own: an older worker writes incidents without it. */
    readonly lastNumber: number;
    readonly incidents: readonly Incident[];
    readonly threads: readonly Thread[];
  };
}

const COMMIT = `
local stateKey, outbox, decisions, ids, leases, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local stored = redis.call('HGET', stateKey, 'cursor') or ''
if stored ~= ARGV[1] then return 0 end
if tonumber(redis.call('HGET', stateKey, 'version') or '1') > tonumber(ARGV[17]) then return 0 end
redis.call('HSET', stateKey, 'cursor', ARGV[2], 'json', ARGV[3], 'holds', ARGV[11], 'version', ARGV[17])
local revision = redis.call('HINCRBY', stateKey, 'revision', 1)
local function pairs_of(text) return cjson.decode(text) end
for _, item in ipairs(pairs_of(ARGV[4])) do redis.call('HSET', outbox, item[1], item[2]) end
for _, item in ipairs(pairs_of(ARGV[5])) do
  if redis.call('HSET', decisions, item[1], item[2]) == 1 then redis.call('LPUSH', ids, item[1]) end
end
for _, item in ipairs(pairs_of(ARGV[6])) do redis.call('HSET', leases, item[1], item[2]) end
for _, id in ipairs(pairs_of(ARGV[7])) do redis.call('HDEL', leases, id) end
for _, record in ipairs(pairs_of(ARGV[9])) do redis.call('XADD', audit, 'MAXLEN', '~', ARGV[10], '*', 'r', record) end
if ARGV[12] ~= '' then redis.call('HSET', stateKey, 'desk', ARGV[12], 'incident-number', ARGV[16]) end
local function keep(rows, hash, list, kept)
  for _, item in ipairs(pairs_of(rows)) do
    if redis.call('HSET', hash, item[1], item[2]) == 1 then redis.call('LPUSH', list, item[1]) end
  end
  while redis.call('LLEN', list) > tonumber(kept) do redis.call('HDEL', hash, redis.call('RPOP', list)) end
end
keep(ARGV[13], KEYS[7], KEYS[8], ARGV[15])
keep(ARGV[14], KEYS[9], KEYS[10], ARGV[15])
while redis.call('LLEN', ids) > tonumber(ARGV[8]) do redis.call('HDEL', decisions, redis.call('RPOP', ids)) end
return revision
`;

/**
 * Writes state, cursor, outbox, decisions, desired leases, audit and incidents if the stored cursor is still the one that was read.
 * @returns the revision of the state, a number that is never given again; undefined when somebody else has committed
 * since, or a newer version has ever: nothing was written.
 */
export async function commit(redis: Redis, pool: string, input: Commit): Promise<number | undefined> {
  const keys = poolKeys(pool);
  const rows = (items: readonly { id: string }[]) =>
    JSON.stringify(items.map((item) => [item.id, JSON.stringify(item)]));
  const outbox = JSON.stringify(input.outbox.map((item) => [outboxId(item), JSON.stringify(sealedItem(redis, item))]));
  const written = await redis.eval(
    COMMIT,
    10,
    keys.state,
    keys.outbox,
    keys.decisions,
    keys.decisionIds,
    keys.leases,
    keys.audit,
    keys.incidents,
    keys.incidentIds,
    keys.threads,
    keys.threadIds,
    input.readCursor,
    input.cursor,
    input.stateJson,
    outbox,
    rows(input.decisions),
    rows(input.desired.map((lease) => sealedLease(redis, { ...lease, version: input.version }))),
    JSON.stringify(input.forgotten),
    KEPT_DECISIONS,
    JSON.stringify(input.audit.map((record) => JSON.stringify(record))),
    KEPT_AUDIT,
    JSON.stringify(input.holds),
    input.incidentState?.json ?? '',
    rows(input.incidentState?.incidents ?? []),
    rows(input.incidentState?.threads ?? []),
    KEPT_INCIDENTS,
    input.incidentState?.lastNumber ?? 0,
    input.version,
  );
  return typeof written === 'number' && written > 0 ? written : undefined;
}

/** Seals a job when it is decided: a worker that delivers it later cannot know who wrote it into the broker. */
function sealedItem(redis: Redis, item: OutboxItem): OutboxItem {
  return item.queue === 'act' ? { ...item, data: sealedJob(redis, item.data) } : item;
}

function outboxId(item: OutboxItem): string {
  return item.queue === 'show' ? `show/${item.id}` : `act/${item.node}/${item.id}`;
}

/** What people hold in a pool; undefined where the broker knows nothing of the pool. */
export async function readHoldList(redis: Redis, pool: string): Promise<HoldList | undefined> {
  const json = await redis.hget(poolKeys(pool).state, 'holds');
  return json === null ? undefined : parseWritten<HoldList>(json);
}

/** The version of the newest worker that has committed a state of the pool (model/entries/version.ts). */
export async function readVersion(redis: Redis, pool: string): Promise<number> {
  const version = await redis.hget(poolKeys(pool).state, 'version');
  return versionOf(version === null ? undefined : Number(version));
}

/** A state that was read or committed at the same revision is the same one. */
export async function readRevision(redis: Redis, pool: string): Promise<number | undefined> {
  const revision = await redis.hget(poolKeys(pool).state, 'revision');
  return revision === null ? undefined : Number(revision);
}

/** Id of the last entry that was folded; undefined when there is no state. */
export async function readCursor(redis: Redis, pool: string): Promise<EntryId | undefined> {
  return (await redis.hget(poolKeys(pool).state, 'cursor')) ?? undefined;
}

export interface StoredState {
  readonly cursor: EntryId;
  readonly json: string;
  readonly incidentJson?: string;
  /** The number of the incident that was opened last; 0: none has a number. */
  readonly lastNumber: number;
}

export async function readState(redis: Redis, pool: string): Promise<StoredState | undefined> {
  const fields = await redis.hmget(poolKeys(pool).state, 'cursor', 'json', 'desk', 'incident-number');
  const [cursor, json, deskJson, lastNumber] = fields;
  if (typeof cursor !== 'string' || typeof json !== 'string') return undefined;
  return {
    cursor,
    json,
    lastNumber: Number(lastNumber ?? 0),
    ...(typeof deskJson === 'string' && { incidentJson: deskJson }),
  };
}

/**
 * What was committed and is not yet in its queue; actions come before messages. undefined stands for
 * what is no such thing.
 */
export async function readOutbox(redis: Redis, pool: string): Promise<Map<string, OutboxItem | undefined>> {
  const items = await redis.hgetall(poolKeys(pool).outbox);
  const inOrder = Object.entries(items).sort(([one], [other]) => (one < other ? -1 : 1));
  return new Map(inOrder.map(([id, json]) => [id, parseWritten<OutboxItem>(json, isOutboxItem)]));
}

export async function removeFromOutbox(redis: Redis, pool: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await redis.hdel(poolKeys(pool).outbox, ...ids);
}

/** Newest first. */
export async function readDecisions(redis: Redis, pool: string, count: number): Promise<Decision[]> {
  const keys = poolKeys(pool);
  const ids = await redis.lrange(keys.decisionIds, 0, count - 1);
  if (ids.length === 0) return [];
  const stored = await redis.hmget(keys.decisions, ...ids);
  return stored.flatMap((json) => (json === null ? [] : (parseWritten<Decision>(json) ?? [])));
}

export async function readDecision(redis: Redis, pool: string, id: string): Promise<Decision | undefined> {
  const json = await redis.hget(poolKeys(pool).decisions, id);
  return json === null ? undefined : parseWritten<Decision>(json);
}

/**
 * Leaves out what is no lease, or is not sealed as it must be, and calls `onUnreadable` with its ids.
 * @param now broker time in ms; left out: no seal has ended.
 */
export async function readDesiredLeases(
  redis: Redis,
  pool: string,
  onUnreadable: (ids: readonly string[]) => void = () => undefined,
  now = 0,
): Promise<DesiredLease[]> {
  const stored = Object.entries(await redis.hgetall(poolKeys(pool).leases));
  const read = stored.map(([id, json]) => {
    const lease = parseDesiredLease(json);
    const isTaken = lease?.pool === pool && leaseSealFault(sealOf(redis), lease, now) === undefined;
    // An end may be from before there were seals. The lease's own time ends it as well.
    return { id, lease: isTaken ? lease : undefined, isQuiet: lease?.endedAt !== undefined };
  });
  onUnreadable(read.filter(({ lease, isQuiet }) => lease === undefined && !isQuiet).map(({ id }) => id));
  return read.flatMap(({ lease }) => lease ?? []);
}
