/**
 * keepalived's track files: a number each, by which Weir moves the VIP and keeps keepalived's own weights as it wants them.
 * keepalived reads one again as soon as it is renamed into place (trackers/track_file.c), and takes an absent file or one
 * without a number as 0.
 */

import { readFile } from 'node:fs/promises';
import { messageOf, WeirError } from '../../model/error.ts';
import { swapFile } from './replace-file.ts';

/** The number in the file; undefined: there is no such file, and keepalived watches none or counts it as 0. */
export async function readTrackFile(path: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  return Number(/^\s*[+-]?\d+/.exec(text)?.[0] ?? 0);
}

/** @throws WeirError 'system' when it cannot be written; the old number then still stands. */
export async function writeTrackFile(path: string, value: number): Promise<void> {
  try {
    await swapFile(path, `${value}\n`, 0o644);
  } catch (error) {
    throw new WeirError('system', `The track file ${path} cannot be written (${messageOf(error)}).`, { cause: error });
  }
}
