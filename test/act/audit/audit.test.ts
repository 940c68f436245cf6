import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeAudit, type NodeAudit } from '../../../src/act/audit/audit.ts';
import { readAuditFiles } from '../../../src/act/audit/audit-file.ts';
import { chainsOf, openEnds, verifyChain } from '../../../src/lib/audit/chain.ts';
import type { AuditBody, AuditRecord } from '../../../src/model/decisions/audit.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { createFixture, type Fixture } from '../actuator-fixture.ts';

function begin(id: string): AuditBody {
  return { kind: 'begin', decision: id, member: 'b', action: 'drain', by: 'rule:r', rule: 'r', strikes: 1 };
}
function end(id: string): AuditBody {
  return { kind: 'end', decision: id, member: 'b', result: 'applied', detail: 'done' };
}

const faults = (records: readonly AuditRecord[]) => chainsOf(records).flatMap(verifyChain);
const kinds = (records: readonly AuditRecord[]) => records.map(({ body }) => body.kind);

describe("a node's audit", () => {
  let stateDir: string;
  let audit: NodeAudit;
  const file = () => join(stateDir, 'audit', 'logs.jsonl');
  const restarted = async (now: number) => {
    audit = createNodeAudit({ stateDir, node: 'a', pool: 'logs' });
    await audit.start(now);
  };

  beforeEach(async () => {
    stateDir = await tempDir();
    await restarted(1_000);
    await audit.write(2_000, begin('2000-1.r.b'));
    await audit.write(3_000, end('2000-1.r.b'));
  });

  it('goes on where the process before has ended, as one chain', async () => {
    await restarted(10_000);
    await audit.write(11_000, begin('11000-1.r.b'));
    const records = await readAuditFiles(stateDir, 'logs');
    expect(records.map(({ seq, writer }) => [seq, writer])).toEqual([1, 2, 3].map((seq) => [seq, 'node:a~1000']));
    expect(faults(records)).toEqual([]);
    expect(audit.trouble).toBeUndefined();
  });

  it('speaks of no record that a power cut may take away: what is not on disk for good is, before anybody is told of it', async () => {
    expect(audit.head()?.seq).toBe(2);
    const refused = { kind: 'refused', decision: '4-1.r.b', member: 'b', result: 'refused', detail: 'stale' } as const;
    await audit.note(4_000, refused);
    expect(audit.head()?.seq).toBe(2);
    expect((await audit.after(2, 10)).map(({ seq }) => seq)).toEqual([3]);
    expect(audit.head()?.seq).toBe(3);
    await audit.note(5_000, refused);
    await audit.sync();
    expect(audit.head()).toMatchObject({ seq: 4, at: 5_000 });
    await restarted(10_000);
    await audit.sync();
    expect(audit.head()?.seq).toBe(4);
  });

  it('says what rules had the node do, from the file, for a day', async () => {
    await restarted(10_000);
    const act = { decision: '2000-1.r.b', rule: 'r', target: 'b', action: 'drain', at: 2_000, strikes: 1 };
    expect(audit.acts(10_000)).toEqual([act]);
    expect(audit.acts(86_402_001)).toEqual([]);
    await audit.write(11_000, {
      kind: 'begin',
      decision: '11000-1.request.b',
      member: 'b',
      action: 'drain',
      by: 'person:ann',
    });
    expect(audit.acts(11_000)).toEqual([act]);
  });

  it('gives what a process has begun and not ended its other end', async () => {
    await audit.write(5_000, begin('5000-1.r.b'));
    await restarted(10_000);
    const records = await readAuditFiles(stateDir, 'logs');
    expect(records.at(-1)?.body).toMatchObject({ kind: 'end', decision: '5000-1.r.b', result: 'failed' });
    expect(openEnds(records, 1_000_000)).toEqual([]);
    await restarted(20_000);
    expect(await readAuditFiles(stateDir, 'logs')).toHaveLength(records.length);
  });

  it('keeps half a line that a crash left beside it, and goes on behind the last whole one', async () => {
    const text = await readFile(file(), 'utf8');
    await writeFile(file(), `${text}{"writer":"node:a~1000","po`);
    await restarted(10_000);
    await audit.write(11_000, begin('11000-1.r.b'));
    const records = await readAuditFiles(stateDir, 'logs');
    expect([records.length, faults(records)]).toEqual([3, []]);
    expect(await readFile(`${file()}.torn`, 'utf8')).toBe('{"writer":"node:a~1000","po\n');
  });

  it.each([
    ['a line was changed', (text: string) => text.replace('done', 'undone')],
    ['a line was taken out', (text: string) => text.slice(text.indexOf('\n') + 1).replace('"seq":2', '"seq":1')],
    ['random bytes stand in it', () => '\u0000\u0001garbage\nmore\n'],
  ])('sets the file aside and begins anew when %s', async (_, change) => {
    const before = change(await readFile(file(), 'utf8'));
    await writeFile(file(), before);
    await restarted(10_000);
    expect(audit.trouble).toContain('is not as it was written');
    const aside = (await readdir(join(stateDir, 'audit'))).find((name) => name.includes('.broken-'));
    expect(await readFile(join(stateDir, 'audit', aside ?? ''), 'utf8')).toBe(before);
    await audit.write(11_000, begin('11000-1.r.b'));
    const records = await readAuditFiles(stateDir, 'logs');
    expect(kinds(records)).toEqual(['anew', 'begin']);
    expect([records[0]?.writer, faults(records)]).toEqual(['node:a~10000', []]);
  });

  it('closes a file that is full, and finds its records again', async () => {
    const detail = 'x'.repeat(3_000_000);
    for (const at of [4, 5, 6, 7, 8]) {
      await audit.note(at * 1_000, { kind: 'lease', decision: 'd', member: 'b', result: 'kept', detail });
    }
    expect((await readdir(join(stateDir, 'audit'))).sort()).toEqual(['logs.000000000001.jsonl', 'logs.jsonl']);
    await restarted(10_000);
    await audit.write(11_000, begin('11000-1.r.b'));
    const records = await readAuditFiles(stateDir, 'logs');
    expect([records.length, faults(records)]).toEqual([8, []]);
    expect((await audit.after(0, 3)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('that cannot be written says so, once it can goes on', async () => {
    const folder = join(stateDir, 'audit');
    await rm(folder, { recursive: true });
    await writeFile(folder, 'no folder');
    await expect(audit.write(4_000, begin('4000-1.r.b'))).rejects.toThrow(/cannot be written .* begins no action/);
    await audit.note(4_000, end('4000-1.r.b'));
    expect(audit.trouble).toMatch(/cannot be written/);
  });
});

describe('the hand', () => {
  let f: Fixture;
  beforeEach(async () => {
    f = await createFixture();
    await f.pass(1);
  });
  afterEach(() => f.end());
  const recorded = () => readAuditFiles(f.stateDir, 'logs');

  it('records an action before it touches the table, and then its answer', async () => {
    const job = f.job({ by: 'rule:r', rule: 'r', strikes: 0 });
    let during: string[] | undefined;
    const set = f.lvs.setWeight.bind(f.lvs);
    Object.assign(f.lvs, {
      async setWeight(...args: Parameters<typeof set>) {
        during ??= kinds(await recorded());
        await set(...args);
      },
    });
    await f.run(job);
    expect(during).toEqual(['begin']);
    const records = await recorded();
    expect(records.map(({ body }) => body)).toMatchObject([
      { kind: 'begin', decision: job.decision, action: 'drain', member: 'b', by: 'rule:r', rule: 'r', weight: 0 },
      { kind: 'end', decision: job.decision, result: 'applied', weightBefore: 100, weightAfter: 0 },
    ]);
    expect(faults(records)).toEqual([]);
    expect(f.actuator.audit('logs')?.acts(f.now)).toMatchObject([{ decision: job.decision, target: 'b' }]);
  });

  it('records what it refuses, by one record', async () => {
    await f.run(f.job({ expiresAt: f.now - 1 }));
    expect((await recorded()).map(({ body }) => body)).toMatchObject([{ kind: 'refused', result: 'expired' }]);
  });

  it('does nothing that cannot be recorded, and gives weight back all the same', async () => {
    const job = f.job();
    await f.run(job);
    const folder = join(f.stateDir, 'audit');
    await rm(folder, { recursive: true });
    await writeFile(folder, 'no folder');
    const lease = { weight: 0, until: f.now + 60_000, owner: 'rule:r', reason: '' };
    const more = await f.run(f.job({ lease }));
    expect(more).toMatchObject({ result: 'failed', detail: expect.stringContaining('begins no action') });
    expect(f.actuator.liveLeases('logs')).toHaveLength(1);
    expect(f.actuator.troubles('logs')).toEqual([expect.stringContaining('begins no action')]);
    const { lease: _, ...rest } = job;
    await f.run({ ...rest, decision: `${job.decision}~end`, action: 'restore', leaseIds: [job.decision] });
    expect(f.lvs.weight('b')).toBe(100);
  });
});
