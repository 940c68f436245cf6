/**
 * Whether a member takes pushes, and the word with which it refuses them. What the probe was answered counts first, then
 * what INFO says outright, then what became of the pushes of others. A refusal lasts until its cause is gone: that nobody
 * tries any more ends none. Pure, but for what it remembers from poll to poll.
 */

import type { Calls } from './calls.ts';
import { CAUSES, type Cause, type Facts, goodReplicasOf, ratioOf } from './causes.ts';
import { type Info, numberOf, partOf } from './info.ts';
import type { Probed } from './probe.ts';
import { isReadOnly } from './role.ts';

export interface Evidence extends Facts {
  readonly calls: Calls;
  readonly probed?: Probed;
  /** The word with which LLEN of a queue was refused, where pushes are refused with it as well. */
  readonly queueRefused?: string;
}

/** Empty: a push would be accepted. Undefined: nobody knows. */
export type Refusal = string | undefined;

export interface Writes {
  judge(evidence: Evidence): Refusal;
  /** Redis has not answered at all: what hung before has to hang anew. */
  forgetLate(): void;
}

/**
 * One late answer may be the machine's doing, or a packet's. With the next one, which was asked for on a new connection,
 * pushes are paused (CLIENT PAUSE, FAILOVER).
 */
const PAUSED_AFTER = 2;

/** After so many polls without an answer a probe that was refused says nothing any more. */
const PROBE_HOLDS_FOR = 10;

/** Who was refused for memory may find room when what is used has sunk to this share of it, and to this one of the limit. */
const SUNK_TO = 0.95;
const ROOM_BELOW = 0.85;

/** What became of pushes while a cause may have been there. */
interface Mark {
  readonly refuses: boolean;
  /** Pushes of others were refused, and none was taken: they may be bigger than the probe. */
  readonly isOfOthers: boolean;
  readonly ratio: number;
  readonly goodReplicas: number;
}

export function createWrites(): Writes {
  const marks = new Map<string, Mark>();
  let before: Evidence | undefined;
  let late = 0;
  /** Polls since the probe was last answered, when that was a refusal, or late. */
  let silent: number | undefined;

  function judge(now: Evidence): Refusal {
    for (const cause of CAUSES) settle(cause, now);
    const { probed } = now;
    if (probed?.kind === 'refused') {
      heard('refused');
      marks.set(probed.word, markOf(now, true, false));
      return probed.word;
    }
    if (probed?.kind === 'late') {
      late += 1;
      silent = 0;
      return late >= PAUSED_AFTER ? 'PAUSED' : certainOf(now);
    }
    if (now.queueRefused !== undefined) return now.queueRefused;
    if (probed?.kind !== 'accepted') return withoutProbe(now);
    heard('accepted');
    const refused = CAUSES.find(
      ({ word, isOfPush }) => isOfPush && marks.get(word)?.refuses && marks.get(word)?.isOfOthers,
    );
    for (const { word } of CAUSES) if (word !== refused?.word) marks.delete(word);
    return refused?.word ?? '';
  }

  function heard(answer: 'accepted' | 'refused'): void {
    late = 0;
    silent = answer === 'refused' ? 0 : undefined;
  }

  /** What the probe said last and INFO does not show either is not known for a while. */
  function withoutProbe(now: Evidence): Refusal {
    const said = byInfo(now);
    if (silent !== undefined) silent += 1;
    if (silent !== undefined && silent > PROBE_HOLDS_FOR) {
      silent = undefined;
      late = 0;
    }
    return silent === undefined || said !== '' ? said : undefined;
  }

  function byInfo(now: Evidence): Refusal {
    const certain = certainOf(now);
    if (certain !== undefined) return certain;
    const refused = CAUSES.find(({ word }) => marks.get(word)?.refuses === true);
    if (refused !== undefined) return refused.word;
    const isInDoubt = CAUSES.some((cause) => !marks.has(cause.word) && isDoubtful(cause, now));
    const isLimitKnown = numberOf(now.info, 'maxmemory') !== undefined || acceptedSince(before, now) > 0;
    const isRedis = isReadOnly(now.info) === false && now.bytes !== undefined;
    return isInDoubt || !isLimitKnown || !isRedis ? undefined : '';
  }

  /** Takes notice of what happened to those who push since the poll before. */
  function settle(cause: Cause, now: Evidence): void {
    const { word } = cause;
    const mark = marks.get(word);
    if (mark !== undefined && (mark.refuses ? isGone(cause, now, mark) : !cause.isPossible(now))) marks.delete(word);
    if (before === undefined) return;
    const accepted = acceptedSince(before, now) > 0;
    const refused = hasRefused(cause, before, now);
    if (refused && (!accepted || cause.isPossible(now))) marks.set(word, markOf(now, true, !accepted));
    // What was accepted before the cause was there says nothing of it.
    const wasPossible = cause.isPossible(before) && cause.isPossible(now);
    if (accepted && !refused && (wasPossible || mark?.refuses === true)) marks.set(word, markOf(now, false, true));
  }

  return {
    judge(evidence) {
      const refusal = judge(evidence);
      before = evidence;
      return refusal;
    },
    forgetLate() {
      late = 0;
    },
  };
}

