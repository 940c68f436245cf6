import { describe, expect, it } from 'vitest';
import type { Proposal, RailFacts } from '../../src/model/decisions/rail.ts';
import { judge, RAILS } from '../../src/rails/index.ts';
import { interlock } from '../../src/rails/interlock.ts';
import { buildFacts } from '../../src/rules/state/facts.ts';
import { HEALTHY, POLICY, poolOf, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const PROPOSAL: Proposal = {
  by: 'rule',
  rule: 'member-unwritable',
  target: 'b',
  action: 'drain',
  weight: 0,
  mode: 'auto',
  observers: 2,
  force: false,
};

function factsOf(
  parts: Partial<RailFacts> = {},
  names = ['a', 'b'],
  members = { a: HEALTHY, b: SILENT } as Record<string, typeof HEALTHY>,
): RailFacts {
  const pool = poolOf(names);
  const facts = buildFacts(pool, [
    sweepOf('a', START, { members, table: tableOf(Object.fromEntries(names.map((name) => [name, 100]))) }),
    sweepOf('b', START, { members }),
  ]);
  return {
    now: START,
    pool,
    policy: POLICY,
    facts,
    missingSignals: [],
    freshMembers: names,
    settlesAt: 0,
    settleReason: 'Weir has started on this pool',
    votes: [
      { observer: 'a', vote: 'yes' },
      { observer: 'b', vote: 'yes' },
    ],
    brakedBy: [],
    firingTargets: ['b'],
    otherTargets: [],
    isTargetHeld: false,
    ...{ holds: [], loads: {}, acts: [], ackedAt: 0, strikes: { count: 0, at: 0 }, approvedBy: [] },
    ...parts,
  };
}

function refusedBy(proposal: Partial<Proposal>, facts: RailFacts): string | undefined {
  const { verdict, rails } = judge({ ...PROPOSAL, ...proposal }, facts);
  return verdict === 'refuse' ? rails.at(-1)?.rail : undefined;
}

describe('the rails', () => {
  it('let a well founded drain through, each with a sentence', () => {
    const { verdict, rails } = judge(PROPOSAL, factsOf());
    expect(verdict).toBe('act');
    expect(rails.map((one) => one.rail)).toEqual([
      'blast radius',
      'hold',
      'mode',
      'fresh',
      'settled',
      'evidence',
      'common cause',
      'blast radius',
      'capacity',
      'budget',
      'block',
      'breaker',
      'approval',
    ]);
    expect(rails.every((one) => one.sentence.endsWith('.'))).toBe(true);
  });

  it.each([
    ['off', 'mode'],
    ['shadow', undefined],
  ] as const)('policy.mode %s: %s', (mode, rail) => {
    const facts = factsOf({ policy: { ...POLICY, mode } });
    expect(refusedBy({}, facts)).toBe(rail);
    expect(judge(PROPOSAL, facts).verdict).not.toBe('act');
  });

  it('say that a person is not held up by a mode but off', () => {
    const facts = factsOf({ policy: { ...POLICY, mode: 'shadow' } });
    const { verdict, rails } = judge({ ...PROPOSAL, by: 'person', observers: 0 }, facts);
    expect(verdict).toBe('act');
    expect(rails.find((one) => one.rail === 'mode')?.sentence).toBe(
      'policy.mode is shadow; what a person asks for is done.',
    );
  });

  it('hold a rule without a mode in shadow', () => {
    const { mode: _, ...without } = PROPOSAL;
    expect(judge(without, factsOf()).verdict).toBe('shadow');
  });

  it('ask in mode approve', () => {
    expect(judge({ ...PROPOSAL, mode: 'approve' }, factsOf()).verdict).toBe('ask');
  });

  it('refuse when a remaining member or a named signal was not read', () => {
    expect(refusedBy({}, factsOf({ freshMembers: ['b'] }))).toBe('fresh');
    expect(refusedBy({}, factsOf({ missingSignals: ['member.filling'] }))).toBe('fresh');
  });

  it.each([
    [
      'a no',
      [
        { observer: 'a', vote: 'yes' },
        { observer: 'b', vote: 'yes' },
        { observer: 'w', vote: 'no' },
      ],
    ],
    [
      'too few',
      [
        { observer: 'a', vote: 'yes' },
        { observer: 'b', vote: 'abstain' },
      ],
    ],
    [
      'not the MASTER',
      [
        { observer: 'b', vote: 'yes' },
        { observer: 'w', vote: 'yes' },
      ],
    ],
  ] as const)('refuse without evidence: %s', (_name, votes) => {
    expect(refusedBy({}, factsOf({ votes }))).toBe('evidence');
  });

  it('refuse for a common cause when more than half are in trouble, not at half', () => {
    const filling = { ...HEALTHY, filling: true };
    expect(refusedBy({}, factsOf({}, ['a', 'b'], { a: filling, b: filling }))).toBe('common cause');
    expect(refusedBy({}, factsOf({}, ['a', 'b'], { a: HEALTHY, b: filling }))).toBeUndefined();
    const three = ['a', 'b', 'c'];
    expect(refusedBy({}, factsOf({}, three, { a: HEALTHY, b: filling, c: filling }))).toBe('common cause');
    expect(refusedBy({}, factsOf({}, three, { a: HEALTHY, b: filling, c: HEALTHY }))).toBeUndefined();
  });

  it('refuse when fewer than min_serving would serve', () => {
    const facts = factsOf();
    expect(refusedBy({}, { ...facts, pool: { ...facts.pool, minServing: 2 } })).toBe('blast radius');
    expect(
      refusedBy({ action: 'set_weight', weight: 10 }, factsOf({}, ['a', 'b'], { a: HEALTHY, b: HEALTHY })),
    ).toBeUndefined();
  });

  it('refuse a second member while one is held', () => {
    expect(refusedBy({}, factsOf({ otherTargets: ['c'] }))).toBe('blast radius');
    expect(refusedBy({ limits: { targets: 1 } }, factsOf({ firingTargets: ['a', 'b'] }))).toBe('blast radius');
    expect(refusedBy({ limits: { targets: 1 } }, factsOf())).toBeUndefined();
  });

  it('let force pass what a person may pass, on the record', () => {
    const facts = factsOf({ otherTargets: ['c'] });
    const { verdict, rails } = judge({ ...PROPOSAL, by: 'person', force: true }, facts);
    expect(verdict).toBe('act');
    expect(rails.filter(({ passedBy }) => passedBy === 'force').map(({ rail }) => rail)).toEqual(['blast radius']);
  });

  it('never let anything pass an unknown member', () => {
    expect(refusedBy({ by: 'person', target: 'z', force: true }, factsOf())).toBe('blast radius');
    expect(refusedBy({ by: 'person', target: 'z', action: 'restore' }, factsOf())).toBe('blast radius');
    expect(refusedBy({ by: 'person', target: 'z', force: true }, factsOf({ isTargetHeld: true }))).toBe('blast radius');
  });

  it('let what the pool holds of a member that this weir.yaml has not be given back', () => {
    const facts = factsOf({ isTargetHeld: true });
    expect(judge({ ...PROPOSAL, by: 'person', target: 'z', action: 'restore' }, facts).verdict).toBe('act');
  });
});

it.each([
  ['is removed where one other node is MASTER', true, { a: 'ORPHAN', b: 'MASTER', c: 'BACKUP' }],
  ['stays where nobody is: it may be all that producers have', false, { a: 'ORPHAN', b: 'BACKUP', c: 'BACKUP' }],
  ['stays where two are: nobody knows which of them producers reach', false, { a: 'ORPHAN', b: 'MASTER', c: 'MASTER' }],
  ['is none where keepalived lives', false, { a: 'MASTER', b: 'MASTER' }],
  ['is none where nobody hears the node', false, { b: 'MASTER' }],
])('an orphan VIP %s', (_, isLet, states) => {
  const directors = Object.fromEntries(Object.entries(states).map(([name, state]) => [name, { state }]));
  const facts = factsOf({ facts: { pool: {}, members: {}, consumers: {}, directors } });
  expect(interlock.judge({ ...PROPOSAL, action: 'remove_orphan_vip', target: 'a' }, facts).pass).toBe(isLet);
});

it('asks whether there is anything to act on, and then in the order of the design', () => {
  expect(RAILS.map(({ number, name }) => `${number} ${name}`)).toEqual([
    '7 blast radius',
    '7 longest time',
    '1 hold',
    '2 mode',
    '3 fresh',
    '4 settled',
    '5 evidence',
    '6 common cause',
    '7 blast radius',
    '7 blast radius',
    '7 interlock',
    '8 capacity',
    '9 budget',
    '10 block',
    '11 breaker',
    '12 approval',
  ]);
});
