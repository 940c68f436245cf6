/** What the pool has taken of each process that seals, and who does not seal. */

import type { Entry, EntryBody } from '../../model/entries/entry.ts';

export interface KnownSeals {
  /** By process and kind: the last number, and the end after which its number need not be known. */
  readonly last: Readonly<Record<string, { readonly n: number; readonly until: number }>>;
  /** Writers of what is not sealed and was taken: how often, and the broker time in ms of the last one. */
  readonly unsealed: Readonly<Record<string, { readonly count: number; readonly at: number }>>;
}

const NONE: KnownSeals = { last: {}, unsealed: {} };

/** One that has been silent for so long is not spoken of any more, in ms. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** A fuse: who does not seal may name itself anything. */
const MAX_WRITERS = 50;

/** An entry that came before, or out of order, is set aside. */
export function withoutReplay(seals: KnownSeals | undefined, entry: Entry): Entry {
  const { id, body, seal } = entry;
  if (seal === undefined || seal === 'none') return entry;
  const before = seals?.last[seal.channel];
  if (before === undefined || seal.n > before.n) return entry;
  const why = `${body.kind}: this entry, or a later one of this writer, was there already`;
  return { id, body: { kind: 'unreadable', pool: body.pool, writer: writerOf(body), why } };
}

/** The same where nothing is new. Ended numbers go: what bears them is not taken any more. */
export function withSeal(seals: KnownSeals | undefined, { body, seal }: Entry, now: number): KnownSeals | undefined {
  if (seal === undefined) return seals;
  const { last, unsealed } = seals ?? NONE;
  if (seal !== 'none') {
    const { channel, n, until } = seal;
    const live = Object.entries(last).filter(([key, one]) => one.until >= now && key !== channel);
    return { last: Object.fromEntries([...live, [channel, { n, until }]]), unsealed };
  }
  const writer = writerOf(body);
  const recent = Object.entries(unsealed).filter(([key, { at }]) => now - at < FORGOTTEN_AFTER_MS && key !== writer);
  const count = (Object.hasOwn(unsealed, writer) ? (unsealed[writer]?.count ?? 0) : 0) + 1;
  return { last, unsealed: Object.fromEntries([...recent.slice(-MAX_WRITERS), [writer, { count, at: now }]]) };
}

/** For people; several workers have one name here, for ticks and alerts name nobody. */
function writerOf(body: EntryBody): string {
  const name = 'observer' in body ? body.observer : 'node' in body ? body.node : 'by' in body ? body.by : 'a worker';
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

/** An hour would make people wait for it after the last process has its key. In ms. */
const LATELY_MS = 60_000;

/** Who wrote something without a seal in the last minute; nothing where nobody did. */
export function unsealedIn(
  { seals }: { readonly seals?: KnownSeals },
  now: number,
): { readonly unsealed?: readonly string[] } {
  const lately = Object.entries(seals?.unsealed ?? {}).filter(([, { at }]) => now - at < LATELY_MS);
  return lately.length === 0 ? {} : { unsealed: lately.map(([writer]) => writer).sort() };
}