const INPUT = 'total_net_input_bytes';

function certainOf(facts: Facts): string | undefined {
  return CAUSES.find((cause) => cause.isCertain(facts))?.word;
}

/** A cause that may be there, unless Redis counts its refusals and has none: of a snapshot's failure nobody may know yet. */
function isDoubtful(cause: Cause, now: Evidence): boolean {
  if (!cause.isPossible(now) || cause.word === 'WRONGTYPE') return false;
  return cause.word === 'MISCONF' || !countsErrors(now.info) || errorsOf(now.info, cause.word) > 0;
}

function markOf(now: Evidence, refuses: boolean, isOfOthers: boolean): Mark {
  return { refuses, isOfOthers, ratio: ratioOf(now) ?? 0, goodReplicas: goodReplicasOf(now) ?? 0 };
}

function isGone(cause: Cause, now: Evidence, mark: Mark): boolean {
  if (cause.word === 'OOM') return (ratioOf(now) ?? 0) < Math.min(ROOM_BELOW, mark.ratio * SUNK_TO);
  if (cause.word === 'NOREPLICAS') return (goodReplicasOf(now) ?? Number.POSITIVE_INFINITY) > mark.goodReplicas;
  return !cause.isPossible(now);
}

/** Whether others were refused a push with this word since the poll before. */
function hasRefused(cause: Cause, before: Evidence, now: Evidence): boolean {
  const isFull = cause.word === 'OOM';
  if (!isFull && !cause.isPossible(now)) return false;
  // Weir's own LLEN is refused with it too.
  if (cause.word === 'WRONGTYPE') return growth(before.calls.failedPushes, now.calls.failedPushes) > 0;
  if (countsErrors(now.info)) return othersErrors(before.info, now.info, cause.word) > 0;
  if (growth(before.calls.refusedPushes, now.calls.refusedPushes) > 0) return cause.isPossible(now);
  // Before 6.2 nobody counts refusals: there more came in than there is room for, and none of it was pushed.
  if (!isFull || !cause.isPossible(now) || acceptedSince(before, now) > 0) return false;
  const received = growth(numberOf(before.info, INPUT), numberOf(now.info, INPUT));
  return received > (numberOf(now.info, 'maxmemory') ?? 0) - (now.bytes ?? 0);
}

/** Redis counts errors by their word since 6.2, and gives that up where there are too many kinds (server.c, 7.4). */
function countsErrors(info: Info): boolean {
  if (info.has('errorstat_ERRORSTATS_DISABLED')) return false;
  const commands = [...info].filter(([name]) => name.startsWith('cmdstat_'));
  return commands.every(([, counts]) => counts.includes('rejected_calls='));
}

function errorsOf(info: Info, word: string): number {
  return partOf(info, `errorstat_${word}`, 'count') ?? 0;
}

/** Errors since the poll before, less those of the probe, also where other observers sent it. */
function othersErrors(before: Info, now: Info, word: string): number {
  const ofProbe = (info: Info) => partOf(info, 'cmdstat_linsert', 'rejected_calls') ?? 0;
  return growth(errorsOf(before, word), errorsOf(now, word)) - growth(ofProbe(before), ofProbe(now));
}

/** Pushes that were carried out since the poll before. */
function acceptedSince(before: Evidence | undefined, now: Evidence): number {
  const accepted = ({ pushes = 0, failedPushes = 0 }: Calls) => pushes - failedPushes;
  return before === undefined ? 0 : growth(accepted(before.calls), accepted(now.calls));
}

/** A counter that went down began anew (CONFIG RESETSTAT). */
function growth(before = 0, now = 0): number {
  return now >= before ? now - before : now;
}
