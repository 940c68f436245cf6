/** The last version whose processes wrote no version (docs/upgrades.md), built from its commit in this repository. */

import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../paths.ts';

export const COMMIT_BEFORE = 'a158b16b5effc66f64618a242987552189aa23ba';

const run = promisify(execFile);

/** Whether the commit is in this clone: a shallow one does not have it. */
export async function hasVersionBefore(): Promise<boolean> {
  const asked = run('git', ['cat-file', '-e', `${COMMIT_BEFORE}^{commit}`], { cwd: ROOT });
  return asked.then(
    () => true,
    () => false,
  );
}

/**
 * Builds it into a folder `before` of `dir`, and gives its `weir`, a file for Node. Its npm packages are those of this checkout
 * where both lock the same ones.
 * @throws Error with what git, npm or the compiler said.
 */
export async function buildVersionBefore(dir: string): Promise<string> {
  const folder = join(dir, 'before');
  const archive = join(dir, 'before.tar');
  await mkdir(folder, { recursive: true });
  await run('git', ['archive', '--output', archive, COMMIT_BEFORE], { cwd: ROOT });
  await run('tar', ['-xf', archive, '-C', folder]);
  const [mine, its] = await Promise.all([ROOT, folder].map((one) => readFile(join(one, 'package-lock.json'), 'utf8')));
  if (mine === its) await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  else await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [compiler, '-p', join(folder, 'tsconfig.build.json')], { cwd: folder });
  return join(folder, 'dist', 'src', 'cli', 'main.js');
}
