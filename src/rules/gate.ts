/** What an edited folder must pass before its rules are used: it loads, and its own tests are green. */

import { setImmediate } from 'node:timers/promises';
import { formatDuration } from '../model/duration.ts';
import type { RuleSet } from '../model/rule.ts';
import { formatProblem } from '../yaml.ts';
import type { RuleText } from './folder.ts';
import { checkRules } from './load.ts';
import { checkAllTests } from './testing/files.ts';
import { type CaseResult, runCase } from './testing/run.ts';
import type { RunParts } from './testing/simulate.ts';

export interface FolderTexts {
  readonly rules: readonly RuleText[];
  readonly tests: readonly RuleText[];
}

/** The rules, or a line for everything that is wrong: `file:line:col` and a sentence. */
export type Passed =
  | { readonly ok: true; readonly ruleSet: RuleSet }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Loads the rules, then runs the tests that stand beside them; between two cases the process may do something else. */
export async function checkFolder(texts: FolderTexts, parts: Omit<RunParts, 'ruleSet'>): Promise<Passed> {
  const { ruleSet, problems } = checkRules(texts.rules);
  if (ruleSet === undefined) return { ok: false, faults: problems.map(formatProblem) };
  const tests = checkAllTests(texts.tests);
  if (tests.problems.length > 0) return { ok: false, faults: tests.problems.map(formatProblem) };
  const failed: CaseResult[] = [];
  for (const test of tests.cases) {
    const result = runCase(test, { ...parts, ruleSet });
    if (result.failures.length > 0) failed.push(result);
    await setImmediate();
  }
  return failed.length === 0 ? { ok: true, ruleSet } : { ok: false, faults: failed.map(failureOf) };
}

function failureOf({ test, failures: [first] }: CaseResult): string {
  const where = `${test.file}:${first?.line ?? test.line}:1`;
  return `${where} the test "${test.name}" fails at ${formatDuration(first?.atMs ?? 0)}: ${first?.sentences[0] ?? ''}`;
}
