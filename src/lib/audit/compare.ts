/**
 * Whether each place that keeps an audit has what the others have, and what others remember of it. A chain of hashes shows
 * what was changed within it; that its end or its beginning was cut off, or all of it replaced, shows only against a memory
 * that stands elsewhere. Pure.
 */

import type { AuditHead, AuditRecord } from '../../model/decisions/audit.ts';
import { type AuditLink, type ChainFault, toLink, verifyLinks } from './chain.ts';

/** The chains of one pool as one place has them. */
export interface AuditPlace {
  /** For people, in the middle of a sentence: `the broker`. */
  readonly name: string;
  /** By writer, each in the order of its numbers. */
  readonly chains: ReadonlyMap<string, readonly AuditLink[]>;
  /** It has thrown away its oldest records, as it is meant to. */
  readonly isFull: boolean;
  /** Writer to the number of the last record that was ever put here; absent where nobody counts. */
  readonly counted?: Readonly<Record<string, number>>;
  /** Whether it keeps the chain of this writer at all. */
  keeps(writer: string): boolean;
}

/** Somebody's word of how far a chain had come. */
export interface SeenHead extends AuditHead {
  readonly writer: string;
  /** For people: `node b`, `the pool's state`. */
  readonly by: string;
  /** It is the writer's word of its own files, given at this broker time in ms: the chain ends there. */
  readonly endsAt?: number;
}

/**
 * A record that is older than this has reached the files that its writer speaks of, in ms. Two polls would do; a copy into
 * the broker may be on its way with the sweep.
 */
const ON_DISK_WITHIN_MS = 60_000;

/** What is wrong with one chain: within each place, between the places, and against what others remember of it. */
export function compareChain(
  { pool, writer }: Pick<AuditLink, 'pool' | 'writer'>,
  places: readonly AuditPlace[],
  heads: readonly SeenHead[],
): ChainFault[] {
  const about = (seq: number, sentence: string): ChainFault => ({ pool, writer, seq, sentence });
  const mine = heads.filter((head) => head.writer === writer);
  const keepers = places.filter((place) => place.keeps(writer));
  const within = keepers.flatMap((place) => {
    const own = verifyLinks(chainIn(place, writer));
    const said =
      keepers.length === 1
        ? own
        : own.map((fault) => ({ ...fault, sentence: fault.sentence.replace(/\.$/, ` (in ${place.name}).`) }));
    const others = keepers.filter((one) => one !== place);
    return [
      ...said,
      ...begunLate(place, writer, about),
      ...endCut(place, writer, [...mine, ...endsOf(others, writer)], about),
    ];
  });
  return [...within, ...differing(keepers, writer, about), ...beyond(keepers, writer, mine, about)];
}

/** The records of one pool by writer, as places have them. */
export function linksByWriter(records: readonly AuditRecord[]): Map<string, readonly AuditLink[]> {
  return byWriter(records.map(toLink));
}

/** What stands there twice counts once. */
export function byWriter(links: readonly AuditLink[]): Map<string, readonly AuditLink[]> {
  const chains = new Map<string, Map<string, AuditLink>>();
  for (const link of links) {
    const chain = chains.get(link.writer) ?? new Map<string, AuditLink>();
    chains.set(link.writer, chain.set(`${link.seq} ${link.hash} ${link.isWhole}`, link));
  }
  return new Map([...chains].map(([writer, chain]) => [writer, [...chain.values()].sort((x, y) => x.seq - y.seq)]));
}

type About = (seq: number, sentence: string) => ChainFault;

function chainIn({ chains }: AuditPlace, writer: string): readonly AuditLink[] {
  return chains.get(writer) ?? [];
}

/** The first record that is here is not the first of all, and nothing is thrown away here. */
function begunLate(place: AuditPlace, writer: string, about: About): ChainFault[] {
  const [first] = chainIn(place, writer);
  if (first === undefined || first.seq === 1 || place.isFull) return [];
  return [
    about(
      first.seq,
      `The ${first.seq - 1} records before it were cut off in ${place.name}, where none are thrown away yet.`,
    ),
  ];
}

/** What other places have last counts as seen by them. */
function endsOf(places: readonly AuditPlace[], writer: string): SeenHead[] {
  return places.flatMap((place) => {
    const last = chainIn(place, writer).at(-1);
    // What stands in a file and was not copied yet is nothing that the broker ever had.
    return last === undefined || place.counted === undefined ? [] : [{ ...last, by: place.name }];
  });
}

/** Somebody has seen records that are not here any more. The highest one says it all. */
function endCut(place: AuditPlace, writer: string, seen: readonly SeenHead[], about: About): ChainFault[] {
  const here = chainIn(place, writer);
  const last = here.at(-1)?.seq ?? 0;
  if (last === 0 && place.isFull) return [];
  const own = place.counted?.[writer] ?? 0;
  // What its writer has on disk may not have come to the broker yet.
  const counts = ({ endsAt }: SeenHead) => endsAt === undefined || place.counted === undefined;
  const [highest] = seen.filter((head) => head.seq > last && counts(head)).sort((x, y) => y.seq - x.seq);
  const seq = Math.max(own, highest?.seq ?? 0);
  if (seq <= last) return [];
  const who =
    highest !== undefined && highest.seq >= own ? `${highest.by} knows record ${seq}` : `${seq} were put there`;
  const left = last === 0 ? `Nothing of it is in ${place.name}` : `It ends here in ${place.name}`;
  return [about(last, `${left}, and ${who}: its end was cut off.`)];
}

/** Records that two places, or a place and somebody's memory, have under one number and that are not the same. */
function differing(places: readonly AuditPlace[], writer: string, about: About): ChainFault[] {
  const [one, other] = places;
  if (one === undefined || other === undefined) return [];
  const there = new Map(chainIn(other, writer).map((link) => [link.seq, link.hash]));
  const from = chainIn(one, writer).find(({ seq, hash }) => there.has(seq) && there.get(seq) !== hash);
  if (from === undefined) return [];
  return [
    about(from.seq, `From here on ${one.name} and ${other.name} do not have the same: one of them was written anew.`),
  ];
}

/** What is not as somebody remembers it, and what is in the broker though its writer never had it. */
function beyond(places: readonly AuditPlace[], writer: string, heads: readonly SeenHead[], about: About): ChainFault[] {
  return places.flatMap((place) => {
    const chain = chainIn(place, writer);
    const other = heads.find(({ seq, hash }) => chain.some((link) => link.seq === seq && link.hash !== hash));
    if (other !== undefined) {
      return [
        about(
          other.seq,
          `${capital(other.by)} knows another record of this number than is in ${place.name}: the chain was written anew.`,
        ),
      ];
    }
    const end = heads.find(({ endsAt }) => endsAt !== undefined);
    if (place.counted === undefined) return [];
    const extra = end && chain.find(({ seq, at }) => seq > end.seq && at < (end.endsAt ?? 0) - ON_DISK_WITHIN_MS);
    if (end === undefined || extra === undefined) return [];
    return [
      about(
        end.seq,
        `The files of ${end.by} end here, and ${place.name} has record ${extra.seq}: the end of the files was cut off, or somebody wrote in its name.`,
      ),
    ];
  });
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
