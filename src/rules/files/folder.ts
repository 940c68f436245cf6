/** The folder of rule files on the disk: the files that count, their texts, and a signature that tells changes. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, WeirError } from '../../model/error.ts';

export interface RuleText {
  /** Path as people know it. */
  readonly file: string;
  readonly text: string;
}

export type FileKind = 'rules' | 'tests';

const TEST_ENDING = '.test.yaml';

/** Files that an editor or a mount leaves there begin with a dot (`.x.yaml.swp`, `..data`) or end otherwise. */
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
    throw new WeirError('rule', `The ${kind} cannot be read: ${whyUnread(error)}.`, { cause: error });
  }
}

/** With the path, and without the words of the system calls where people have some. */
function whyUnread(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no file or folder ${path}`;
  return code === 'EACCES' ? `this user may not read ${path}` : messageOf(error);
}

/** A path that is a rule file counts whatever its name is: the person who wrote the path knows. */
async function filesAt(path: string, kind: FileKind): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return kind === 'tests' && !IS.tests(path) ? [] : [path];
  const names = await readdir(path);
  return names
    .filter(IS[kind])
    .sort()
    .map((name) => join(path, name));
}

/**
 * A text that changes when a file comes, goes, is written or is replaced; also where all files are links into a folder that
 * is swapped, as Kubernetes mounts a ConfigMap. Reads no file. A path that is gone has a signature too.
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
