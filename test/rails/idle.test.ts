/** Members that take no writes give nothing up: several may be out together while more than half of the pool serves. */

import { describe, expect, it } from 'vitest';
import type { Proposal, Rail, RailFacts } from '../../src/model/decisions/rail.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { blastRadius } from '../../src/rails/blast-radius.ts';
import { block } from '../../src/rails/block.ts';
import { buildFacts } from '../../src/rules/state/facts.ts';
import { HEALTHY, POLICY, poolOf, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const FULL_TABLE = tableOf(Object.fromEntries(NAMES.map((name) => [name, 100])));
const DRAINED = tableOf({ a: 100, b: 100, c: 0, d: 100, e: 100 });
const READ_ONLY: Signals = { ...HEALTHY, writable: false, refusal: 'READONLY' };
const LOADING: Signals = { answering: true, writable: false, refusal: 'LOADING' };
const OUT_OF_MEMORY: Signals = { ...HEALTHY, writable: false, full: true, refusal: 'OOM' };

const PROPOSAL: Proposal = {
  ...{ by: 'rule', rule: 'r', target: 'b', action: 'drain', weight: 0, mode: 'auto', observers: 2, force: false },
};

/** A pool of five whose c is held since a minute. */
function factsOf(bad: Readonly<Record<string, Signals>>, table = FULL_TABLE, names = NAMES): RailFacts {
  const members = { ...Object.fromEntries(names.map((name) => [name, HEALTHY])), ...bad };
  const pool = poolOf(names);
  const act = { decision: '1-0.r.c', rule: 'r', target: 'c', action: 'drain', at: START - 60_000, strikes: 0 } as const;
  return {
    ...{ now: START, pool, policy: POLICY, facts: buildFacts(pool, [sweepOf('a', START, { members, table })]) },
    ...{ missingSignals: [], freshMembers: NAMES, settlesAt: 0, settleReason: '', votes: [], brakedBy: [] },
    ...{ firingTargets: [], otherTargets: ['c'], isTargetHeld: false, acts: [act] },
    ...{ holds: [], loads: {}, ackedAt: 0, strikes: { count: 0, at: 0 }, approvedBy: [] },
  };
}

function said(rail: Rail, facts: RailFacts, proposal: Partial<Proposal> = {}): string {
  const { pass, sentence } = rail.judge({ ...PROPOSAL, ...proposal }, facts);
  return `${pass ? 'pass' : 'refuse'}: ${sentence}`;
}

describe('a second member', () => {
  it.each([
    ['silent', SILENT],
    ['read-only', READ_ONLY],
    ['loading', LOADING],
  ])('that is %s may be out beside one that is held or under way, while more than half serve', (_, signals) => {
    for (const table of [DRAINED, FULL_TABLE]) {
      const facts = factsOf({ b: signals, c: SILENT }, table);
      const sentence = 'pass: b takes no writes, and without it and c more than half of the pool serves.';
      expect(said(blastRadius, facts)).toBe(sentence);
      expect(said(block, facts)).toBe('pass: b takes no writes, and more than half of the pool serves without it.');
    }
  });

  it.each([
    ['is the second of four', factsOf({ b: SILENT, c: SILENT }, FULL_TABLE, ['a', 'b', 'c', 'd'])],
    ['takes writes', factsOf({ c: SILENT })],
    ['nobody knows', factsOf({ b: { answering: true }, c: SILENT })],
    ['is full', factsOf({ b: OUT_OF_MEMORY, c: SILENT })],
    ['is the third of five', factsOf({ b: SILENT, c: SILENT, d: SILENT })],
    ['is the third of five, one of them healthy and under way', factsOf({ b: SILENT, d: SILENT })],
  ])('may not where it %s', (_, facts) => {
    expect(said(blastRadius, facts)).toMatch(/^refuse: Weir already holds c; one member at a time/);
    expect(said(block, facts)).toMatch(/^refuse: r had drain done on c/);
  });

  it('does not make the VIP move: that is felt by everybody', () => {
    expect(said(block, factsOf({ b: SILENT, c: SILENT }), { action: 'failover' })).toMatch(/^refuse/);
  });
});
