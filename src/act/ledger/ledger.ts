import { createLock } from '../../lib/lock.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { readLeaseFile, writeLeaseFile } from './lease-file.ts';
import { followNames, poolAs } from './pool-as.ts';
import { EMPTY_POOL, type LeaseFile, type PoolRecord } from './pool-record.ts';

/** The lease file and its copy in memory. */
export interface Ledger {
  /** Reads the file if that has not succeeded yet. Throws a WeirError while it cannot be used. */
  ready(): Promise<void>;
  pool(name: string): PoolRecord;
  /** The records of all pools that the file has, also of those that weir.yaml has not. */
  all(): LeaseFile;
  /** Changes a pool's record, on disk first. Throws a WeirError and changes nothing when that fails. */
  write(pool: string, change: (record: PoolRecord) => PoolRecord): Promise<void>;
  /**
   * The same for what is already a fact: it counts in memory even when the disk refuses, and is written with the next
   * change. Never throws.
   */
  note(pool: string, change: (record: PoolRecord) => PoolRecord): Promise<void>;
  /** A sentence about what is wrong with the file; absent when nothing is. */
  readonly trouble: string | undefined;
}

/** @param pools of weir.yaml: what the file has under earlier names is found and written under these. */
export function createLedger(path: string, pools: Readonly<Record<string, PoolConfig>> = {}): Ledger {
  const lock = createLock();
  let record: LeaseFile | undefined;
  let trouble: string | undefined;

  function change(pool: string, how: (record: PoolRecord) => PoolRecord, keep: boolean): Promise<void> {
    return lock(async () => {
      // A file that could not be read is never replaced: a person must see it first.
      if (record === undefined) {
        if (keep) return;
        throw new WeirError('refused', trouble ?? 'The lease file has not been read yet.');
      }
      const before = record[pool] ?? EMPTY_POOL;
      const after = how(before);
      const dirty = keep && trouble !== undefined;
      if (after === before && !dirty) return;
      const config = pools[pool];
      const next = { ...record, [pool]: config === undefined ? after : { ...after, as: poolAs(config, after) } };
      if (keep) record = next;
      try {
        await writeLeaseFile(path, next);
        trouble = undefined;
        record = next;
      } catch (error) {
        trouble = messageOf(error);
        if (!keep) throw error;
      }
    });
  }

  return {
    ready: () =>
      lock(async () => {
        if (record !== undefined) return;
        try {
          record = followNames(await readLeaseFile(path), pools);
          trouble = undefined;
        } catch (error) {
          trouble = messageOf(error);
          throw error;
        }
      }),
    all: () => record ?? {},
    pool: (name) => record?.[name] ?? EMPTY_POOL,
    write: (pool, how) => change(pool, how, false),
    note: (pool, how) => change(pool, how, true),
    get trouble() {
      return trouble;
    },
  };
}
