/** A node's audit and the broker's: copied, made up for, merged. With a real Redis and real files. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createNodeAudit, type NodeAudit } from '../../../src/act/audit/audit.ts';
import { readAudit } from '../../../src/broker/audit.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import { copyAudit, readBoth, verify } from '../../../src/operations/views/audit.ts';
import { formatAudit, formatVerified } from '../../../src/tell/terminal/audit.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const redis = await redisOfFile();

let stateDir: string;
let audit: NodeAudit;
const config = () => ({ stateDir }) as WeirConfig;

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
    expect(alone).toEqual({ records: both.records, brokerFault: 'The broker does not answer.' });
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
    const { records } = await readBoth(config(), ['logs'], redis);
    const last = formatAudit(records).split('\n').at(-1);
    const today = new Date().toISOString().slice(0, 4);
    expect(last).toMatch(new RegExp(`^${today}.* released: Let go\\. \\(time by this node's clock`));
    expect(verify(records, 10_000).flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('that were changed in the file are found, by what the broker has of them too', async () => {
    await copyAudit(redis, 'logs', audit);
    const path = join(stateDir, 'audit', 'logs.jsonl');
    await writeFile(path, (await readFile(path, 'utf8')).replace('b is at 0.', 'b is at 9.'));
    const { records } = await readBoth(config(), ['logs'], redis);
    expect(formatVerified(verify(records, 10_000))).toBe(
      [
        '▲ logs, node a: records 1 to 2, 2 faults',
        '    record 2: It was changed after it was written.',
        '    record 2: There are two records of this number.',
      ].join('\n'),
    );
  });

  it('have both their ends, or verify says so', async () => {
    await audit.write(9_000, { kind: 'begin', decision: '9-1.r.b', member: 'b', action: 'drain', by: 'rule:r' });
    const { records } = await readBoth(config(), ['logs'], redis);
    expect(formatVerified(verify(records, 60_000))).toBe('✓ logs, node a: records 1 to 3, unbroken');
    expect(formatVerified(verify(records, 200_000))).toContain('record 3: 9-1.r.b was begun and has no end.');
  });
});
