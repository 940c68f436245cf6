/** The worker's look at the audit's copy in the broker: what is told, once, and what is not. With a real Redis. */

import { beforeEach, expect, it } from 'vitest';
import { appendAudit, KEPT_AUDIT } from '../../../src/broker/audit.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { type AuditLink, chain, NO_HEAD, toLink } from '../../../src/lib/audit/chain.ts';
import type { AuditRecord, KnownHeads } from '../../../src/model/decisions/audit.ts';
import type { Message } from '../../../src/model/people/message.ts';
import { brokerPlace } from '../../../src/operations/views/audit.ts';
import { createAuditWatch } from '../../../workers/evaluation/audit-watch.ts';
import { sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';

const redis = await redisOfFile();
const keys = poolKeys('logs');
const NODE = 'node:a~1000';
const ROUND_MS = 600_000;

let told: Message[] = [];

beforeEach(() => {
  told = [];
});

function chained(count: number, writer = NODE): AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const body = { kind: 'people', by: 'ann', what: `x ${seq}` } as const;
    records.push(chain(records.at(-1) ?? NO_HEAD, { writer, pool: 'logs', at: seq, body }));
  }
  return records;
}

function headOf(records: readonly AuditRecord[]): KnownHeads {
  const { writer, seq, hash, at } = records.at(-1) as AuditRecord;
  return { [writer]: { seq, hash, at } };
}

/** The pool's state has these heads in the last sweeps. */
async function swept(heads: Readonly<Record<string, KnownHeads | undefined>>): Promise<void> {
  const sweeps = Object.entries(heads).map(([node, auditHeads]) => {
    return [node, sweepOf(node, 5_000_000, auditHeads === undefined ? {} : { auditHeads })];
  });
  const empty = { findings: {}, open: {}, leases: {}, ended: {}, attempts: {} };
  const json = JSON.stringify({ ...empty, sweeps: Object.fromEntries(sweeps) });
  await redis.hset(keys.state, { cursor: '1-0', json });
}

/** A worker that looks until its round is over, and again ten minutes later. */
function worker() {
  let now = 0;
  const tell = async (message: Message) => void told.push(message);
  const watch = createAuditWatch({ redis, pools: ['logs'], tell, from: 'worker-x', monotonic: () => now });
  return async (pages = 2) => {
    await redis.del('weir:once:audit-look.logs');
    for (let page = 0; page < pages; page += 1) await watch.look();
    now += ROUND_MS;
  };
}

it('a copy that is whole is not spoken of, whether or not nodes say how far it had come', async () => {
  const records = chained(700);
  await appendAudit(redis, 'logs', NODE, records);
  await swept({ a: headOf(records), b: headOf(records.slice(0, 650)) });
  await worker()(3);
  await swept({ a: undefined, b: undefined });
  await worker()(3);
  expect(told).toEqual([]);
});

it('a place that is full has thrown away its oldest, and one that is not has not', () => {
  const [link] = chained(1).map(toLink) as [AuditLink];
  const from = (first: number, count: number) =>
    new Map([[NODE, Array.from({ length: count }, (_, index) => ({ ...link, seq: first + index }))]]);
  expect(brokerPlace(from(500, KEPT_AUDIT), {}).isFull).toBe(true);
  expect(brokerPlace(from(500, KEPT_AUDIT - 1), {}).isFull).toBe(false);
});

it('an end that was cut off, and the count set back, is told once, whichever workers look', async () => {
  const records = chained(20);
  await appendAudit(redis, 'logs', NODE, records.slice(0, 15));
  await swept({ a: undefined, b: headOf(records) });
  const [one, other] = [worker(), worker()];
  await one();
  await other();
  // It grows on, and is still not what b has seen.
  await appendAudit(redis, 'logs', NODE, records.slice(0, 17));
  await one();
  expect(told.map(({ title, lines }) => [title, lines[0]])).toEqual([
    [
      'The audit of logs is not as it was written',
      `${NODE}, record 15: It ends here in the broker, and node b knows record 20: its end was cut off.`,
    ],
  ]);
  expect(told[0]?.lines.at(-1)).toContain('weir audit verify --pool logs');
});

it('of a record on another page than the one before it the link is looked at too', async () => {
  const records = chained(700);
  const forged = chain(records[499] as AuditRecord, {
    ...{ writer: NODE, pool: 'logs', at: 501 },
    body: { kind: 'people', by: 'eve', what: 'forged' },
  });
  await appendAudit(redis, 'logs', NODE, [...records.slice(0, 500), forged, ...records.slice(501)]);
  await swept({});
  await worker()(3);
  expect(told[0]?.lines[0]).toContain('record 502: It does not follow the record before it');
});

it('is told again where telling failed', async () => {
  await appendAudit(redis, 'logs', NODE, chained(5).slice(2));
  await swept({});
  let fails = true;
  const tell = async (message: Message) => {
    if (fails) throw new Error('no queue');
    told.push(message);
  };
  let now = 0;
  const watch = createAuditWatch({ redis, pools: ['logs'], tell, from: 'worker-x', monotonic: () => now });
  await expect(watch.look()).rejects.toThrow('no queue');
  fails = false;
  now += ROUND_MS;
  await redis.del('weir:once:audit-look.logs');
  await watch.look();
  expect(told[0]?.lines[0]).toContain('The 2 records before it were cut off in the broker');
});

it('the chain of the evaluation is compared with the pool’s state', async () => {
  const [one, two] = chained(2, 'evaluation') as [AuditRecord, AuditRecord];
  await redis.xadd(keys.audit, '*', 'r', JSON.stringify(one));
  await swept({});
  const json = JSON.parse((await redis.hget(keys.state, 'json')) ?? '{}') as object;
  await redis.hset(keys.state, { json: JSON.stringify({ ...json, audit: { seq: two.seq, hash: two.hash } }) });
  await worker()();
  expect(told[0]?.lines[0]).toBe(
    "evaluation, record 1: It ends here in the broker, and the pool's state knows record 2: its end was cut off.",
  );
});
