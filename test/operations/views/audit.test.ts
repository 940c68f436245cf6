/** A node's audit and the broker's: copied, made up for, merged. With a real Redis and real files. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createNodeAudit, type NodeAudit } from '../../../src/act/audit/audit.ts';
import { readAudit } from '../../../src/broker/audit.ts';
import { poolKeys } from '../../../src/broker/keys.ts';
import { chain } from '../../../src/lib/audit/chain.ts';
import type { PoolConfig, WeirConfig } from '../../../src/model/configuration/config.ts';
import type { AuditBody, AuditRecord } from '../../../src/model/decisions/audit.ts';
import { copyAudit, readBoth, verify } from '../../../src/operations/views/audit.ts';
import { formatAudit, formatVerified } from '../../../src/tell/terminal/audit.ts';
import { poolConfig } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const redis = await redisOfFile();

let stateDir: string;
let audit: NodeAudit;
const config = () => {
  const { a, b } = poolConfig().members;
  const members = { a: { ...a, address: '127.0.0.1' }, b };
  return { stateDir, pools: { logs: poolConfig({ members } as Partial<PoolConfig>) } } as unknown as WeirConfig;
};

beforeEach(async () => {
  stateDir = await tempDir();
  audit = createNodeAudit({ stateDir, node: 'a', pool: 'logs' });
  await audit.start(1_000);
  await act('2000-1.r.b', 2_000);
});

async function act(decision: string, at: number): Promise<void> {
  await audit.write(at, { kind: 'begin', decision, member: 'b', action: 'drain', by: 'rule:r', weight: 0 });
  await audit.note(at + 500, { kind: 'end', decision, member: 'b', result: 'applied', detail: 'b is at 0.' });
}

const seqs = async () => (await readAudit(redis, 'logs')).map(({ seq }) => seq);

describe("a node's records", () => {
  it('are copied once, in their order, and made up for when the broker comes back without them', async () => {
    await copyAudit(redis, 'logs', audit);
    await copyAudit(redis, 'logs', audit);
    expect(await seqs()).toEqual([1, 2]);
    await act('5000-1.r.b', 5_000);
    await copyAudit(redis, 'logs', audit);
    expect(await seqs()).toEqual([1, 2, 3, 4]);
    await redis.flushall();
    await copyAudit(redis, 'logs', audit);
    expect(await seqs()).toEqual([1, 2, 3, 4]);
  });

  it('are shown once, from both places, and without the broker from the files', async () => {
    await copyAudit(redis, 'logs', audit);
    await act('5000-1.r.b', 5_000);
    const both = await readBoth(config(), ['logs'], redis);
    expect(both.records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const alone = await readBoth(config(), ['logs'], 'The broker does not answer.');
    expect(alone).toMatchObject({ records: both.records, brokerFault: 'The broker does not answer.' });
    const [first = '', second = ''] = formatAudit(both.records).split('\n');
    expect(first).toMatch(/logs node a +begin +2000-1\.r\.b {2}drain b to weight 0, by rule r$/);
    expect(second).toMatch(/logs node a +end +2000-1\.r\.b {2}applied: b is at 0\.$/);
  });

  it('of a node that did not know the time are shown by its machine’s clock, in that order, and say so', async () => {
    let isTimeKnown = false;
    audit = createNodeAudit({ stateDir, node: 'a', pool: 'logs', isTimeKnown: () => isTimeKnown });
    await audit.start(2_600);
    await audit.note(2_600, {
      kind: 'lease',
      decision: '2000-1.r.b',
      member: 'b',
      result: 'released',
      detail: 'Let go.',
    });
    isTimeKnown = true;
    await act('5000-1.r.b', 5_000);
    const found = await readBoth(config(), ['logs'], redis);
    const { records } = found;
    const last = formatAudit(records).split('\n').at(-1);
    const today = new Date().toISOString().slice(0, 4);
    expect(last).toMatch(new RegExp(`^${today}.* released: Let go\\. \\(time by this node's clock`));
    expect(verify(found, 10_000).flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('that were changed in the file are found, by what the broker has of them too', async () => {
    await copyAudit(redis, 'logs', audit);
    const path = join(stateDir, 'audit', 'logs.jsonl');
    await writeFile(path, (await readFile(path, 'utf8')).replace('b is at 0.', 'b is at 9.'));
    const found = await readBoth(config(), ['logs'], redis);
    expect(formatVerified(verify(found, 10_000))).toBe(
      [
        '▲ logs, node a: records 1 to 2, 1 fault',
        '    record 2: It was changed after it was written (in the files of this machine).',
      ].join('\n'),
    );
  });

  describe('tampered with in one place are found by the other:', () => {
    const path = () => join(stateDir, 'audit', 'logs.jsonl');
    const lines = async () => (await readFile(path(), 'utf8')).trimEnd().split('\n');
    const keep = async (from: number, to: number) =>
      writeFile(
        path(),
        (await lines())
          .slice(from, to)
          .map((line) => `${line}\n`)
          .join(''),
      );
    const found = async () => {
      const all = verify(await readBoth(config(), ['logs'], redis), 10_000);
      return formatVerified(all)
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    };

    beforeEach(async () => {
      await act('5000-1.r.b', 5_000);
      await copyAudit(redis, 'logs', audit);
    });

    it('the end of the file', async () => {
      expect(await found()).toEqual([]);
      await keep(0, 2);
      expect(await found()).toEqual([
        'record 2: It ends here in the files of this machine, and the broker knows record 4: its end was cut off.',
      ]);
    });

    it('its beginning', async () => {
      await keep(2, 4);
      expect(await found()).toEqual([
        'record 3: The 2 records before it were cut off in the files of this machine, where none are thrown away yet.',
      ]);
    });

    it('all of its files, on a machine that is a node', async () => {
      await rm(join(stateDir, 'audit'), { recursive: true });
      expect(await found()).toEqual([]);
      await writeFile(join(stateDir, 'leases.json'), '{}');
      expect(await found()).toEqual([
        'record 0: Nothing of it is in the files of this machine, and the broker knows record 4: its end was cut off.',
      ]);
    });

    it("the end of the broker's copy, which a node that runs makes good", async () => {
      const [last] = (await redis.xrevrange(poolKeys('logs').audit, '+', '-', 'COUNT', 1)) as [[string, string[]]];
      await redis.xdel(poolKeys('logs').audit, last[0]);
      expect(await found()).toEqual([
        'record 3: It ends here in the broker, and 4 were put there: its end was cut off.',
      ]);
      await redis.hset(poolKeys('logs').auditHeads, audit.writer, 3);
      await copyAudit(redis, 'logs', audit);
      expect(await found()).toEqual([]);
    });

    it('the copy written anew from a record on', async () => {
      const [one, two, three] = (await readAudit(redis, 'logs')) as [AuditRecord, AuditRecord, AuditRecord];
      const forged = chain(two, { ...three, body: { ...three.body, by: 'person:eve' } as AuditBody });
      await redis.del(poolKeys('logs').audit);
      for (const record of [one, two, forged]) {
        await redis.xadd(poolKeys('logs').audit, '*', 'r', JSON.stringify(record));
      }
      await redis.hset(poolKeys('logs').auditHeads, audit.writer, 3);
      expect(await found()).toEqual([
        'record 3: From here on the broker and the files of this machine do not have the same: one of them was written anew.',
      ]);
    });
  });

  it('have both their ends, or verify says so', async () => {
    await audit.write(9_000, { kind: 'begin', decision: '9-1.r.b', member: 'b', action: 'drain', by: 'rule:r' });
    const found = await readBoth(config(), ['logs'], redis);
    expect(formatVerified(verify(found, 60_000))).toBe('✓ logs, node a: records 1 to 3, unbroken');
    expect(formatVerified(verify(found, 200_000))).toContain('record 3: 9-1.r.b was begun and has no end.');
  });
});
