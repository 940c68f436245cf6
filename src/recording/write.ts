/** Writes entries of a pool's stream to its files, each batch as a gzip member of its own. */

import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { swapFile } from '../lib/files/replace-file.ts';
import { type EntryId, entryTime } from '../model/ids.ts';
import { fileName, HOUR_MS } from './files.ts';

const compress = promisify(gzip);

/** An entry as it stands on the stream; its body is not parsed. */
export type RawEntry = readonly [id: EntryId, json: string];

/** Where the next batch begins, kept beside the files: the next process reads on from there. */
const CURSOR = 'cursor';

/** Id of the last entry that was written; `0` when none was. */
export async function readCursor(folder: string): Promise<EntryId> {
  try {
    return (await readFile(join(folder, CURSOR), 'utf8')).trim() || '0-0';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '0-0';
    throw error;
  }
}

/** Appends entries, in the order of their ids. `startedAtMs` names the process. */
export async function write(folder: string, entries: readonly RawEntry[], startedAtMs: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [hour, ofHour] of byHour(entries)) {
    const lines = ofHour.map(([id, json]) => `${id} ${json}\n`).join('');
    await appendFile(join(folder, fileName(hour, startedAtMs)), await compress(lines), { mode: 0o600 });
  }
  const last = entries.at(-1);
  if (last !== undefined) await swapFile(join(folder, CURSOR), `${last[0]}\n`, 0o600);
}

function byHour(entries: readonly RawEntry[]): Map<number, RawEntry[]> {
  const hours = new Map<number, RawEntry[]>();
  for (const entry of entries) {
    const hour = Math.floor(entryTime(entry[0]) / HOUR_MS) * HOUR_MS;
    hours.set(hour, [...(hours.get(hour) ?? []), entry]);
  }
  return hours;
}
