/** The rails that look back: budget, block, breaker; and the one that people set, hold. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/model/configuration/default-policy.ts';
import type { PastAction } from '../../src/model/decisions/action.ts';
import type { Proposal, Rail, RailFacts } from '../../src/model/decisions/rail.ts';
import type { Hold } from '../../src/model/people/hold.ts';
import { approval, isWaiting } from '../../src/rails/approval.ts';
import { block } from '../../src/rails/block.ts';
import { breaker } from '../../src/rails/breaker.ts';
import { budget } from '../../src/rails/budget.ts';
import { hold } from '../../src/rails/hold.ts';
import { holdFile } from '../../src/rails/hold-file.ts';
import { judge } from '../../src/rails/index.ts';
import { poolOf } from '../support/pool.ts';

const NOW = 10_000_000_000;
const MINUTE = 60_000;

const PROPOSAL: Proposal = {
  ...{ by: 'rule', rule: 'r', target: 'b', action: 'drain', weight: 0, mode: 'auto', observers: 2, force: false },
};

function act(agoMs: number, parts: Partial<PastAction> = {}): PastAction {
  const at = NOW - agoMs;
  return { decision: `${at}-0.r.b`, rule: 'r', target: 'b', action: 'drain', at, strikes: 0, ...parts };
}

function factsOf(parts: Partial<RailFacts>): RailFacts {
  return {
    now: NOW,
    pool: poolOf(),
    policy: { ...DEFAULT_POLICY, mode: 'auto' },
    facts: { pool: {}, members: {}, directors: {}, consumers: {} },
    ...{ missingSignals: [], freshMembers: [], settlesAt: 0, settleReason: '', votes: [], brakedBy: [] },
    ...{ firingTargets: [], otherTargets: [], isTargetHeld: false },
    ...{ holds: [], loads: {}, acts: [], ackedAt: 0, strikes: { count: 0, at: 0 }, approvedBy: [] },
    ...parts,
  };
}

function said(rail: Rail, parts: Partial<RailFacts>, proposal: Partial<Proposal> = {}): string {
  const { pass, sentence } = rail.judge({ ...PROPOSAL, ...proposal }, factsOf(parts));
  return `${pass ? 'pass' : 'refuse'}: ${sentence}`;
}

describe('the rail budget', () => {
  it('counts on one target, in a window that slides', () => {
    const acts = [act(59 * MINUTE), act(40 * MINUTE), act(20 * MINUTE)];
    expect(said(budget, { acts })).toBe(
      'refuse: 3 actions on b in the last 1 h; 3 are allowed. Room for one more in 1 min.',
    );
    expect(said(budget, { acts: [act(60 * MINUTE), ...acts.slice(1)] })).toBe('pass: Within every budget.');
  });

  it.each([
    ['of r', { target: 'c' }, { max: 2 }, 'rule'],
    ['of kind drain', { target: 'c', rule: 's' }, { max: 2 }, 'kind'],
    ['in pool logs', { target: 'c', rule: 's', action: 'failover' as const }, { max: 2 }, 'pool'],
  ])('counts what was done %s', (what, parts, { max }, scope) => {
    const policy = { ...DEFAULT_POLICY, budgets: { ...DEFAULT_POLICY.budgets, [scope]: { max, perMs: 60 * MINUTE } } };
    const acts = [act(3 * MINUTE, parts), act(2 * MINUTE, parts)];
    expect(said(budget, { policy, acts })).toContain(`refuse: 2 actions ${what} in the last 1 h; 2 are allowed.`);
    expect(said(budget, { policy, acts: acts.slice(1) })).toBe('pass: Within every budget.');
  });

  it('is tightened by a rule, and loosened only for the rule itself', () => {
    const acts = [act(3 * MINUTE, { target: 'c' })];
    const tight = { limits: { budget: { max: 1, perMs: 60 * MINUTE } } };
    expect(said(budget, { acts }, tight)).toContain('of r by its own limit');
    const seven = Array.from({ length: 7 }, (_, i) =>
      act(i * MINUTE, { target: `m${i}`, action: i % 2 ? 'drain' : 'failover' }),
    );
    expect(said(budget, { acts: seven })).toContain('refuse: 7 actions of r');
    expect(said(budget, { acts: seven }, { loosen: { budget: { max: 20, perMs: 60 * MINUTE } } })).toMatch(/^pass/);
  });

  it('gives out nothing at all with 0', () => {
    const policy = { ...DEFAULT_POLICY, budgets: { ...DEFAULT_POLICY.budgets, pool: { max: 0, perMs: MINUTE } } };
    expect(said(budget, { policy })).toBe('refuse: 0 actions in pool logs in the last 1 min; 0 are allowed.');
  });
});

describe('the rail block', () => {
  it('leaves the other members alone after an action, for policy.block', () => {
    expect(said(block, { acts: [act(4 * MINUTE, { target: 'a' })] })).toBe(
      'refuse: r had drain done on a 4 min ago: no other member is acted on for 1 min more, or until `weir trust logs`.',
    );
    expect(said(block, { acts: [act(5 * MINUTE, { target: 'a' })] })).toMatch(/^pass/);
  });

  it('lets the trouble of the same member go on, and what takes no capacity', () => {
    expect(said(block, { acts: [act(MINUTE)] })).toMatch(/^pass/);
    expect(said(block, { acts: [act(MINUTE, { target: 'a', action: 'remove_orphan_vip' })] })).toMatch(/^pass/);
    expect(block.applies({ ...PROPOSAL, action: 'remove_orphan_vip' })).toBe(false);
  });

  it('is over when a person has looked, after it and not before', () => {
    const acts = [act(MINUTE, { target: 'a' })];
    expect(said(block, { acts, ackedAt: NOW - MINUTE - 1 })).toMatch(/^refuse/);
    expect(said(block, { acts, ackedAt: NOW - 1 })).toBe('pass: A person has looked at the drain of a.');
  });
});

describe('the rail breaker', () => {
  it('opens after two actions without an effect, and arms again by time', () => {
    const strikes = (count: number, agoMs: number) => ({ strikes: { count, at: NOW - agoMs } });
    expect(said(breaker, strikes(1, 0))).toMatch(/^pass/);
    expect(said(breaker, strikes(2, 10 * MINUTE))).toBe(
      'refuse: The last 2 actions of rules had no visible effect: no rule acts in this pool for 50 min more, or until `weir trust logs`.',
    );
    expect(said(breaker, strikes(2, 60 * MINUTE))).toMatch(/^pass/);
  });
});

describe('the rail hold', () => {
  const held = (scope: Hold['scope']): Partial<RailFacts> => ({
    holds: [{ scope, by: 'ann@bastion', reason: 'a change of disks', until: NOW + 90 * MINUTE }],
  });

  it.each<[Hold['scope'], string | undefined]>([
    [{ kind: 'all' }, 'every pool'],
    [{ kind: 'pool' }, 'pool logs'],
    [{ kind: 'member', name: 'b' }, 'logs/b'],
    [{ kind: 'member', name: 'a' }, undefined],
    [{ kind: 'rule', name: 'r' }, 'rule r in pool logs'],
    [{ kind: 'rule', name: 's' }, undefined],
    [{ kind: 'action', name: 'drain' }, 'action drain in pool logs'],
    [{ kind: 'action', name: 'failover' }, undefined],
  ])('of %j', (scope, words) => {
    const expected =
      words === undefined
        ? 'pass: No hold forbids it.'
        : `refuse: ann@bastion holds ${words}, for 1 h 30 min more: a change of disks.`;
    expect(said(hold, held(scope))).toBe(expected);
  });

  it('holds a person too, who may pass it by force; and never what gives weight back', () => {
    const facts = factsOf(held({ kind: 'pool' }));
    const person: Proposal = { ...PROPOSAL, by: 'person', observers: 0 };
    expect(judge(person, facts, [hold])).toMatchObject({ verdict: 'refuse' });
    expect(judge({ ...person, force: true }, facts, [hold])).toMatchObject({ verdict: 'act' });
    expect(judge({ ...person, action: 'restore' }, facts, [hold])).toEqual({ verdict: 'act', rails: [] });
  });

  it('at the hand is the file', () => {
    expect(holdFile({ hold: undefined, force: false }).pass).toBe(true);
    expect(holdFile({ hold: 'disks', force: false })).toMatchObject({
      pass: false,
      sentence: 'The file hold in state_dir forbids this node to act: disks.',
    });
    expect(holdFile({ hold: 'disks', force: true }).pass).toBe(true);
  });
});

it('budget, block and breaker only warn a person', () => {
  const facts = factsOf({
    acts: [act(3, { target: 'a' }), act(2), act(1), act(0)],
    strikes: { count: 2, at: NOW },
  });
  const { verdict, rails } = judge({ ...PROPOSAL, by: 'person', observers: 0 }, facts, [budget, block, breaker]);
  expect(verdict).toBe('act');
  expect(rails.map(({ sentence }) => sentence.slice(0, 9))).toEqual(['Warning: ', 'Warning: ', 'Warning: ']);
});

describe('the rail approval', () => {
  const policy = { ...DEFAULT_POLICY, mode: 'approve' as const, approval: { ...DEFAULT_POLICY.approval, quorum: 2 } };
  const asked = { ...PROPOSAL, mode: 'approve' as const };

  it('waits until as many persons have said yes as are needed', () => {
    const saidYes = (approvedBy: string[]) => isWaiting(asked, factsOf({ policy, approvedBy }));
    expect([[], ['ann'], ['ann', 'bob']].map(saidYes)).toEqual([true, true, false]);
    expect(said(approval, { policy, approvedBy: ['ann'] }, asked)).toBe('pass: It waits for approval by 2 people.');
    expect(said(approval, { policy, approvedBy: ['ann', 'bob'] }, asked)).toBe('pass: ann, bob said yes.');
  });

  it.each([
    [3, 3],
    [1, 2],
  ])('goes by the stricter of policy and rule: a rule that asks for %i waits for %i', (approvals, needed) => {
    const ofRule = { ...asked, limits: { approvals } };
    const isWaitingWith = (yeses: number) =>
      isWaiting(ofRule, factsOf({ policy, approvedBy: ['ann', 'bob', 'eve'].slice(0, yeses) }));
    expect([needed - 1, needed].map(isWaitingWith)).toEqual([true, false]);
  });
});
