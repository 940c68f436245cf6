/** Accepts an edited folder of rules: it loads, and its own tests pass. */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { formatProblem } from '../../lib/yaml/problem.ts';
import type { RuleSet } from '../../model/decisions/rule.ts';
import { formatDuration } from '../../model/duration.ts';
import type { RuleText } from '../files/folder.ts';
import { checkRules } from '../files/load.ts';
import { checkAllTests } from './files.ts';
import { type CaseResult, runCase } from './run.ts';
import type { RunParts } from './simulate.ts';

export interface FolderTexts {
  readonly rules: readonly RuleText[];
  readonly tests: readonly RuleText[];
}

/** The rules, or a line for each fault: `file:line:col` and a sentence. */
export type Passed =
  | { readonly ok: true; readonly ruleSet: RuleSet }
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * Loads the rules, then runs the tests beside them. Between two cases the process may do something else.
 * `accepted`: the digest of texts that have passed before, whose tests are not run again.
 */
export async function checkFolder(
  texts: FolderTexts,
  parts: Omit<RunParts, 'ruleSet'>,
  accepted?: string,
): Promise<Passed> {
  const { ruleSet, problems } = checkRules(texts.rules);
  if (ruleSet === undefined) return { ok: false, faults: problems.map(formatProblem) };
  if (digestOf(texts) === accepted) return { ok: true, ruleSet };
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

/** The same texts have the same digest wherever their folder is. */
export function digestOf({ rules, tests }: FolderTexts): string {
  const hash = createHash('sha256');
  for (const { file, text } of [...rules, ...tests]) hash.update(`${basename(file)}\0${text}\0`);
  return hash.digest('hex');
}

function failureOf({ test, failures: [first] }: CaseResult): string {
  const where = `${test.file}:${first?.line ?? test.line}:1`;
  return `${where} the test "${test.name}" fails at ${formatDuration(first?.atMs ?? 0)}: ${first?.sentences[0] ?? ''}`;
}
