/** The file `hold` in state_dir: people forbid this node to act, also where nothing else works any more. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../model/error.ts';

/** How much of the file people read, in characters. */
const SHOWN = 200;

/**
 * Why the node is held: the file's first line; undefined while there is no such file. One that is there and cannot be read
 * holds as well. Never throws.
 */
export async function readHoldFile(stateDir: string): Promise<string | undefined> {
  const path = join(stateDir, 'hold');
  try {
    const [first = ''] = (await readFile(path, 'utf8')).trim().split('\n');
    return first.slice(0, SHOWN) || 'no reason is given in it';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return `it cannot be read (${messageOf(error)})`;
  }
}
