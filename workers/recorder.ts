/** Records the pools' streams in files, for `weir rules backtest` and `weir rules status`. */

import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { readRawAfter } from '../src/broker/entries/stream.ts';
import { every, type Repeating } from '../src/lib/every.ts';
import { prune, recordingRoot } from '../src/recording/files.ts';
import { readCursor, write } from '../src/recording/write.ts';

/** The time between two batches, in ms. The stream keeps an hour, so the next batch makes up for one that fails. */
const BATCH_EVERY_MS = 60_000;

/** So many entries are in memory at a time. */
const PAGE = 500;

export interface RecorderDependencies {
  readonly redis: Redis;
  readonly stateDir: string;
  readonly maxBytes: number;
  readonly pools: readonly string[];
  onError(error: unknown, doing: string): void;
}

/** Starts recording: once a minute what is new on every pool's stream goes to its files. */
export function startRecorder(deps: RecorderDependencies): Repeating {
  return every(BATCH_EVERY_MS, 'recorder', createRecorder(deps), deps.onError);
}

/** Writes one batch of each pool. A pool that fails does not keep the others from it. */
export function createRecorder({
  redis,
  stateDir,
  maxBytes,
  pools,
  onError,
}: RecorderDependencies): () => Promise<void> {
  const root = recordingRoot(stateDir);
  let startedAtMs = Date.now();
  return async () => {
    for (const pool of pools) {
      try {
        await recordPool(redis, pool, join(root, pool), startedAtMs);
      } catch (error) {
        // A file that was not written whole is torn. Nothing may be appended to it.
        startedAtMs = Date.now();
        onError(error, `recording ${pool}`);
      }
    }
    await prune(root, maxBytes);
  };
}

async function recordPool(redis: Redis, pool: string, folder: string, startedAtMs: number): Promise<void> {
  let cursor = await readCursor(folder);
  for (;;) {
    const entries = await readRawAfter(redis, pool, cursor, PAGE);
    await write(folder, entries, startedAtMs);
    if (entries.length < PAGE) return;
    cursor = entries.at(-1)?.[0] ?? cursor;
  }
}
