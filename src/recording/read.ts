/** Reads a recording: every entry once, in the order of the stream, whichever worker wrote it. */

import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import { readEntry } from '../broker/entries/entries.ts';
import type { Entry } from '../model/entries/entry.ts';
import { messageOf } from '../model/error.ts';
import { compareEntryIds, entryTime } from '../model/ids.ts';
import { HOUR_MS, listRecordings, type RecordingFile } from './files.ts';

const decompress = promisify(gunzip);

export interface ReadOptions {
  readonly pool: string;
  /** Broker time in ms. */
  readonly since: number;
  /** Called with a file that cannot be read to its end, and why. What could be read of it counts. */
  onTorn(path: string, why: string): void;
}

/** The entries of a pool's folder. It holds one hour at a time in memory. */
export async function* readRecording(folder: string, options: ReadOptions): AsyncGenerator<Entry> {
  const { since } = options;
  const files = (await listRecordings(folder)).filter(({ hour }) => hour + HOUR_MS > since);
  for (const hour of new Set(files.map((file) => file.hour))) {
    const ofHour = files.filter((file) => file.hour === hour);
    for (const entry of merge(await Promise.all(ofHour.map((file) => readFileOf(file, options))))) {
      if (entryTime(entry.id) >= since) yield entry;
    }
  }
}

async function readFileOf({ path }: RecordingFile, { pool, onTorn }: ReadOptions): Promise<Entry[]> {
  try {
    // A gzip member that is cut short gives what there is of it.
    const text = await decompress(await readFile(path), { finishFlush: constants.Z_SYNC_FLUSH });
    const whole = text.toString('utf8').split('\n').slice(0, -1);
    return whole.flatMap((line) => entryOf(pool, line) ?? []);
  } catch (error) {
    onTorn(path, messageOf(error));
    return [];
  }
}

/** An entry as the evaluation read it; undefined for one that it set aside. */
function entryOf(pool: string, line: string): Entry | undefined {
  const space = line.indexOf(' ');
  return space < 0 ? undefined : readEntry(pool, line.slice(0, space), line.slice(space + 1));
}

/** Each entry once: two workers may have written it. */
function merge(files: readonly (readonly Entry[])[]): Entry[] {
  const byId = new Map(files.flat().map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((x, y) => compareEntryIds(x.id, y.id));
}
