/** A file that is replaced as a whole: who reads it sees what it held before, or all of the new text. */

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The mode of folders that are made for the file, unless another is given: others may read what a server's programs read. */
const FOLDER_MODE = 0o755;

/** For a file that a power cut may lose: does not wait for the disk. */
export async function swapFile(path: string, text: string, mode: number): Promise<void> {
  await swap(path, text, mode, false);
}

/** When this returns the new text survives a power cut; until then the old one does. The file has `mode`, whatever it had. */
export async function replaceFile(path: string, text: string, mode: number, folderMode = FOLDER_MODE): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: folderMode });
  await swap(path, text, mode, true);
  await syncFolder(folder);
}

/** Writes the file beside the old one, then renames it. Removes a link that somebody has put there, and never writes through it. */
async function swap(path: string, text: string, mode: number, mustLast: boolean): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', mode);
  try {
    // The umask has taken bits off the mode.
    await handle.chmod(mode);
    await handle.writeFile(text);
    if (mustLast) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

/** Syncs the folder, which holds the name (fsync(2)): without this a power cut may bring the old file back. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
