import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chain, chainsOf, NO_HEAD, openEnds, parseRecord, verifyChain } from '../../../src/lib/audit/chain.ts';
import type { AuditBody, AuditRecord } from '../../../src/model/decisions/audit.ts';

function records(bodies: readonly AuditBody[], writer = 'node:a'): AuditRecord[] {
  let head = NO_HEAD;
  return bodies.map((body, i) => {
    const record = chain(head, { writer, pool: 'logs', at: 1_000 + i, body });
    head = record;
    return record;
  });
}

function people(what: string): AuditBody {
  return { kind: 'people', by: 'ann', what };
}

const begin: AuditBody = { kind: 'begin', decision: '1-1.r.b', member: 'b', action: 'drain', by: 'rule:r' };
const end: AuditBody = { kind: 'end', decision: '1-1.r.b', member: 'b', result: 'applied', detail: 'b is at 0.' };

describe('a chain', () => {
  const whole = fc.array(fc.string(), { minLength: 3, maxLength: 20 }).map((texts) => records(texts.map(people)));

  it('holds as it was written, also after it went through JSON, and with its beginning gone', () => {
    fc.assert(
      fc.property(whole, fc.nat(18), (chained, gone) => {
        const read = chained.map((one) => parseRecord(JSON.stringify(one)) as AuditRecord);
        expect(verifyChain(read)).toEqual([]);
        expect(verifyChain(read.slice(Math.min(gone, read.length - 1)))).toEqual([]);
      }),
    );
  });

  it('shows every change, whatever is changed', () => {
    fc.assert(
      fc.property(whole, fc.nat(), fc.nat(4), (chained, where, how) => {
        const at = where % (chained.length - 1);
        const one = chained[at] as AuditRecord;
        const changed: AuditRecord[] = [...chained];
        if (how === 0) changed[at] = { ...one, body: people('something else, 1') };
        else if (how === 1) changed[at] = { ...one, at: one.at + 1 };
        else if (how === 2) changed.splice(Math.max(1, at), 1);
        else if (how === 3)
          changed[at] = chain({ seq: one.seq - 1, hash: one.prev }, { ...one, body: people('forged, 1') });
        else changed.splice(at + 1, 0, chain({ seq: one.seq, hash: one.hash }, { ...one, body: people('put in, 1') }));
        expect(verifyChain(chainsOf(changed).flat())).not.toEqual([]);
      }),
    );
  });

  it('says what is wrong and where', () => {
    const [one, two, three] = records([people('x'), people('y'), people('z')]) as [
      AuditRecord,
      AuditRecord,
      AuditRecord,
    ];
    const sentences = (...all: AuditRecord[]) => verifyChain(all).map(({ seq, sentence }) => `${seq} ${sentence}`);
    expect(sentences(one, { ...two, body: people('Y') }, three)).toEqual(['2 It was changed after it was written.']);
    expect(sentences(one, three)).toEqual(['3 1 records before it are missing.']);
    const forged = chain(one, { ...two, body: people('Y') });
    expect(sentences(one, forged, three)).toEqual([
      '3 It does not follow the record before it: one of the two was replaced.',
    ]);
    expect(sentences(one, two, forged, three)).toContain('2 There are two records of this number.');
  });

  it('counts what stands in two places once, by pool and writer', () => {
    const node = records([people('x'), people('y')]);
    const evaluation = records([people('x')], 'evaluation');
    expect(chainsOf([...node, ...evaluation, ...node]).map((one) => one.length)).toEqual([2, 1]);
  });
});

describe('both ends', () => {
  it('are wanted of every action, once it cannot be running any more', () => {
    const open = records([begin]);
    expect(openEnds(open, 100_000)).toEqual([]);
    expect(openEnds(open, 200_000).map(({ sentence }) => sentence)).toEqual(['1-1.r.b was begun and has no end.']);
    expect(openEnds(records([begin, end]), 200_000)).toEqual([]);
  });
});

it('a line that is no record is none', () => {
  for (const line of [
    '',
    '{}',
    'null',
    '[]',
    '{"writer":"x"}',
    '{"writer":1,"pool":"p","seq":1,"at":1,"prev":"","hash":"","body":{}}',
  ]) {
    expect(parseRecord(line)).toBeUndefined();
  }
});
