/** A Redis that stands still for a moment, seen by three observers whose polls and ticks come in any order. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/model/entries/entry.ts';
import { judge } from '../../src/rails/index.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { foldEntry } from '../../src/rules/fold-entry.ts';
import { type FoldContext, initialState } from '../../src/rules/state/state.ts';
import { HEALTHY, POLICY, POLL, poolOf, SILENT, sweepOf } from '../support/pool.ts';
import { START } from '../support/world.ts';

const ruleSet = await loadRules(['rules']);
const context: FoldContext = {
  ...{ pool: poolOf(), policy: { ...POLICY, settleMs: 0 }, poll: POLL, ruleSet, judge },
};

const OBSERVERS = ['a', 'b', 'worker-w'];
const SECONDS = 9;

interface Play {
  /** Of each observer, and of the tick, how far into the second it comes, in ms. */
  readonly phases: readonly number[];
  /** How early or late each poll is. */
  readonly jitter: readonly number[];
  /** How long each sweep is under way to the stream once its poll is done. */
  readonly delays: readonly number[];
  /** When b stands still, from START on, in ms, and for how long. */
  readonly from: number;
  readonly lastsMs: number;
}

const play = (lastsMs: fc.Arbitrary<number>): fc.Arbitrary<Play> =>
  fc.record({
    phases: fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 4, maxLength: 4 }),
    jitter: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 40, maxLength: 40 }),
    delays: fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 40, maxLength: 40 }),
    from: fc.integer({ min: 2_000, max: 3_500 }),
    lastsMs,
  });

/** What came on the stream, in the order of the broker; when b's own polls were heard that got no answer. */
function entriesOf({ phases, jitter, delays, from, lastsMs }: Play): { entries: Entry[]; unanswered: number[] } {
  const all: { at: number; body: Entry['body'] }[] = [];
  const unanswered: number[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    const base = START + second * 1_000;
    all.push({ at: base + (phases[3] ?? 0), body: { kind: 'tick', pool: 'logs' } });
    OBSERVERS.forEach((observer, index) => {
      const at = base + (phases[index] ?? 0) + (jitter[second * 3 + index] ?? 0);
      const [still, again] = [START + from, START + from + lastsMs];
      const answersAt = at >= still && at < again ? again : at + 2;
      const isAnswered = answersAt <= at + POLL.timeoutMs;
      const members = { a: HEALTHY, b: isAnswered ? HEALTHY : SILENT };
      const heardAt = (isAnswered ? answersAt : at + POLL.timeoutMs) + (delays[second * 3 + index] ?? 0);
      if (observer === 'b' && !isAnswered) unanswered.push(heardAt);
      all.push({ at: heardAt, body: sweepOf(observer, at, { members }) });
    });
  }
  all.sort((one, other) => one.at - other.at);
  return { entries: all.map(({ at, body }, index) => ({ id: `${at}-${index}`, body })), unanswered };
}

/** When the first drain of b was decided, in ms since START; and what the stream had. */
function drainedAt(entries: readonly Entry[]): number | undefined {
  let state = initialState({
    cursor: `${START}-0`,
    ...{ now: START, settleMs: 0, reason: '', ruleSet, brokerRunId: '' },
  });
  for (const entry of entries) {
    const result = foldEntry(context, state, entry);
    state = result.state;
    if (result.records.some(({ action, verdict }) => action === 'drain' && verdict === 'act')) {
      return Number(entry.id.split('-')[0]) - START;
    }
  }
  return undefined;
}

describe('a Redis that stands still, under `for: 1s`', () => {
  it('for less than two polls in a row need, is not drained in any order of polls and ticks', () => {
    // Two polls a second apart, the second given up after half a second, each 20 ms early or late.
    const short = POLL.intervalMs + POLL.timeoutMs - 40;
    fc.assert(
      fc.property(play(fc.integer({ min: 1_300, max: short })), (one) => {
        expect(drainedAt(entriesOf(one).entries)).toBeUndefined();
      }),
      { numRuns: 120 },
    );
  }, 120_000);

  it('is not drained at a tick on readings that a fresher sweep of the same second contradicts', () => {
    const silent = { members: { a: HEALTHY, b: SILENT } };
    const sweeps = (at: number, parts = {}) => OBSERVERS.map((name) => ({ at, body: sweepOf(name, at, parts) }));
    const tick = (at: number) => ({ at, body: { kind: 'tick' as const, pool: 'logs' } });
    const all = [
      ...sweeps(START + 1_000),
      ...sweeps(START + 2_000, silent),
      tick(START + 2_006),
      // `for` is over, and nobody has looked since; the sweeps come 15 ms later.
      tick(START + 3_006),
      ...sweeps(START + 3_021),
      tick(START + 4_006),
    ];
    const entries = all.map(({ at, body }, index): Entry => ({ id: `${at}-${index}`, body }));
    expect(drainedAt(entries)).toBeUndefined();
    // What the sweeps of that second confirm is decided with them.
    const confirmed = entries.map(({ id, body }): Entry => {
      return { id, body: body.kind === 'sweep' && body.at > START + 3_000 ? { ...body, ...silent } : body };
    });
    expect(drainedAt(confirmed)).toBe(3_021);
  });

  it('for up to two seconds, is drained only where two polls in a row of its own node got no answer', () => {
    fc.assert(
      fc.property(play(fc.integer({ min: 1_200, max: 2_000 })), (one) => {
        const { entries, unanswered } = entriesOf(one);
        const at = drainedAt(entries);
        if (at === undefined) return;
        expect(unanswered.filter((heardAt) => heardAt - START <= at).length).toBeGreaterThanOrEqual(2);
        expect(at).toBeLessThanOrEqual(one.from + one.lastsMs + Math.max(...one.delays));
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('for good, is drained as soon as it was by time alone: a tenth of a second later at most in the mean', () => {
    const late: number[] = [];
    fc.assert(
      fc.property(play(fc.constant(60_000)), (one) => {
        const { entries, unanswered } = entriesOf(one);
        const at = drainedAt(entries);
        if (at === undefined) throw new Error('it was never drained');
        const since = unanswered[0] ?? 0;
        const byTime = entries.map(({ id }) => Number(id.split('-')[0])).find((time) => time - since >= 1_000);
        late.push(at - ((byTime ?? 0) - START));
      }),
      { numRuns: 60 },
    );
    expect(Math.max(...late)).toBeLessThan(POLL.intervalMs);
    expect(late.reduce((sum, ms) => sum + ms, 0) / late.length).toBeLessThan(100);
  }, 120_000);
});
