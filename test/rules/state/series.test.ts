import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/yaml/problem.ts';
import type { Measure } from '../../../src/model/decisions/rule.ts';
import { checkRules } from '../../../src/rules/files/load.ts';
import { addValue, measured, type Slice } from '../../../src/rules/state/series.ts';
import { HEALTHY } from '../../support/pool.ts';
import { ruleSet, world } from '../../support/world.ts';

const OVER_MS = 60_000;

function of(values: readonly number[], everyMs = 1_000): Slice[] {
  return values.reduce((slices: Slice[], value, i) => addValue(slices, i * everyMs, value, OVER_MS), []);
}

const ramp = Array.from({ length: 120 }, (_, i) => 100 + 5 * i);
const zigzag = Array.from({ length: 120 }, (_, i) => (i % 10 === 7 ? 9 : i % 2));

describe('a measure over a time', () => {
  it.each<[Measure, readonly number[], number]>([
    ['delta', ramp, 300],
    ['rate', ramp, 5],
    ['slope', ramp, 5],
    ['max', ramp, 695],
    ['avg', ramp, 542.5],
    ['min', zigzag, 0],
    ['max', zigzag, 9],
    ['slope', ramp.map(() => 3), 0],
  ])('%s of a minute', (measure, values, expected) => {
    const value = measured(of(values), measure, OVER_MS) as number;
    // A slice is two seconds long: so much the window is too long or too short at its edge.
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(expected === 0 ? 1e-9 : Math.max(0.05 * expected, 1e-9));
  });

  it('says nothing before it has a third of its time', () => {
    expect(measured(of(ramp.slice(0, 20)), 'avg', OVER_MS)).toBeUndefined();
    expect(measured(of(ramp.slice(0, 22)), 'avg', OVER_MS)).toBeDefined();
    expect(measured(of([1, 2], 30_000), 'avg', OVER_MS)).toBeUndefined();
    expect(measured([], 'avg', OVER_MS)).toBeUndefined();
  });

  it('does not reach over a gap', () => {
    const early = of(ramp);
    const late = [0, 1_000, 2_000, 3_000].reduce(
      (slices, at) => addValue(slices, 3_600_000 + at * 2, 7, OVER_MS),
      early,
    );
    expect(measured(late, 'delta', OVER_MS)).toBeUndefined();
    expect(late.length).toBeLessThanOrEqual(4);
  });

  it('stays small, and lies between the smallest and the largest', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 100, maxLength: 400 }), (values) => {
        const slices = of(values);
        expect(slices.length).toBeLessThanOrEqual(32);
        const [min, avg, max] = (['min', 'avg', 'max'] as const).map((one) => measured(slices, one, OVER_MS) as number);
        expect(min).toBeLessThanOrEqual((avg as number) + 1e-6);
        expect(avg).toBeLessThanOrEqual((max as number) + 1e-6);
        expect(values.slice(-60).every((one) => one >= (min as number) && one <= (max as number))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

const file = (signals: string, when: string) =>
  `version: 1\nrules:\n  - name: x\n    for_each: member\n    signals:\n      ${signals}\n    when: ${when}\n`;

function problems(signals: string, when = 'member.depth > 1.0'): string[] {
  return checkRules([{ file: 'x.yaml', text: file(signals, when) }]).problems.map(formatProblem);
}

describe('a signal that a rule declares', () => {
  it('is a signal of that kind for every rule', () => {
    expect(problems('depth: {of: member.queue_depth, measure: avg, over: 5m}')).toEqual([]);
    expect(problems('depth: {of: pool.queue_depth, measure: avg, over: 5m}', 'pool.depth > 1.0')).toEqual([]);
  });

  it.each([
    [
      'depth: {of: member.queue_dept, measure: avg, over: 5m}',
      '6:19 member has no signal queue_dept: did you mean "queue_depth"?',
    ],
    [
      'depth: {of: membr.queue_depth, measure: avg, over: 5m}',
      '6:19 expected <kind>.<signal>, such as member.memory_bytes: did you mean "member"?',
    ],
    [
      'depth: {of: member.role, measure: avg, over: 5m}',
      '6:19 member.role is no number: only numbers are measured over a time',
    ],
    ['depth: {of: member.queue_depth, measure: avg, over: 5s}', '6:59 expected a time from 10s to 1d'],
    [
      'writable: {of: member.queue_depth, measure: avg, over: 5m}',
      '6:7 member.writable is a signal already: choose another name',
    ],
  ])('%s', (signals, expected) => {
    expect(problems(signals, 'member.writable')).toEqual([`x.yaml:${expected}`]);
  });

  it('is declared alike wherever it is declared', () => {
    const twice = (second: string) =>
      checkRules([
        { file: 'x.yaml', text: file('d: {of: member.queue_depth, measure: avg, over: 5m}', 'member.d > 1.0') },
        { file: 'y.yaml', text: file(second, 'member.d > 1.0').replace('name: x', 'name: y') },
      ]).problems.map(formatProblem);
    expect(twice('d: {of: member.queue_depth, measure: avg, over: 5m}')).toEqual([]);
    expect(twice('d: {of: member.queue_depth, measure: max, over: 5m}')).toEqual([
      'y.yaml:6:7 member.d is declared otherwise by another rule: choose another name',
    ]);
  });

  it('is measured from what the pool was, is unknown at first, and counts as evidence of all who see it', () => {
    const text = `${file('grown: {of: member.queue_depth, measure: delta, over: 30s}', 'member.grown > 1000.0')}    mode: auto\n    do: [{action: drain}]\n`;
    const { ruleSet: loaded } = checkRules([{ file: 'x.yaml', text }]);
    if (loaded === undefined) throw new Error('the rule of this test is wrong');
    const w = world(loaded.rules, { ruleSet: { ...ruleSet(loaded.rules), extra: loaded.extra } });
    const at = (second: number) =>
      w.sweeps(second * 1_000, { members: { a: HEALTHY, b: { ...HEALTHY, queue_depth: second * 100 } } });
    for (let second = 0; second < 9; second += 1) at(second);
    expect(w.state.findings).toMatchObject({ 'x/b': { phase: 'inactive', unknownSince: expect.anything() } });
    for (let second = 9; second < 16; second += 1) at(second);
    expect(w.state.findings).toMatchObject({ 'x/b': { phase: 'firing' } });
    expect(Object.keys(w.state.findings)).toEqual(['x/b']);
    expect([...w.decisions.values()]).toMatchObject([{ action: 'drain', target: 'b', verdict: 'act' }]);
  });
});
