/**
 * How far the audit's chains had come when this node saw them in the broker: its memory, in a file of its own, by which an
 * end that is cut off in the broker is found. Every sweep carries it.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../src/lib/files/replace-file.ts';
import type { AuditRecord, KnownHeads } from '../../src/model/decisions/audit.ts';

/** A fuse for one pool: nodes come and go, and each chain that begins anew is another writer. The latest are kept. */
const WRITERS_KEPT = 30;

/** Between two looks at a pool's audit, in ms. */
const LOOK_EVERY_MS = 60_000;

/** A broker that crashes, or hands over to its replica, may lose what is younger than this, in ms: it is no word yet. */
const SURE_AFTER_MS = 60_000;

const schema = z.record(
  z.string(),
  z.record(z.string(), z.object({ seq: z.number(), hash: z.string(), at: z.number() })),
);

/** Records that came after one place of the broker's stream and before a time of the broker's own clock, in ms. */
export type ReadBetween = (
  pool: string,
  after: string,
  beforeMs: number,
) => Promise<{ readonly records: readonly AuditRecord[]; readonly last: string }>;

export interface KnownHeadsFile {
  of(pool: string): KnownHeads;
  /** Looks at the pool's audit where it has not lately. @throws what `read` throws. */
  look(pool: string, brokerClockMs: number): Promise<void>;
}

/** Reads what an earlier process knew. A file that cannot be read knows nothing: the broker tells it anew. */
export async function openKnownHeads(
  stateDir: string,
  read: ReadBetween,
  monotonic = () => performance.now(),
): Promise<KnownHeadsFile> {
  const path = join(stateDir, 'audit-heads.json');
  let known = await readKnown(path);
  const looks = new Map<string, { readonly at: number; readonly last: string }>();
  return {
    of: (pool) => known[pool] ?? {},
    async look(pool, brokerClockMs) {
      const { at, last: after } = looks.get(pool) ?? { at: Number.NEGATIVE_INFINITY, last: '0-0' };
      if (monotonic() - at < LOOK_EVERY_MS) return;
      const { records, last } = await read(pool, after, Math.max(0, Math.round(brokerClockMs - SURE_AFTER_MS)));
      looks.set(pool, { at: monotonic(), last });
      const before = known[pool] ?? {};
      const next = withRecords(before, records);
      if (next === before) return;
      known = { ...known, [pool]: next };
      // It counts in memory all the same. The next change writes it.
      await replaceFile(path, `${JSON.stringify(known)}\n`, 0o600, 0o700).catch(() => undefined);
    },
  };
}

async function readKnown(path: string): Promise<Readonly<Record<string, KnownHeads>>> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return {};
  }
}

/** The highest of each writer; the same object where nothing is higher. Pure. */
export function withRecords(heads: KnownHeads, records: readonly AuditRecord[]): KnownHeads {
  const known = new Map(Object.entries(heads));
  let isNew = false;
  for (const { writer, seq, hash, at } of records) {
    if (seq <= (known.get(writer)?.seq ?? 0)) continue;
    known.set(writer, { seq, hash, at });
    isNew = true;
  }
  if (!isNew) return heads;
  return Object.fromEntries([...known].sort(([, x], [, y]) => x.at - y.at).slice(-WRITERS_KEPT));
}

/** What a node's sweep says: its own chain as its files have it, the others as it remembers them. Pure. */
export function headsToSay(
  known: KnownHeads,
  own: { readonly writer: string; head(): KnownHeads[string] | undefined } | undefined,
): KnownHeads {
  const head = own?.head();
  const { [own?.writer ?? '']: _, ...others } = known;
  return own === undefined || head === undefined ? others : { ...others, [own.writer]: head };
}
