/** Reads files in folders where others write too, above all /tmp: nothing that somebody puts there can block or deceive the reader. */

import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { WeirError } from '../../model/error.ts';

export interface PlainFileLimits {
  /** Owners whose files are believed, by user id. */
  readonly owners: readonly number[];
  readonly maxBytes: number;
}

/** Follows no link, waits for no FIFO (open.2), and takes no terminal as its own. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens the file, does `use` with its descriptor and closes it. In one go: a step through Node's thread pool costs ten system
 * calls more than the read itself, and a node looks every second.
 * @throws WeirError 'system' where it is no plain file, somebody else's or too large; the kernel's error where it cannot be
 * opened: ELOOP for a link.
 */
export function withPlainFile<Result>(
  path: string,
  { owners, maxBytes }: PlainFileLimits,
  use: (file: number, stats: Stats) => Result,
): Result {
  const file = openSync(path, FLAGS);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile())
      throw new WeirError('system', `${path} is no plain file: somebody has put something in its place`);
    if (!owners.includes(stats.uid)) {
      throw new WeirError('system', `${path} belongs to user ${stats.uid}, whose word does not count`);
    }
    if (stats.size > maxBytes) throw new WeirError('system', `${path} has ${stats.size} bytes, more than ${maxBytes}`);
    return use(file, stats);
  } finally {
    closeSync(file);
  }
}
