import type { Finding, Truth } from '../model/decision.ts';
import type { EntryId } from '../model/entry.ts';
import type { Rule } from '../model/rule.ts';

/** What is known about one rule and one target at one entry. */
export interface Observation {
  readonly truth: Truth;
  /** `clear_when`, where the rule has one. */
  readonly cleared: Truth;
  /** Broker time of the entry in ms. */
  readonly now: number;
  /** Time since the entry before, in ms: what an unknown value holds a timer by. */
  readonly elapsedMs: number;
  readonly staleAfterMs: number;
  readonly entryId: EntryId;
}

export type Change = 'fired' | 'resolved' | 'unknown';

export interface Transition {
  /** undefined: nothing to remember about this rule and target. */
  readonly finding: Finding | undefined;
  readonly change?: Change;
}

type Timers = Pick<Finding, 'phase' | 'since' | 'episode' | 'lastTrueAt' | 'unknownSince' | 'unknownTold'>;

/**
 * The life of a finding: inactive, pending while `when` holds for less than `for`, firing, and inactive again when it
 * has cleared for `keep_firing_for`. Unknown neither fires nor clears: it holds the timers, resets a pending one when it
 * lasts longer than stale_after, and freezes a firing one. Pure.
 */
export function advance(rule: Rule, before: Finding | undefined, seen: Observation, rest: FindingRest): Transition {
  const timers: Timers = before ?? { phase: 'inactive', since: seen.now };
  const next = seen.truth === undefined ? hold(timers, seen) : move(rule, timers, seen);
  const change = changeOf(rule, timers, next, seen.now);
  const told = next.unknownSince !== undefined && (timers.unknownTold === true || change === 'unknown');
  if (next.phase === 'inactive' && next.unknownSince === undefined) {
    return change === undefined ? { finding: undefined } : { finding: undefined, change };
  }
  const kept = next.unknownTold === undefined ? next : notTold(next);
  const fresh = next.phase === 'firing' && timers.phase !== 'firing' ? { nextStep: 0 } : carriedOver(before);
  const finding: Finding = { ...rest, ...fresh, ...kept, ...(told ? { unknownTold: true } : {}) };
  return change === undefined ? { finding } : { finding, change };
}

/** The parts of a finding that its timers do not decide. */
export type FindingRest = Pick<Finding, 'rule' | 'targetKind' | 'target' | 'values' | 'title' | 'severity' | 'muted'>;

function carriedOver(before: Finding | undefined): Partial<Finding> {
  if (before?.phase !== 'firing') return {};
  const { nextStep, openDecision, lastAnswer } = before;
  return {
    ...(nextStep !== undefined && { nextStep }),
    ...(openDecision !== undefined && { openDecision }),
    ...(lastAnswer !== undefined && { lastAnswer }),
  };
}

function hold(timers: Timers, { now, elapsedMs, staleAfterMs }: Observation): Timers {
  const unknownSince = timers.unknownSince ?? now;
  if (timers.phase === 'pending') {
    if (now - unknownSince > staleAfterMs) return { phase: 'inactive', since: now, unknownSince };
    return { ...timers, since: timers.since + elapsedMs, unknownSince };
  }
  if (timers.phase === 'firing' && timers.lastTrueAt !== undefined) {
    return { ...timers, lastTrueAt: timers.lastTrueAt + elapsedMs, unknownSince };
  }
  return { ...timers, unknownSince };
}

/** These two copy key by key, which is slow: only where there is something to leave out. */
function notTold({ unknownTold: _, ...rest }: Timers): Timers {
  return rest;
}

function knownAgain({ unknownSince: _since, unknownTold: _told, ...rest }: Timers): Timers {
  return rest;
}

function move(rule: Rule, timers: Timers, seen: Observation): Timers {
  const { now, truth, entryId } = seen;
  const known = timers.unknownSince === undefined && timers.unknownTold === undefined ? timers : knownAgain(timers);
  if (known.phase === 'firing') {
    const clear = rule.clearWhen === undefined ? !truth : seen.cleared === true;
    if (!clear) return { ...known, lastTrueAt: now };
    const quietMs = now - (known.lastTrueAt ?? known.since);
    return quietMs >= rule.keepFiringForMs ? { phase: 'inactive', since: now } : known;
  }
  if (!truth) return { phase: 'inactive', since: now };
  const since = known.phase === 'pending' ? known.since : now;
  if (now - since < rule.forMs) return { phase: 'pending', since, lastTrueAt: now };
  return { phase: 'firing', since: now, episode: entryId, lastTrueAt: now };
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
