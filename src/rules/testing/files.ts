/** Finds and reads test files, and the rules that they are about. */

import { dirname } from 'node:path';
import { WeirError } from '../../model/error.ts';
import type { RuleSet } from '../../model/rule.ts';
import { problemsError } from '../../yaml.ts';
import { type RuleText, readTexts } from '../folder.ts';
import { loadRules } from '../load.ts';
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
  return { cases: checked.flatMap((one) => one.cases), problems: checked.flatMap((one) => one.problems) };
}
