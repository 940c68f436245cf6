/** The pool's audit in the broker: the evaluation's records go with its commit (store.ts), the nodes' are copied here. */

import type { Redis } from 'ioredis';
import { parseRecord } from '../lib/audit-chain.ts';
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

/** Everything that is kept, in the order in which it came. What is no record is passed over. */
export async function readAudit(redis: Redis, pool: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  let after = '-';
  for (;;) {
    const rows = await redis.xrange(poolKeys(pool).audit, after, '+', 'COUNT', PAGE);
    for (const [, fields] of rows) {
      const record = parseRecord(fields[1] ?? '');
      if (record !== undefined) records.push(record);
    }
    const last = rows.at(-1)?.[0];
    if (last === undefined || rows.length < PAGE) return records;
    after = `(${last}`;
  }
}
