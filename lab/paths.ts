import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: the folder of package.json, above lab/ and above dist/lab/ alike. */
export const ROOT = rootOf(dirname(fileURLToPath(import.meta.url)));

function rootOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootOf(dirname(folder));
}

/**
 * A compiled program: Node runs it in processes of its own, also when the lab itself is run from its source by a test.
 * @throws Error when it has not been built
 */
export function compiled(path: string): string {
  const file = join(ROOT, 'dist', path);
  if (!existsSync(file)) throw new Error(`The lab needs ${file}: build it with "npm run build".`);
  return file;
}

/** A program in one file (rolldown.config.mjs): the `weir` command as people run it, and what runs in the guest. */
export function bundled(name: 'weir' | 'connections' | 'consumer' | 'producers'): string {
  return compiled(`bundle/${name}.js`);
}
