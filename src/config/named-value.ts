/** What a `$NAME` in weir.yaml stands for: the environment says it, else a credential. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPlainFile } from '../lib/files/plain-file.ts';
import { messageOf } from '../model/error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The units that Weir renders load a whole folder, and systemd puts the id of that before the name of each file. */
const PREFIXES = ['', 'weir_'];

const MAX_BYTES = 64 * 1024;

export function namedValue(name: string, env: Environment): { readonly value: string } | { readonly problem: string } {
  const set = env[name];
  if (set !== undefined && set !== '') return { value: set };
  const unset = `$${name} is ${set === '' ? 'empty' : 'not set'} in the environment`;
  // systemd names one; the terminal may name its own before the one of the process beside it (docs/deploy.md).
  const folders = (env.CREDENTIALS_DIRECTORY ?? '').split(':').filter((folder) => folder !== '');
  if (folders.length === 0) return { problem: `${unset}: set it, or write the value here` };
  try {
    const held = credentialIn(folders, name);
    if (held !== undefined && held !== '') return { value: held };
    const why = held === '' ? 'its credential is empty' : 'there is no credential of that name';
    return { problem: `${unset}, and ${why}: set one of them, or write the value here` };
  } catch (error) {
    return { problem: `${unset}, and its credential cannot be read: ${messageOf(error)}` };
  }
}

/**
 * The text of a credential, of the first folder that has it, which a service manager hands over as a file (systemd's LoadCredential=, a container's secrets),
 * without the line end that an editor leaves; undefined where there is none of that name.
 * @throws WeirError 'system' where it is no plain file of root's or of this user's; the kernel's error where it cannot be read.
 */
function credentialIn(folders: readonly string[], name: string): string | undefined {
  const limits = { owners: [0, process.geteuid?.() ?? 0], maxBytes: MAX_BYTES };
  for (const path of folders.flatMap((folder) => PREFIXES.map((prefix) => join(folder, `${prefix}${name}`)))) {
    try {
      const text = withPlainFile(path, limits, (file) => readFileSync(file, 'utf8'));
      return text.replace(/\r?\n$/, '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}
