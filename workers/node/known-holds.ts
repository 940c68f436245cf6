/** Remembers on a node the holds that people set, for a broker that has lost its memory. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../src/lib/files/replace-file.ts';
import { type Hold, type HoldList, holdId } from '../../src/model/people/hold.ts';

export interface KnownHolds {
  /** Notes what the broker says; undefined, where it knows nothing of the pool, changes nothing. Never throws. */
  update(pool: string, list: HoldList | undefined, now: number): Promise<void>;
  /** Returns the holds whose time is not over. */
  of(pool: string, now: number): Hold[];
}

type Known = Readonly<Record<string, Readonly<Record<string, Hold>>>>;

/** Reads what an earlier process knew. A file that cannot be read holds nothing: people set holds again. */
export async function openKnownHolds(stateDir: string): Promise<KnownHolds> {
  const path = join(stateDir, 'holds.json');
  let known: Known = await readFile(path, 'utf8')
    .then((text) => JSON.parse(text) as Known)
    .catch(() => ({}));
  const live = (pool: string, now: number) =>
    Object.entries(known[pool] ?? {}).filter(([, { until = 0 }]) => until > now);

  return {
    async update(pool, list, now) {
      const before = known[pool] ?? {};
      const kept = live(pool, now).filter(([id]) => !list?.ended.includes(id));
      const current = (list?.live ?? []).map((hold): [string, Hold] => [holdId(hold), hold]);
      const after = Object.fromEntries([...kept, ...current]);
      if (Object.keys(after).sort().join() === Object.keys(before).sort().join()) return;
      known = { ...known, [pool]: after };
      // The hold counts in memory all the same. The next change writes it.
      await replaceFile(path, `${JSON.stringify(known, undefined, 1)}\n`, 0o600, 0o700).catch(() => undefined);
    },
    of: (pool, now) => live(pool, now).map(([, hold]) => hold),
  };
}
