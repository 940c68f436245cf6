/** Files in folders where others write too, /tmp above all: read without being held up or lied to by what is put in their place. */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { WeirError } from './model/error.ts';

export interface PlainFileLimits {
  /** User ids whose word counts. */
  readonly owners: readonly number[];
  readonly maxBytes: number;
}

/** No link is followed, a FIFO is not waited for (open.2), and a terminal does not become ours. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens the file, does `use` with it and closes it.
 * @throws WeirError 'system' where it is no plain file, somebody else's or too large; the kernel's error where it cannot be
 * opened: ELOOP for a link.
 */
export async function withPlainFile<Result>(
  path: string,
  { owners, maxBytes }: PlainFileLimits,
  use: (file: FileHandle, stats: Stats) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, FLAGS);
  try {
    const stats = await file.stat();
    if (!stats.isFile())
      throw new WeirError('system', `${path} is no plain file: somebody has put something in its place`);
    if (!owners.includes(stats.uid)) {
      throw new WeirError('system', `${path} belongs to user ${stats.uid}, whose word does not count`);
    }
    if (stats.size > maxBytes) throw new WeirError('system', `${path} has ${stats.size} bytes, more than ${maxBytes}`);
    return await use(file, stats);
  } finally {
    await file.close();
  }
}
