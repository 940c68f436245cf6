/** A pool's state in the broker: read, and committed by one script or not at all. */

import type { Redis } from 'ioredis';
import type { ActionJob, OwedLease } from '../model/action.ts';
import type { AuditRecord } from '../model/audit.ts';
import type { Decision } from '../model/decision.ts';
import type { EntryId } from '../model/entry.ts';
import type { HoldList } from '../model/hold.ts';
import type { News } from '../model/tell.ts';
import { KEPT_AUDIT } from './audit.ts';
import { poolKeys } from './keys.ts';

/** Decisions that are kept, the oldest go first. */
const KEPT_DECISIONS = 1_000;

export type OutboxItem =
  | { readonly queue: 'tell'; readonly id: string; readonly data: News }
  | { readonly queue: 'act'; readonly id: string; readonly node: string; readonly data: ActionJob };

export interface Commit {
  /** The cursor that was read; empty when there was no state. */
  readonly readCursor: EntryId | '';
  readonly cursor: EntryId;
  readonly stateJson: string;
  readonly outbox: readonly OutboxItem[];
  readonly decisions: readonly Decision[];
  readonly owed: readonly OwedLease[];
  readonly audit: readonly AuditRecord[];
  /** What nodes are told of holds. */
  readonly holds: HoldList;
  /** Ended leases that need not be remembered any more. */
  readonly forgotten: readonly string[];
}

const COMMIT = `
local stateKey, outbox, decisions, ids, leases, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local stored = redis.call('HGET', stateKey, 'cursor') or ''
if stored ~= ARGV[1] then return 0 end
redis.call('HSET', stateKey, 'cursor', ARGV[2], 'json', ARGV[3], 'holds', ARGV[11])
local revision = redis.call('HINCRBY', stateKey, 'revision', 1)
local function pairs_of(text) return cjson.decode(text) end
for _, item in ipairs(pairs_of(ARGV[4])) do redis.call('HSET', outbox, item[1], item[2]) end
for _, item in ipairs(pairs_of(ARGV[5])) do
  if redis.call('HSET', decisions, item[1], item[2]) == 1 then redis.call('LPUSH', ids, item[1]) end
end
for _, item in ipairs(pairs_of(ARGV[6])) do redis.call('HSET', leases, item[1], item[2]) end
for _, id in ipairs(pairs_of(ARGV[7])) do redis.call('HDEL', leases, id) end
for _, record in ipairs(pairs_of(ARGV[9])) do redis.call('XADD', audit, 'MAXLEN', '~', ARGV[10], '*', 'r', record) end
while redis.call('LLEN', ids) > tonumber(ARGV[8]) do redis.call('HDEL', decisions, redis.call('RPOP', ids)) end
return revision
`;

/**
 * Writes state, cursor, outbox, decisions, owed leases and audit if the stored cursor is still the one that was read.
 * @returns the revision of the state, a number that is never given again; undefined when somebody else has committed
 * since: nothing was written.
 */
export async function commit(redis: Redis, pool: string, input: Commit): Promise<number | undefined> {
  const keys = poolKeys(pool);
  const rows = (items: readonly { id: string }[]) =>
    JSON.stringify(items.map((item) => [item.id, JSON.stringify(item)]));
  const outbox = JSON.stringify(input.outbox.map((item) => [outboxId(item), JSON.stringify(item)]));
  const written = await redis.eval(
    COMMIT,
    6,
    keys.state,
    keys.outbox,
    keys.decisions,
    keys.decisionIds,
    keys.leases,
    keys.audit,
    input.readCursor,
    input.cursor,
    input.stateJson,
    outbox,
    rows(input.decisions),
    rows(input.owed),
    JSON.stringify(input.forgotten),
    KEPT_DECISIONS,
    JSON.stringify(input.audit.map((record) => JSON.stringify(record))),
    KEPT_AUDIT,
    JSON.stringify(input.holds),
  );
  return typeof written === 'number' && written > 0 ? written : undefined;
}

function outboxId(item: OutboxItem): string {
  return item.queue === 'tell' ? `tell/${item.id}` : `act/${item.node}/${item.id}`;
}

/** What people hold in a pool; undefined where the broker knows nothing of the pool. */
export async function readHoldList(redis: Redis, pool: string): Promise<HoldList | undefined> {
  const json = await redis.hget(poolKeys(pool).state, 'holds');
  return json === null ? undefined : (JSON.parse(json) as HoldList);
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

export async function readState(redis: Redis, pool: string): Promise<{ cursor: EntryId; json: string } | undefined> {
  const [cursor, json] = await redis.hmget(poolKeys(pool).state, 'cursor', 'json');
  return typeof cursor === 'string' && typeof json === 'string' ? { cursor, json } : undefined;
}

/** What was committed and is not yet in its queue. */
export async function readOutbox(redis: Redis, pool: string): Promise<Map<string, OutboxItem>> {
  const items = await redis.hgetall(poolKeys(pool).outbox);
  return new Map(Object.entries(items).map(([id, json]) => [id, JSON.parse(json) as OutboxItem]));
}

export async function strikeOff(redis: Redis, pool: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await redis.hdel(poolKeys(pool).outbox, ...ids);
}

/** Newest first. */
export async function readDecisions(redis: Redis, pool: string, count: number): Promise<Decision[]> {
  const keys = poolKeys(pool);
  const ids = await redis.lrange(keys.decisionIds, 0, count - 1);
  if (ids.length === 0) return [];
  const found = await redis.hmget(keys.decisions, ...ids);
  return found.flatMap((json) => (json === null ? [] : [JSON.parse(json) as Decision]));
}

export async function readDecision(redis: Redis, pool: string, id: string): Promise<Decision | undefined> {
  const json = await redis.hget(poolKeys(pool).decisions, id);
  return json === null ? undefined : (JSON.parse(json) as Decision);
}

export async function readOwed(redis: Redis, pool: string): Promise<OwedLease[]> {
  const found = await redis.hgetall(poolKeys(pool).leases);
  return Object.values(found).map((json) => JSON.parse(json) as OwedLease);
}

/** A node's own lease that the broker does not know: the broker has lost its memory. */
export async function republishLease(redis: Redis, lease: OwedLease): Promise<void> {
  await redis.hsetnx(poolKeys(lease.pool).leases, lease.id, JSON.stringify(lease));
}
