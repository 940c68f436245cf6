/** Reads a recording back: every entry once, in the order of the stream, whoever has written it. */

import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import { compareEntryIds, type Entry, type EntryBody, entryTime } from '../model/entry.ts';
import { messageOf } from '../model/error.ts';
import { HOUR_MS, listRecordings, type RecordingFile } from './files.ts';

const decompress = promisify(gunzip);

export interface ReadOptions {
  /** Broker time in ms. */
  readonly since: number;
  /** A file that cannot be read to its end, and why; what could be read of it counts. */
  onTorn(path: string, why: string): void;
}

/** The entries of a pool's folder. One hour at a time is in memory. */
export async function* readRecording(folder: string, options: ReadOptions): AsyncGenerator<Entry> {
  const { since } = options;
  const files = (await listRecordings(folder)).filter(({ hour }) => hour + HOUR_MS > since);
  for (const hour of new Set(files.map((file) => file.hour))) {
    const those = files.filter((file) => file.hour === hour);
    for (const entry of merge(await Promise.all(those.map((file) => readFileOf(file, options))))) {
      if (entryTime(entry.id) >= since) yield entry;
    }
  }
}

async function readFileOf({ path }: RecordingFile, { onTorn }: ReadOptions): Promise<Entry[]> {
  try {
    // A member that is cut short gives what there is of it.
    const text = await decompress(await readFile(path), { finishFlush: constants.Z_SYNC_FLUSH });
    return text
      .toString('utf8')
      .split('\n')
      .flatMap((line) => entryOf(line) ?? []);
  } catch (error) {
    onTorn(path, messageOf(error));
    return [];
  }
}

function entryOf(line: string): Entry | undefined {
  const space = line.indexOf(' ');
  if (space < 0) return undefined;
  try {
    return { id: line.slice(0, space), body: JSON.parse(line.slice(space + 1)) as EntryBody };
  } catch {
    return undefined; // The last line of a torn file.
  }
}

/** Two workers may have written the same entries. */
function merge(files: readonly (readonly Entry[])[]): Entry[] {
  const byId = new Map(files.flat().map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((x, y) => compareEntryIds(x.id, y.id));
}
