import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/decisions/decision.ts';
import type { Truth } from '../../../src/model/decisions/rule.ts';
import { advance, type Change } from '../../../src/rules/findings/finding.ts';
import { expression, unwritable } from '../../support/world.ts';

const REST = {
  rule: 'r',
  targetKind: 'member',
  target: 'b',
  values: {},
  title: '',
  severity: 'page',
  muted: false,
} as const;

interface Seen {
  readonly changes: { at: number; change: Change }[];
  readonly finding: Finding | undefined;
}

/** Feeds one truth a second: `T`, `F`, `?`. With `clear_when`, `C` is a truth that is false and cleared. */
function run(rule: Parameters<typeof advance>[0], truths: string): Seen {
  let finding: Finding | undefined;
  const changes: Seen['changes'] = [];
  [...truths].forEach((letter, second) => {
    const truth: Truth = letter === '?' ? undefined : letter === 'T';
    const seen = {
      truth,
      cleared: letter === 'C',
      now: second * 1_000,
      elapsedMs: 1_000,
      staleAfterMs: 3_000,
      readAt: second * 1_000,
      intervalMs: 1_000,
      entryId: `${second * 1_000}-0`,
    };
    const result = advance(rule, finding, seen, REST);
    finding = result.finding;
    if (result.change !== undefined) changes.push({ at: second, change: result.change });
  });
  return { changes, finding };
}

describe('a finding', () => {
  it('fires when its condition has held for `for`', () => {
    expect(run(unwritable({ forMs: 3_000 }), 'FTTTTT').changes).toEqual([{ at: 4, change: 'fired' }]);
  });
  it('does not fire when the condition broke in between', () => {
    expect(run(unwritable({ forMs: 3_000 }), 'TTTFTTTF').changes).toEqual([]);
  });
  it('does not count to its keep_firing_for what nobody could see', () => {
    const rule = unwritable({ forMs: 0, keepFiringForMs: 4_000 });
    expect(run(rule, 'TFF??????FFFF').changes).toEqual([
      { at: 0, change: 'fired' },
      { at: 10, change: 'resolved' },
    ]);
  });
  it('resolves when the condition is gone for keep_firing_for', () => {
    expect(run(unwritable({ forMs: 0, keepFiringForMs: 2_000 }), 'TFTFFF').changes).toEqual([
      { at: 0, change: 'fired' },
      { at: 4, change: 'resolved' },
    ]);
  });
  it('with clear_when goes on firing until that holds', () => {
    const rule = unwritable({ forMs: 0, clearWhen: expression(() => true) });
    expect(run(rule, 'TFFFC').changes.at(-1)).toEqual({ at: 4, change: 'resolved' });
  });
  it('is held by an unknown value: the seconds that nobody saw do not count', () => {
    expect(run(unwritable({ forMs: 3_000 }), 'TT??TTT').changes).toEqual([{ at: 5, change: 'fired' }]);
  });
  it('loses a pending timer when the value is unknown for longer than stale_after', () => {
    expect(run(unwritable({ forMs: 3_000 }), 'TT?????TT').changes).toEqual([]);
  });
  it('that fires is frozen by an unknown value, however long', () => {
    const { changes, finding } = run(unwritable({ forMs: 0, keepFiringForMs: 1_000 }), `T${'?'.repeat(50)}`);
    expect(changes).toEqual([{ at: 0, change: 'fired' }]);
    expect(finding?.phase).toBe('firing');
  });
  it('tells once that it is unknown, when the rule asks for it', () => {
    expect(run(unwritable({ whenUnknownMs: 2_000 }), '??????F????').changes).toEqual([
      { at: 2, change: 'unknown' },
      { at: 9, change: 'unknown' },
    ]);
  });
});

it('unknown never fires and never clears', () => {
  const letters = fc.array(fc.constantFrom('T', 'F', '?'), { maxLength: 60 }).map((all) => all.join(''));
  fc.assert(
    fc.property(letters, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), (truths, forS, keepS) => {
      const rule = unwritable({ forMs: forS * 1_000, keepFiringForMs: keepS * 1_000 });
      for (const { at, change } of run(rule, truths).changes) {
        if (change !== 'unknown') expect(truths[at]).not.toBe('?');
      }
    }),
  );
});

it('a rule that is looked at for the first time and cannot be told is never known, until it is once', () => {
  const state = (truth: Truth, before: Finding | undefined, second: number, isFirst: boolean) => {
    const now = second * 1_000;
    const times = { now, elapsedMs: 1_000, staleAfterMs: 3_000, readAt: now, intervalMs: 1_000, entryId: `${now}-0` };
    return advance(unwritable({ forMs: 9_000 }), before, { truth, cleared: false, ...times, isFirst }, REST).finding;
  };
  const first = state(undefined, undefined, 0, true);
  expect(first?.neverKnown).toBe(true);
  expect(state(undefined, first, 1, false)?.neverKnown).toBe(true);
  const known = state(true, first, 1, false);
  expect(known).not.toHaveProperty('neverKnown');
  expect(state(undefined, known, 2, false)).not.toHaveProperty('neverKnown');
  expect(state(undefined, undefined, 0, false)).not.toHaveProperty('neverKnown');
});
