/** The folder of rule files on the disk: which files count, their texts, and whether anything about them has changed. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, WeirError } from '../model/error.ts';

export interface RuleText {
  /** Path as people know it. */
  readonly file: string;
  readonly text: string;
}

export type FileKind = 'rules' | 'tests';

const TEST_ENDING = '.test.yaml';

/** What an editor or a mount leaves beside them begins with a dot (`.x.yaml.swp`, `..data`) or ends otherwise. */
const IS: Readonly<Record<FileKind, (name: string) => boolean>> = {
  rules: (name) => name.endsWith('.yaml') && !name.endsWith(TEST_ENDING) && !name.startsWith('.'),
  tests: (name) => name.endsWith(TEST_ENDING) && !name.startsWith('.'),
};

/**
 * The texts of the files of that kind at these paths, each a folder or a file, in the order of their names.
 * @throws WeirError 'rule' when a path cannot be read, or there is no rule file at all; no test is no error.
 */
export async function readTexts(paths: readonly string[], kind: FileKind): Promise<RuleText[]> {
  try {
    const files = (await Promise.all(paths.map((path) => filesAt(path, kind)))).flat();
    if (files.length === 0 && kind === 'rules') {
      throw new WeirError('rule', `There is no rule file (*.yaml) in ${paths.join(', ')}.`);
    }
    return await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw new WeirError('rule', `The ${kind} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** A file that is named counts whatever it is called: who names it knows. */
async function filesAt(path: string, kind: FileKind): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return kind === 'tests' && !IS.tests(path) ? [] : [path];
  const names = await readdir(path);
  return names
    .filter(IS[kind])
    .sort()
    .map((name) => join(path, name));
}

/**
 * A word that differs once a file came, went, was written or was replaced, also where all of them are links into a
 * folder that is swapped, as Kubernetes mounts a ConfigMap. Reads no file. A path that is gone has a word too.
 */
export async function signatureOf(path: string): Promise<string> {
  try {
    const files = (await Promise.all([filesAt(path, 'rules'), filesAt(path, 'tests')])).flat();
    const stats = await Promise.all(files.map((file) => stat(file, { bigint: true })));
    return files.map((file, i) => `${file} ${stats[i]?.ino} ${stats[i]?.mtimeNs} ${stats[i]?.size}`).join('\n');
  } catch (error) {
    return messageOf(error);
  }
}
