/** A file that a person asked for: nothing that is there is overwritten unless they say so. */

import { writeFile } from 'node:fs/promises';
import { messageOf, WeirError } from '../../model/error.ts';
import { replaceFile } from './replace-file.ts';

const EXISTS = 'it is there already: look at it, then --force, or another --out';

/** @throws WeirError 'usage' where it is there already, or cannot be written. */
export async function writeNewFile(
  path: string,
  text: string,
  { mode, force }: { readonly mode: number; readonly force: boolean },
): Promise<void> {
  try {
    if (force) await replaceFile(path, text, mode);
    else await writeFile(path, text, { mode, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw fileExists(path, error);
    throw new WeirError('usage', `${path} is not written: ${messageOf(error)}.`, { cause: error });
  }
}

/** The error for a file that exists already, for callers that look before the work begins. */
export function fileExists(path: string, cause?: unknown): WeirError {
  return new WeirError('usage', `${path} is not written: ${EXISTS}.`, { cause });
}
