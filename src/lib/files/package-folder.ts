import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WeirError } from '../../model/error.ts';

/** A file of dist/bundle, where the program is; where this is run from its source, the built one's. */
export function besideProgram(name: string): string {
  const beside = fileURLToPath(new URL(`./${name}`, import.meta.url));
  return existsSync(beside) ? beside : join(packageFolder(), 'dist/bundle', name);
}

/** The folder that holds package.json and `rules/`: above src, dist/src and dist/bundle alike. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new WeirError('system', 'The folder that weir is installed in has no package.json: install it anew.');
    }
    folder = parent;
  }
  return folder;
}
