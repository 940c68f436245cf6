/** Runs one case and compares what it expects with what is seen. Pure. */

import type { Coverage } from './coverage.ts';
import { compare } from './expect.ts';
import type { TestCase } from './load.ts';
import { valueAt } from './series.ts';
import { type Look, type RunParts, simulate } from './simulate.ts';

/** One expectation that was not met. */
export interface Failure {
  readonly atMs: number;
  readonly line: number;
  /** `decisions: expected ..., seen ...` */
  readonly sentences: readonly string[];
  /** The series of the case and their values then; `_` is a gap. */
  readonly values: readonly (readonly [key: string, value: string])[];
}

export interface CaseResult {
  readonly test: TestCase;
  readonly failures: readonly Failure[];
  readonly coverage: Coverage;
}

export function runCase(test: TestCase, parts: RunParts): CaseResult {
  const { intervalMs, expect } = test;
  const simulation = simulate(test, parts);
  const looks: Look[] = [];
  let passed = 0;
  for (const { at } of expect) {
    for (; passed <= Math.floor(at / intervalMs); passed += 1) simulation.advance();
    looks.push(simulation.look());
  }
  // The end of a decision is looked at last: it comes later than the decision.
  const failures = expect.flatMap((expected, i): Failure[] => {
    const { made = [], ...look } = looks[i] as Look;
    const decisions = made.flatMap((id) => simulation.decisions.get(id) ?? []);
    const sentences = compare(expected, { ...look, decisions });
    if (sentences.length === 0) return [];
    const index = Math.floor(expected.at / intervalMs);
    const values = test.tracks.map(({ key, series }) => [key, String(valueAt(series, index) ?? '_')] as const);
    return [{ atMs: expected.at, line: test.lines[i] ?? test.line, sentences, values }];
  });
  return { test, failures, coverage: simulation.coverage };
}
