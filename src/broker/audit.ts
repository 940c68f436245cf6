/** The pool's audit in the broker: the evaluation's records go with its commit (store.ts), the nodes' are copied here. */

import type { Redis } from 'ioredis';
import { parseRecord } from '../lib/audit/chain.ts';
import type { AuditRecord } from '../model/decisions/audit.ts';
import { poolKeys } from './keys.ts';

/** Records that are kept of a pool, the oldest go first: a decision with its rails has some kB. */
export const KEPT_AUDIT = 10_000;

/** Records that are read at a time. */
const PAGE = 500;

/** Adds records that follow the last one and skips those that are there already, so that sending twice adds once. */
const COPY = `
local audit, heads, writer, kept = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local head = tonumber(redis.call('HGET', heads, writer) or '0')
for i = 3, #ARGV, 2 do
  local seq = tonumber(ARGV[i])
  if seq > head then
    redis.call('XADD', audit, 'MAXLEN', '~', kept, '*', 'r', ARGV[i + 1])
    head = seq
  end
end
redis.call('HSET', heads, writer, head)
return head
`;

/** Number of the last record of a writer that is here; 0 when there is none. */
export async function readAuditHead(redis: Redis, pool: string, writer: string): Promise<number> {
  return Number((await redis.hget(poolKeys(pool).auditHeads, writer)) ?? 0);
}

/** Copies records of one writer, in their order. @returns the number of the last one that is here now. */
export async function appendAudit(
  redis: Redis,
  pool: string,
  writer: string,
  records: readonly AuditRecord[],
): Promise<number> {
  const keys = poolKeys(pool);
  const pairs = records.flatMap((record) => [record.seq, JSON.stringify(record)]);
  return Number(await redis.eval(COPY, 2, keys.audit, keys.auditHeads, writer, KEPT_AUDIT, ...pairs));
}

/** Writer to the number of its last record that was ever copied here. The evaluation's are not counted. */
export async function readAuditCounts(redis: Redis, pool: string): Promise<Record<string, number>> {
  const counts = Object.entries(await redis.hgetall(poolKeys(pool).auditHeads));
  return Object.fromEntries(counts.map(([writer, seq]) => [writer, Number(seq) || 0]));
}

/** Everything that is kept, in the order in which it came. What is no record is passed over. */
export async function readAudit(redis: Redis, pool: string): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  for (let page: AuditPage | undefined = await readAuditPage(redis, pool); ; ) {
    found.push(...page.records);
    if (page.next === undefined) return found;
    page = await readAuditPage(redis, pool, page.next);
  }
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where the next page begins; absent after the last one. */
  readonly next?: string;
}

/** A part of what is kept, oldest first. */
export async function readAuditPage(redis: Redis, pool: string, from = '-'): Promise<AuditPage> {
  const rows = await redis.xrange(poolKeys(pool).audit, from, '+', 'COUNT', PAGE);
  const last = rows.at(-1)?.[0];
  return { records: recordsIn(rows), ...(last !== undefined && rows.length === PAGE && { next: `(${last}` }) };
}

/** The latest records that came after one place in the stream and before a time of the broker's own clock, in ms. */
export async function readAuditBetween(
  redis: Redis,
  pool: string,
  after: string,
  beforeMs: number,
): Promise<{ readonly records: readonly AuditRecord[]; readonly last: string }> {
  const rows = await redis.xrevrange(poolKeys(pool).audit, String(beforeMs), `(${after}`, 'COUNT', PAGE);
  return { records: recordsIn(rows.reverse()), last: rows.at(-1)?.[0] ?? after };
}

function recordsIn(rows: readonly [id: string, fields: string[]][]): AuditRecord[] {
  return rows.flatMap(([, fields]) => parseRecord(fields[1] ?? '') ?? []);
}
