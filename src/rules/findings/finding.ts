import type { Finding } from '../../model/decisions/decision.ts';
import type { Rule, Truth } from '../../model/decisions/rule.ts';
import type { EntryId } from '../../model/ids.ts';

/** What is known about one rule and one target at one entry. */
export interface Observation {
  readonly truth: Truth;
  /** `clear_when`, where the rule has one. */
  readonly cleared: Truth;
  /** Broker time of the entry in ms. */
  readonly now: number;
  /** Time since the entry before, in ms: an unknown value stops a timer for that long. */
  readonly elapsedMs: number;
  readonly staleAfterMs: number;
  /** Start of the poll whose reading of the target this rests on; broker time in ms. */
  readonly readAt: number;
  /** Between two polls of an observer. */
  readonly intervalMs: number;
  readonly entryId: EntryId;
  /** The rule is looked at for this target for the first time. */
  readonly isFirst?: boolean;
}

export type Change = 'fired' | 'resolved' | 'unknown';

export interface Transition {
  /** undefined: nothing to remember about this rule and target. */
  readonly finding: Finding | undefined;
  readonly change?: Change;
}

type Timers = Pick<
  Finding,
  'phase' | 'since' | 'firstReadAt' | 'episode' | 'lastTrueAt' | 'unknownSince' | 'unknownTold' | 'neverKnown'
>;

/**
 * The life of a finding: inactive; pending until `when` has held for `for` and was read again at the end of it; firing; and
 * inactive again when it has cleared for `keep_firing_for`. Unknown neither fires nor clears. It stops the timers, resets a
 * pending finding when it lasts longer than stale_after, and freezes a firing one. Pure.
 */
export function advance(rule: Rule, before: Finding | undefined, seen: Observation, rest: FindingRest): Transition {
  const timers: Timers = before ?? {
    phase: 'inactive',
    since: seen.now,
    ...(seen.isFirst === true && { neverKnown: true }),
  };
  const next = seen.truth === undefined ? hold(timers, seen) : move(rule, timers, seen);
  const change = changeOf(rule, timers, next, seen.now);
  const told = next.unknownSince !== undefined && (timers.unknownTold === true || change === 'unknown');
  if (next.phase === 'inactive' && next.unknownSince === undefined) {
    return change === undefined ? { finding: undefined } : { finding: undefined, change };
  }
  const hasJustFired = next.phase === 'firing' && timers.phase !== 'firing';
  const finding = assemble(rest, hasJustFired ? undefined : before, next);
  if (hasJustFired) finding.nextStep = 0;
  if (told) finding.unknownTold = true;
  return change === undefined ? { finding } : { finding, change };
}

/** The parts of a finding that its timers do not decide. */
export type FindingRest = Pick<
  Finding,
  'rule' | 'targetKind' | 'target' | 'values' | 'title' | 'severity' | 'muted'
> & {
  readonly outBy?: Finding['outBy'] | undefined;
};

/** Sets field by field: at an entry a thousand findings are made, and spreads took half of an evaluation (test/bench). */
function assemble(rest: FindingRest, before: Finding | undefined, next: Timers): Writable<Finding> {
  const { rule, targetKind, target, values, title, severity, muted, outBy } = rest;
  const { phase, since, firstReadAt, episode, lastTrueAt, unknownSince, neverKnown } = next;
  const finding: Writable<Finding> = { rule, targetKind, target, values, title, severity, muted, phase, since };
  if (outBy !== undefined) finding.outBy = outBy;
  if (firstReadAt !== undefined) finding.firstReadAt = firstReadAt;
  if (episode !== undefined) finding.episode = episode;
  if (lastTrueAt !== undefined) finding.lastTrueAt = lastTrueAt;
  if (unknownSince !== undefined) finding.unknownSince = unknownSince;
  if (neverKnown !== undefined) finding.neverKnown = neverKnown;
  if (before?.phase !== 'firing') return finding;
  const { nextStep, openDecision, lastAnswer } = before;
  if (nextStep !== undefined) finding.nextStep = nextStep;
  if (openDecision !== undefined) finding.openDecision = openDecision;
  if (lastAnswer !== undefined) finding.lastAnswer = lastAnswer;
  return finding;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function hold(timers: Timers, { now, elapsedMs, staleAfterMs }: Observation): Timers {
  const unknownSince = timers.unknownSince ?? now;
  if (timers.phase === 'pending') {
    if (now - unknownSince > staleAfterMs) return { phase: 'inactive', since: now, unknownSince };
    const firstReadAt = (timers.firstReadAt ?? timers.since) + elapsedMs;
    return { ...timers, since: timers.since + elapsedMs, firstReadAt, unknownSince };
  }
  if (timers.phase === 'firing' && timers.lastTrueAt !== undefined) {
    return { ...timers, lastTrueAt: timers.lastTrueAt + elapsedMs, unknownSince };
  }
  return { ...timers, unknownSince };
}

/** Copies key by key, which is slow: called only where there is something to leave out. */
function withoutUnknown({ unknownSince: _since, unknownTold: _told, neverKnown: _never, ...rest }: Timers): Timers {
  return rest;
}

function move(rule: Rule, timers: Timers, seen: Observation): Timers {
  const { now, truth, entryId } = seen;
  const { unknownSince, unknownTold, neverKnown } = timers;
  const wasUnknown = unknownSince !== undefined || unknownTold !== undefined || neverKnown !== undefined;
  const before = wasUnknown ? withoutUnknown(timers) : timers;
  if (before.phase === 'firing') {
    const clear = rule.clearWhen === undefined ? !truth : seen.cleared === true;
    if (!clear) return { ...before, lastTrueAt: now };
    const quietMs = now - (before.lastTrueAt ?? before.since);
    return quietMs >= rule.keepFiringForMs ? { phase: 'inactive', since: now } : before;
  }
  if (!truth) return { phase: 'inactive', since: now };
  const since = before.phase === 'pending' ? before.since : now;
  const firstReadAt = before.phase === 'pending' ? (before.firstReadAt ?? before.since) : seen.readAt;
  if (now - since < rule.forMs || !isReadAgain(rule.forMs, firstReadAt, seen)) {
    return { phase: 'pending', since, firstReadAt, lastTrueAt: now };
  }
  return { phase: 'firing', since: now, episode: entryId, lastTrueAt: now };
}

/**
 * Whether a second poll, begun when `for` was over, has seen it too. Time alone proves nothing: a tick would fire on a
 * reading that is a second old, and the reading that shows the target well may come a moment later. Polls are no clockwork:
 * one that begins up to half an interval early counts.
 */
function isReadAgain(forMs: number, firstReadAt: number, { readAt, intervalMs }: Observation): boolean {
  return forMs === 0 || (readAt > firstReadAt && readAt - firstReadAt >= forMs - intervalMs / 2);
}

function changeOf(rule: Rule, before: Timers, after: Timers, now: number): Change | undefined {
  if (before.phase !== 'firing' && after.phase === 'firing') return 'fired';
  if (before.phase === 'firing' && after.phase === 'inactive') return 'resolved';
  const overdue =
    rule.whenUnknownMs !== undefined &&
    after.unknownSince !== undefined &&
    before.unknownTold !== true &&
    now - after.unknownSince >= rule.whenUnknownMs;
  return overdue ? 'unknown' : undefined;
}
