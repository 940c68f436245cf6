import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/model/configuration/default-policy.ts';
import type { Proposal, RailFacts } from '../../src/model/decisions/rail.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { capacity } from '../../src/rails/capacity.ts';
import { forecast } from '../../src/rails/forecast.ts';
import { poolOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const MB = 1_000_000;

/** 1 MB/s in and out, 9,000 MB free. */
const CALM: Signals = {
  writable: true,
  serving: true,
  weight: 100,
  memory_bytes: 1_000 * MB,
  memory_limit_bytes: 10_000 * MB,
  memory_growth: 0,
  inflow_rate: MB,
  consume_rate: MB,
  seconds_to_full: 2_592_000,
};

const DRAIN: Proposal = {
  ...{ by: 'rule', rule: 'r', target: 'b', action: 'drain', weight: 0, observers: 2, force: false },
};

function factsOf(members: Record<string, Signals>, parts: Partial<RailFacts> = {}): RailFacts {
  const names = Object.keys(members);
  return {
    now: START,
    pool: poolOf(names),
    policy: { ...DEFAULT_POLICY, mode: 'auto' },
    facts: { pool: {}, members, directors: {}, consumers: {} },
    missingSignals: [],
    freshMembers: names,
    settlesAt: 0,
    settleReason: '',
    votes: [],
    brakedBy: [],
    firingTargets: [],
    otherTargets: [],
    isTargetHeld: false,
    ...{ holds: [], loads: {}, acts: [], ackedAt: 0, strikes: { count: 0, at: 0 }, approvedBy: [] },
    ...parts,
  };
}

/** One line per member that takes more. */
function foreseen(facts: RailFacts, proposal: Partial<Proposal> = {}): unknown {
  const all = forecast({ ...DRAIN, ...proposal }, facts);
  if (typeof all === 'string') return all;
  return all.map(({ name, inflowAfter, secondsAfter }) => [name, inflowAfter / MB, Math.round(secondsAfter)]);
}

describe('the forecast', () => {
  it('gives the inflow of the target to the others by weight', () => {
    const facts = factsOf({ a: CALM, b: CALM, c: { ...CALM, weight: 300 } });
    expect(foreseen(facts)).toEqual([
      ['a', 1.25, 2_592_000],
      ['c', 1.75, 2_592_000],
    ]);
  });

  it('lets nothing of it be consumed where nobody takes anything from the target, and nobody has shown to take more', () => {
    const facts = factsOf({ a: CALM, b: { ...CALM, consume_rate: 0 } });
    expect(foreseen(facts)).toEqual([['a', 2, 9_000]]);
  });

  it('counts on what consumers have taken before', () => {
    const loads = { a: { inflow: MB, at: START, peakTaken: 1.5 * MB, peakAt: START } };
    expect(foreseen(factsOf({ a: CALM, b: { ...CALM, consume_rate: 0 } }, { loads }))).toEqual([['a', 2, 18_000]]);
  });

  it('counts on nothing where the consumers are behind', () => {
    const behind = { ...CALM, memory_growth: 0.5 * MB };
    const loads = { a: { inflow: MB, at: START, peakTaken: 9 * MB, peakAt: START } };
    expect(foreseen(factsOf({ a: behind, b: CALM }, { loads }))).toEqual([['a', 2, 6_000]]);
  });

  it('asks the lists and not the memory whether consumers are behind', () => {
    const noisy = { ...CALM, memory_growth: 0.5 * MB, push_rate: 100 };
    const said = (queue: Signals) => foreseen(factsOf({ a: { ...noisy, ...queue }, b: CALM }));
    const keepsPace = [['a', 2, 18_000]];
    expect(said({ queue_depth: 900, queue_growth: 50 })).toEqual(keepsPace);
    expect(said({ queue_depth: 90_000, queue_growth: 4 })).toEqual(keepsPace);
    expect(said({ queue_depth: 1_100, queue_growth: 6 })).toEqual([['a', 2, 6_000]]);
  });

  it('takes no connections that have just arrived for growth that lasts', () => {
    const arrived = { ...CALM, memory_growth: 9 * MB, push_rate: 100, queue_depth: 90, queue_growth: 0 };
    const drained = { ...CALM, weight: 0, serving: false, inflow_rate: 0.5 * MB, consume_rate: 0.5 * MB };
    const said = (b: Signals) => foreseen(factsOf({ a: drained, b }), { action: 'failover', target: 'a' });
    expect(said(arrived)).toEqual([['b', 1.5, 9_000]]);
    expect(said({ ...arrived, queue_depth: 9_000, queue_growth: 50 })).toEqual([['b', 1.5, 947]]);
  });

  it('lets the consumers of all members take what comes in after a failover', () => {
    const drained = { ...CALM, weight: 0, serving: false };
    const facts = factsOf({ a: drained, b: CALM });
    expect(foreseen(facts, { action: 'failover', target: 'a' })).toEqual([['b', 2, 2_592_000]]);
  });

  it('takes for a silent member what it took last, within five minutes, and then what the others take in the mean', () => {
    const silent: Signals = { writable: false, serving: false, weight: 100 };
    const loads = (at: number) => ({ b: { inflow: 3 * MB, at, peakTaken: 0, peakAt: at } });
    expect(foreseen(factsOf({ a: CALM, b: silent }, { loads: loads(START - 299_000) }))).toEqual([['a', 4, 3_000]]);
    expect(foreseen(factsOf({ a: CALM, b: silent }, { loads: loads(START - 301_000) }))).toEqual([['a', 2, 9_000]]);
  });

  it('moves a part of it where the weight is only lowered, and nothing where it is raised', () => {
    const facts = factsOf({ a: CALM, b: { ...CALM, consume_rate: 0 } });
    expect(foreseen(facts, { action: 'set_weight', weight: 25 })).toEqual([['a', 1.75, 12_000]]);
    expect(foreseen(facts, { action: 'set_weight', weight: 200 })).toEqual([]);
  });

  it('spreads everything anew after a failover', () => {
    const facts = factsOf({ a: { ...CALM, inflow_rate: 3 * MB }, b: CALM });
    expect(foreseen(facts, { action: 'failover', target: 'a' })).toEqual([['b', 2, 9_000]]);
  });

  it('says what it would have to know', () => {
    const { memory_limit_bytes: _, ...unlimited } = CALM;
    expect(foreseen(factsOf({ a: unlimited, b: CALM }))).toBe(
      'Nobody knows how much room a has: no maxmemory of its Redis is known, and weir.yaml has no memory_budget.',
    );
    const { inflow_rate: __, ...unread } = CALM;
    expect(foreseen(factsOf({ a: unread, b: unread }))).toBe('Nobody knows how much b takes.');
    expect(foreseen(factsOf({ b: CALM }))).toBe('Nobody would be left to take the inflow.');
  });

  it('loses nothing and makes nothing up: what the target took is what the others take more', () => {
    const amount = fc.integer({ min: 1, max: 1_000_000 });
    const weights = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 65_535 }), inflow: amount }), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(weights, (all) => {
        const names = all.map((_, i) => `m${i}`);
        const members = Object.fromEntries(
          all.map(({ weight, inflow }, i) => [names[i], { ...CALM, weight, inflow_rate: inflow }]),
        );
        const [target = ''] = names;
        const seen = forecast({ ...DRAIN, target }, factsOf(members));
        if (typeof seen === 'string') return false;
        const more = seen.reduce((sum, one) => sum + one.inflowAfter - Number(members[one.name]?.inflow_rate), 0);
        return Math.abs(more - Number(members[target]?.inflow_rate)) < 1e-3;
      }),
    );
  });
});

