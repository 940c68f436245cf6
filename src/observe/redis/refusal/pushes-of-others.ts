/**
 * Watches what becomes of other clients' pushes, cause by cause: they may be refused where the probe is not, since that is
 * small and has a key of its own. Pure, but for what it remembers from poll to poll.
 */

import type { Calls } from '../calls.ts';
import { type Info, numberOf, partOf } from '../info.ts';
import { CAUSES, type Cause, type Facts, goodReplicasOf, ratioOf } from './causes.ts';

export interface PushFacts extends Facts {
  readonly calls: Calls;
}

/**
 * A refusal for memory is over when used memory has sunk to `SUNK_TO` of what it was then, and below `ROOM_BELOW` of the
 * limit.
 */
const SUNK_TO = 0.95;
const ROOM_BELOW = 0.85;

/** What became of pushes while a cause was possible. */
interface Mark {
  readonly refuses: boolean;
  /** Other clients' pushes were refused and none was taken: they may be bigger than the probe. */
  readonly isOfOthers: boolean;
  readonly ratio: number;
  readonly goodReplicas: number;
}

/** Remembers, for each cause, whether pushes were refused. */
export interface PushesOfOthers {
  /** Notes what became of pushes since the poll before. */
  settle(now: PushFacts): void;
  /** Notes that the probe was refused with this word: pushes are too. */
  probeRefused(word: string, now: PushFacts): void;
  /** Notes that the probe was taken. @returns the word with which others are refused all the same; all else is over. */
  probeTaken(): string | undefined;
  /** Returns the word of the first cause by which pushes are refused. */
  refusedWith(): string | undefined;
  /** Whether pushes were carried out since the poll before. */
  wereTaken(): boolean;
  /** Whether a cause is possible that no push has met or passed yet. */
  isInDoubt(now: PushFacts): boolean;
}

export function createPushesOfOthers(): PushesOfOthers {
  const marks = new Map<string, Mark>();
  let before: PushFacts | undefined;
  let accepted = false;

  function settleCause(cause: Cause, now: PushFacts): void {
    const { word } = cause;
    const mark = marks.get(word);
    if (mark !== undefined && (mark.refuses ? isGone(cause, now, mark) : !cause.isPossible(now))) marks.delete(word);
    if (before === undefined) return;
    const refused = hasRefused(cause, before, now);
    if (refused && (!accepted || cause.isPossible(now))) marks.set(word, markOf(now, true, !accepted));
    // A push that was accepted before the cause came says nothing about it.
    const wasPossible = cause.isPossible(before) && cause.isPossible(now);
    if (accepted && !refused && (wasPossible || mark?.refuses === true)) marks.set(word, markOf(now, false, true));
  }

  return {
    settle(now) {
      accepted = before !== undefined && acceptedSince(before, now) > 0;
      for (const cause of CAUSES) settleCause(cause, now);
      before = now;
    },
    probeRefused(word, now) {
      marks.set(word, markOf(now, true, false));
    },
    probeTaken() {
      const refused = CAUSES.find(
        ({ word, isOfPush }) => isOfPush && marks.get(word)?.refuses && marks.get(word)?.isOfOthers,
      );
      for (const { word } of CAUSES) if (word !== refused?.word) marks.delete(word);
      return refused?.word;
    },
    refusedWith: () => CAUSES.find(({ word }) => marks.get(word)?.refuses === true)?.word,
    wereTaken: () => accepted,
    isInDoubt: (now) => CAUSES.some((cause) => !marks.has(cause.word) && isDoubtful(cause, now)),
  };
}

const INPUT = 'total_net_input_bytes';

/** A possible cause, unless Redis counts its refusals and has none. A failed snapshot may not have met any push yet. */
function isDoubtful(cause: Cause, now: PushFacts): boolean {
  if (!cause.isPossible(now) || cause.word === 'WRONGTYPE') return false;
  return cause.word === 'MISCONF' || !countsErrors(now.info) || errorsOf(now.info, cause.word) > 0;
}

function markOf(now: PushFacts, refuses: boolean, isOfOthers: boolean): Mark {
  return { refuses, isOfOthers, ratio: ratioOf(now) ?? 0, goodReplicas: goodReplicasOf(now) ?? 0 };
}

function isGone(cause: Cause, now: PushFacts, mark: Mark): boolean {
  if (cause.word === 'OOM') return (ratioOf(now) ?? 0) < Math.min(ROOM_BELOW, mark.ratio * SUNK_TO);
  if (cause.word === 'NOREPLICAS') return (goodReplicasOf(now) ?? Number.POSITIVE_INFINITY) > mark.goodReplicas;
  return !cause.isPossible(now);
}

/** Whether others were refused a push with this word since the poll before. */
function hasRefused(cause: Cause, before: PushFacts, now: PushFacts): boolean {
  const isFull = cause.word === 'OOM';
  if (!isFull && !cause.isPossible(now)) return false;
  // Weir's own LLEN is refused with it too, so errors by their word do not tell.
  if (cause.word === 'WRONGTYPE') return growth(before.calls.failedPushes, now.calls.failedPushes) > 0;
  if (countsErrors(now.info)) return othersErrors(before.info, now.info, cause.word) > 0;
  if (growth(before.calls.refusedPushes, now.calls.refusedPushes) > 0) return cause.isPossible(now);
  // Before 6.2 Redis counts no refusals. There is one where more came in than there is room for, and nothing was pushed.
  if (!isFull || !cause.isPossible(now) || acceptedSince(before, now) > 0) return false;
  const received = growth(numberOf(before.info, INPUT), numberOf(now.info, INPUT));
  return received > (numberOf(now.info, 'maxmemory') ?? 0) - (now.bytes ?? 0);
}

/** Redis counts errors by their word since 6.2, and stops where there are too many kinds (server.c, 7.4). */
function countsErrors(info: Info): boolean {
  if (info.has('errorstat_ERRORSTATS_DISABLED')) return false;
  const commands = [...info].filter(([name]) => name.startsWith('cmdstat_'));
  return commands.every(([, counts]) => counts.includes('rejected_calls='));
}

function errorsOf(info: Info, word: string): number {
  return partOf(info, `errorstat_${word}`, 'count') ?? 0;
}

/** Errors since the poll before, less those of the probe, whichever observer sent it. */
function othersErrors(before: Info, now: Info, word: string): number {
  const ofProbe = (info: Info) => partOf(info, 'cmdstat_linsert', 'rejected_calls') ?? 0;
  return growth(errorsOf(before, word), errorsOf(now, word)) - growth(ofProbe(before), ofProbe(now));
}

/** Pushes that were carried out since the poll before. */
function acceptedSince(before: PushFacts, now: PushFacts): number {
  const accepted = ({ pushes = 0, failedPushes = 0 }: Calls) => pushes - failedPushes;
  return growth(accepted(before.calls), accepted(now.calls));
}

/** A counter that went down began anew (CONFIG RESETSTAT). */
function growth(before = 0, now = 0): number {
  return now >= before ? now - before : now;
}
