/** Finds and reads test files, and the rules that they are about. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, WeirError } from '../../model/error.ts';
import type { RuleSet } from '../../model/rule.ts';
import { problemsError } from '../../yaml.ts';
import { loadRules } from '../load.ts';
import { checkTests, type TestCase } from './load.ts';

const ENDING = '.test.yaml';

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
  const files = (await Promise.all(paths.map(testFilesAt))).flat();
  if (files.length === 0) throw new WeirError('rule', `There is no test (*${ENDING}) in ${paths.join(', ')}.`);
  const folders = [...new Set(files.map((file) => dirname(file)))];
  return Promise.all(
    folders.map(async (folder) => {
      const ruleSet = await loadRules([folder]);
      const here = files.filter((file) => dirname(file) === folder);
      const checked = await Promise.all(here.map(async (file) => checkTests(file, await readFile(file, 'utf8'))));
      const problems = checked.flatMap((one) => one.problems);
      if (problems.length > 0) throw problemsError('rule', problems);
      return { folder, ruleSet, cases: checked.flatMap((one) => one.cases) };
    }),
  );
}

async function testFilesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) {
      if (path.endsWith(ENDING)) return [path];
      throw new WeirError('rule', `${path} is no test: give a folder or a file that ends in ${ENDING}.`);
    }
    const names = await readdir(path);
    return names
      .filter((name) => name.endsWith(ENDING))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw new WeirError('rule', `The tests cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
