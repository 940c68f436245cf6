/** Finds and reads test files, and the rules that they are about. */

import { dirname } from 'node:path';
import { problemsError } from '../../lib/yaml/problem.ts';
import type { RuleSet } from '../../model/decisions/rule.ts';
import { WeirError } from '../../model/error.ts';
import { type RuleText, readTexts } from '../files/folder.ts';
import { loadRules } from '../files/load.ts';
import { checkTests, type TestCase } from './load.ts';

/** The cases of one folder, and all rules of that folder: rules of one file may mute or brake those of another. */
export interface TestFolder {
  readonly folder: string;
  readonly ruleSet: RuleSet;
  readonly cases: readonly TestCase[];
}

/**
 * The tests at these paths: a folder with all its `*.test.yaml`, or one such file.
 * @throws WeirError 'rule' with every problem of every file, or when there is no test at all.
 */
export async function loadTests(paths: readonly string[]): Promise<TestFolder[]> {
  const texts = await readTexts(paths, 'tests');
  if (texts.length === 0) throw new WeirError('rule', `There is no test (*.test.yaml) in ${paths.join(', ')}.`);
  const folders = [...new Set(texts.map(({ file }) => dirname(file)))];
  return Promise.all(
    folders.map(async (folder) => {
      const ruleSet = await loadRules([folder]);
      const { cases, problems } = checkAllTests(texts.filter(({ file }) => dirname(file) === folder));
      if (problems.length > 0) throw problemsError('rule', problems);
      return { folder, ruleSet, cases };
    }),
  );
}

/** The cases of several test files, or everything that is wrong with them. Pure. */
export function checkAllTests(texts: readonly RuleText[]): ReturnType<typeof checkTests> {
  const checked = texts.map(({ file, text }) => checkTests(file, text));
  return { cases: checked.flatMap(({ cases }) => cases), problems: checked.flatMap(({ problems }) => problems) };
}
