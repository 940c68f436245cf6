/** Editions of weir.yaml by worker and node: where they differ, people hear of it and the lowest mode counts. */

import {
  EDITION_COUNTS_MS,
  EDITIONS_SAID_WITHIN_MS,
  type Edition,
  type KnownEdition,
} from '../../model/configuration/edition.ts';
import { MODES, type Mode } from '../../model/configuration/mode.ts';
import type { Entry } from '../../model/entries/entry.ts';
import { entryTime } from '../../model/ids.ts';
import { type FoldContext, type PoolState, resettle } from './state.ts';

/** A worker's edition is written down anew after so long, in ms. */
const AGAIN_AFTER_MS = 1_000;

/**
 * Notes the editions of the worker that folds this entry, and of the worker that wrote it. An edition that nobody had before
 * makes the pool settle anew. A context without an edition (a replay, a test of rules) notes none.
 */
export function withEditions(context: FoldContext, state: PoolState, { id, body }: Entry): PoolState {
  const { edition: own } = context;
  if (own === undefined) return state;
  const now = entryTime(id);
  const mine = { worker: own.worker, edition: { hash: own.hash, mode: own.mode } };
  const noted = noteEdition(context, state, mine, now);
  const after = noted.edition === own.hash ? noted : { ...noted, edition: own.hash };
  return body.kind === 'edition' ? noteEdition(context, after, body, now) : after;
}

interface WorkerEdition {
  readonly worker: string;
  /** Absent: the worker ends. */
  readonly edition?: Edition;
}

function noteEdition(
  { policy }: FoldContext,
  state: PoolState,
  { worker, edition }: WorkerEdition,
  now: number,
): PoolState {
  const before = state.editions[worker];
  if (edition === undefined) {
    const { [worker]: gone, ...others } = state.editions;
    if (gone === undefined || gone.stopped === true) return state;
    return { ...state, editions: { ...others, [worker]: { ...gone, at: now, stopped: true } } };
  }
  const isSame = before?.hash === edition.hash && before.mode === edition.mode && before.stopped !== true;
  if (isSame && now - before.at < AGAIN_AFTER_MS) return state;
  const recent = recentEditions(state.editions, now);
  const editions = { ...Object.fromEntries(recent), [worker]: { ...edition, at: now } };
  const isKnown =
    recent.some(([, { hash }]) => hash === edition.hash) || (state.edition ?? edition.hash) === edition.hash;
  if (isKnown) return { ...state, editions };
  const reason = `weir.yaml of ${worker} is another one than before`;
  return { ...resettle(state, now, policy.settleMs, reason), editions };
}

/** Also of workers that have stopped in that time. */
function recentEditions(editions: PoolState['editions'], now: number): [string, KnownEdition][] {
  return Object.entries(editions).filter(([, { at }]) => now - at < EDITION_COUNTS_MS);
}

/** After a longer time in which no edition was heard, none counts any more, in ms. */
const UNHEARD_MS = EDITION_COUNTS_MS - EDITIONS_SAID_WITHIN_MS;

/**
 * Whether no worker's weir.yaml has what this one lacks: the workers heard in the last minute agree, stopped ones among them,
 * and all have had the time to say theirs since the state began, or since a long time in which nobody was heard.
 */
function isWhole({ editions, forgotten }: Pick<PoolState, 'editions' | 'forgotten'>, now: number): boolean {
  const heard = recentEditions(editions, now);
  // Nobody's edition counts in a replay, or in a test of rules.
  if (heard.length === 0) return true;
  const since = Math.max(0, ...forgotten.filter(({ from, to }) => to - from > UNHEARD_MS).map(({ to }) => to));
  return new Set(heard.map(([, { hash }]) => hash)).size === 1 && now - since >= EDITIONS_SAID_WITHIN_MS;
}

export interface EditionView {
  /** No worker's weir.yaml has what this worker's lacks, as far as workers say; nodes do not count. */
  readonly isWhole: boolean;
  /** Hashes of all editions that a worker or node has. */
  readonly hashes: readonly string[];
  /** The lowest mode of all; undefined where no edition is known. */
  readonly lowest: Mode | undefined;
  /** Workers and nodes with the lowest mode, where others have a higher one. */
  readonly lowestOf: readonly string[];
  /** Who has which edition, in words; empty where all have the same. */
  readonly differs: string;
}

/** Before anything is known. */
export const NO_EDITIONS: EditionView = {
  isWhole: true,
  hashes: [],
  lowest: undefined,
  lowestOf: [],
  differs: '',
};

/** The editions that are known now: of workers by their entries, of nodes by their sweeps. Pure. */
export function viewEditions(
  { editions, sweeps, forgotten }: Pick<PoolState, 'editions' | 'sweeps' | 'forgotten'>,
  now: number,
): EditionView {
  const workers = recentEditions(editions, now).filter(([, { stopped }]) => stopped !== true);
  const nodes = Object.values(sweeps).filter(({ at }) => now - at < EDITION_COUNTS_MS);
  const all = [
    ...workers.map(([name, { hash, mode }]) => ({ name, hash, mode })),
    ...nodes.flatMap(({ observer, edition }) => (edition === undefined ? [] : [{ name: observer, ...edition }])),
  ].sort((x, y) => (x.name < y.name ? -1 : 1));
  const lowest = MODES.find((mode) => all.some((edition) => edition.mode === mode));
  return {
    hashes: hashesIn(all),
    isWhole: isWhole({ editions, forgotten }, now),
    lowest,
    lowestOf: all.some(({ mode }) => mode !== lowest)
      ? all.filter(({ mode }) => mode === lowest).map(({ name }) => name)
      : [],
    differs: inWords(
      all,
      nodes.filter(({ edition, observer }) => edition === undefined && !isWorker(observer, editions)),
    ),
  };
}

/** A worker that polls says its edition in entries of its own and not in its sweeps. */
function isWorker(observer: string, editions: PoolState['editions']): boolean {
  return Object.keys(editions).some((worker) => worker.startsWith(`${observer} `));
}

function hashesIn(all: readonly { readonly hash: string }[]): string[] {
  return [...new Set(all.map(({ hash }) => hash))];
}

function inWords(all: readonly { name: string; hash: string }[], silent: readonly { observer: string }[]): string {
  const hashes = hashesIn(all);
  if (hashes.length < 2) return '';
  const parts = hashes.map((hash, index) => {
    const names = all.filter((edition) => edition.hash === hash).map(({ name }) => name);
    return `${names.join(', ')} ${names.length > 1 ? 'have' : 'has'} ${index === 0 ? 'one' : 'another'}`;
  });
  const unknown = silent.map(({ observer }) => observer).sort();
  const none = unknown.length === 0 ? [] : [`of ${unknown.join(', ')} nobody knows (an older Weir)`];
  return [...parts, ...none].join('; ');
}