describe('the rail capacity', () => {
  const stopped = { ...CALM, consume_rate: 0 };

  it('refuses below min_seconds_to_full, with every figure', () => {
    const facts = factsOf({ a: { ...CALM, memory_bytes: 9_000 * MB }, b: stopped });
    const said = capacity.judge(DRAIN, facts);
    expect(said).toMatchObject({
      pass: false,
      figures: { 'a.seconds_to_full_after': 1_000, min_seconds_to_full: 1_800 },
    });
    expect(said.sentence).toBe(
      'a would take 1.9 MiB/s with 954 MiB free: full in 16 min 40 s; at least 30 min are wanted.',
    );
  });

  it('is as strict as the stricter of policy and rule, and laxer only where the rule says so', () => {
    const facts = factsOf({ a: CALM, b: stopped }); // 9,000 s
    const judged = (proposal: Partial<Proposal>) => capacity.judge({ ...DRAIN, ...proposal }, facts).pass;
    expect(judged({})).toBe(true);
    expect(judged({ limits: { minSecondsToFull: 10_000 } })).toBe(false);
    const strict = { ...facts, policy: { ...facts.policy, minSecondsToFull: 10_000 } };
    expect(capacity.judge({ ...DRAIN, limits: { minSecondsToFull: 1 } }, strict).pass).toBe(false);
    expect(capacity.judge({ ...DRAIN, loosen: { minSecondsToFull: 9_000 } }, strict).pass).toBe(true);
  });

  it('refuses what costs more of the time to full than the rule allows', () => {
    const growing = { ...CALM, memory_growth: 0.1 * MB, seconds_to_full: 90_000 };
    const facts = factsOf({ a: growing, b: stopped }); // 90,000 s now, 8,182 s then
    expect(capacity.judge(DRAIN, facts).pass).toBe(true);
    const said = capacity.judge({ ...DRAIN, limits: { keepsShare: 0.5 } }, facts);
    expect(said.pass).toBe(false);
    expect(said.sentence).toContain('the rule wants 50 % of the 25 h that it has now.');
    expect(capacity.judge({ ...DRAIN, limits: { keepsShare: 0.05 } }, facts).pass).toBe(true);
  });

  it('lets a member go that takes no writes anyway, with a warning', () => {
    const facts = factsOf({
      a: { ...CALM, memory_bytes: 9_900 * MB },
      b: { writable: false, serving: false, weight: 100 },
    });
    const said = capacity.judge(DRAIN, facts);
    expect(said.pass).toBe(true);
    expect(said.sentence).toMatch(/^Warning: a would take .* b takes no writes/);
  });

  it('refuses where nobody can compute it', () => {
    const { memory_limit_bytes: _, ...unlimited } = CALM;
    expect(capacity.judge(DRAIN, factsOf({ a: unlimited, b: CALM })).pass).toBe(false);
  });
});
