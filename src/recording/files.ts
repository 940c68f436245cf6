/**
 * The files of a recording: a folder per pool under `state_dir/recording`, in it a file per hour and process,
 * `2026-11-25T22.1795641004726.ndjson.gz`. Each process begins its own files: the last one of a process that was killed may
 * be torn, and nothing may be appended to it.
 */

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface RecordingFile {
  readonly path: string;
  /** The hour whose entries it holds, in ms. */
  readonly hour: number;
}

export const HOUR_MS = 3_600_000;

const NAME = /^(\d{4}-\d{2}-\d{2}T\d{2})\.\d+\.ndjson\.gz$/;

export function recordingRoot(stateDir: string): string {
  return join(stateDir, 'recording');
}

export function fileName(timeMs: number, startedAtMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 13)}.${startedAtMs}.ndjson.gz`;
}

/** The files of a folder in the order of their hours; none where there is no such folder. */
export async function listRecordings(folder: string): Promise<RecordingFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const hour = NAME.exec(name)?.[1];
      return hour === undefined ? [] : [{ path: join(folder, name), hour: Date.parse(`${hour}:00:00Z`) }];
    })
    .sort((x, y) => x.hour - y.hour || (x.path < y.path ? -1 : 1));
}

/** Deletes the oldest hours until the files of all pools together are no larger than `maxBytes`. */
export async function prune(root: string, maxBytes: number): Promise<void> {
  const folders = await readdir(root);
  const files = (await Promise.all(folders.map((pool) => listRecordings(join(root, pool))))).flat();
  const sized = await Promise.all(files.map(async (file) => ({ ...file, bytes: (await stat(file.path)).size })));
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes } of sized.sort((x, y) => x.hour - y.hour)) {
    if (total <= maxBytes) return;
    await rm(path, { force: true });
    total -= bytes;
  }
}
