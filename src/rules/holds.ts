/** Holds of a pool: set and taken away by entries, over by time, and all that stand now. */

import type { PolicyConfig } from '../model/config.ts';
import { formatDuration } from '../model/duration.ts';
import type { HoldWish, ResumeWish } from '../model/entry.ts';
import { type Hold, MAX_HOLD_MS, scopeKey } from '../model/hold.ts';
import type { Sweep } from '../model/reading.ts';
import { openUntil } from '../schedule.ts';
import type { Draft } from './draft.ts';

/** A hold of the same scope takes the place of the one before. More than a day is not to be had. */
export function foldHold(draft: Draft, { scope, by, reason, holdMs }: HoldWish): void {
  const until = draft.now + Math.min(Math.max(0, holdMs), MAX_HOLD_MS);
  const hold: Hold = { scope, by, reason, until };
  draft.holds = { ...draft.holds, [scopeKey(scope)]: hold };
  draft.events.push({ type: 'hold', change: 'begun', hold, by });
}

export function foldResume(draft: Draft, { scope, by }: ResumeWish): void {
  const hold = draft.holds[scopeKey(scope)];
  if (hold === undefined) return;
  drop(draft, hold);
  draft.events.push({ type: 'hold', change: 'ended', hold, by });
}

/** What is over by time. */
export function endHolds(draft: Draft): void {
  for (const hold of Object.values(draft.holds)) {
    if (hold.until === undefined || hold.until > draft.now) continue;
    drop(draft, hold);
    draft.events.push({ type: 'hold', change: 'ended', hold, by: 'its time' });
  }
}

function drop(draft: Draft, { scope }: Hold): void {
  const { [scopeKey(scope)]: _, ...left } = draft.holds;
  draft.holds = left;
}

/** By people, by weir.yaml's windows, by a file on a node: half a pool that acts would be a part of a plan. Pure. */
export function holdsInForce(from: {
  readonly pool: string;
  readonly policy: Pick<PolicyConfig, 'maintenance'>;
  readonly holds: Readonly<Record<string, Hold>>;
  /** The sweeps that are fresh. */
  readonly fresh: readonly Sweep[];
  /** Broker time in ms. */
  readonly now: number;
}): Hold[] {
  const { pool, policy, holds, fresh, now } = from;
  const byWindow = policy.maintenance.flatMap((window): Hold[] => {
    if (window.pool !== undefined && window.pool !== pool) return [];
    const until = openUntil(window, now);
    if (until === undefined) return [];
    const scope =
      window.member === undefined ? { kind: 'pool' as const } : { kind: 'member' as const, name: window.member };
    return [
      { scope, by: `weir.yaml (${window.schedule} for ${formatDuration(window.forMs)})`, reason: window.reason, until },
    ];
  });
  const byFile = fresh.flatMap(({ observer, hold }): Hold[] =>
    hold === undefined ? [] : [{ scope: { kind: 'pool' }, by: `The file hold on ${observer}`, reason: hold }],
  );
  return [...Object.values(holds), ...byWindow, ...byFile];
}
