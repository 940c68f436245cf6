/** A node's memory of how far the audit's chains had come in the broker. With a real Redis and a real file. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readAuditBetween } from '../../../src/broker/audit.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { chain, NO_HEAD } from '../../../src/lib/audit/chain.ts';
import type { AuditRecord } from '../../../src/model/decisions/audit.ts';
import { headsToSay, openKnownHeads, withRecords } from '../../../workers/node/known-heads.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const redis = await redisOfFile();
const MINUTE = 60_000;

let dir: string;
let now = 0;
const open = () =>
  openKnownHeads(
    dir,
    (...what) => readAuditBetween(redis, ...what),
    () => now,
  );

beforeEach(async () => {
  dir = await tempDir();
  now = 0;
});

function chained(count: number, writer: string): AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const body = { kind: 'people', by: 'ann', what: `x ${seq}` } as const;
    records.push(chain(records.at(-1) ?? NO_HEAD, { writer, pool: 'logs', at: seq, body }));
  }
  return records;
}

async function stands(records: readonly AuditRecord[], at: number): Promise<void> {
  for (const record of records) await redis.xadd(poolKeys('logs').audit, `${at}-*`, 'r', JSON.stringify(record));
}

it('has the highest of each writer that has stood for a minute, and over a restart', async () => {
  const [evaluation, node] = [chained(3, 'evaluation'), chained(2, 'node:b~1')];
  await stands([...evaluation.slice(0, 2), ...node], 100_000);
  await stands(evaluation.slice(2), 150_000);
  const heads = await open();
  await heads.look('logs', 170_000);
  const seqs = (known: Readonly<Record<string, { readonly seq: number }>>) =>
    Object.fromEntries(Object.entries(known).map(([writer, { seq }]) => [writer, seq]));
  expect(seqs(heads.of('logs'))).toEqual({ evaluation: 2, 'node:b~1': 2 });
  // Not before a minute has passed.
  await heads.look('logs', 300_000);
  expect(seqs(heads.of('logs'))).toEqual({ evaluation: 2, 'node:b~1': 2 });
  now += MINUTE;
  await heads.look('logs', 300_000);
  expect(heads.of('logs').evaluation).toMatchObject({ seq: 3, hash: evaluation[2]?.hash });
  expect(seqs((await open()).of('logs'))).toEqual({ evaluation: 3, 'node:b~1': 2 });
});

it('keeps what it knows when the broker has less, and what was cut off and written anew there', async () => {
  const records = chained(4, 'evaluation');
  await stands(records, 100_000);
  const heads = await open();
  await heads.look('logs', 300_000);
  await redis.del(poolKeys('logs').audit);
  const other = chain(records[2] as AuditRecord, {
    ...{ writer: 'evaluation', pool: 'logs', at: 4 },
    body: { kind: 'people', by: 'eve', what: 'forged' },
  });
  await stands([...records.slice(0, 3), other], 200_000);
  now += MINUTE;
  await heads.look('logs', 400_000);
  expect(heads.of('logs').evaluation?.hash).toBe(records[3]?.hash);
});

it('a file that cannot be read knows nothing, and is replaced', async () => {
  await writeFile(join(dir, 'audit-heads.json'), '{"logs": {"evaluation": 7}}');
  await stands(chained(1, 'evaluation'), 100_000);
  const heads = await open();
  expect(heads.of('logs')).toEqual({});
  await heads.look('logs', 300_000);
  expect(JSON.parse(await readFile(join(dir, 'audit-heads.json'), 'utf8'))).toMatchObject({
    logs: { evaluation: { seq: 1 } },
  });
});

it('of many writers the latest are kept', () => {
  const records = Array.from({ length: 40 }, (_, index) => ({
    ...(chained(1, `node:a~${index}`)[0] as AuditRecord),
    at: index,
  }));
  const kept = Object.keys(withRecords({}, records));
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([30, 'node:a~10', 'node:a~39']);
});

it('a sweep says of its own chain what its files have, whatever stood in the broker', () => {
  const known = { 'node:a~1': { seq: 9, hash: 'forged', at: 1 }, evaluation: { seq: 3, hash: 'e', at: 1 } };
  const head = { seq: 5, hash: 'own', at: 2 };
  expect(headsToSay(known, { writer: 'node:a~1', head: () => head })).toEqual({
    evaluation: known.evaluation,
    'node:a~1': head,
  });
  expect(headsToSay(known, { writer: 'node:a~1', head: () => undefined })).toEqual({ evaluation: known.evaluation });
  expect(headsToSay(known, undefined)).toEqual(known);
});
