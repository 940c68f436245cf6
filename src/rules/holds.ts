/** Holds of a pool: set and taken away by entries, over by time, and all that stand now. */

import type { PolicyConfig } from '../model/config.ts';
import { formatDuration } from '../model/duration.ts';
import type { HoldWish, ResumeWish } from '../model/entry.ts';
import { type Hold, type HoldList, holdId, MAX_HOLD_MS, scopeKey } from '../model/hold.ts';
import type { Sweep } from '../model/reading.ts';
import { openUntil } from '../schedule.ts';
import type { Draft } from './draft.ts';
import type { PoolState } from './state.ts';

/** A hold of the same scope takes the place of the one before. More than a day is not to be had. */
export function foldHold(draft: Draft, { scope, by, reason, holdMs }: HoldWish): void {
  const until = draft.now + Math.min(Math.max(0, holdMs), MAX_HOLD_MS);
  const hold: Hold = { scope, by, reason, until };
  const before = draft.holds[scopeKey(scope)];
  if (before !== undefined) drop(draft, before);
  draft.holds = { ...draft.holds, [scopeKey(scope)]: hold };
  draft.events.push({ type: 'hold', change: 'begun', hold, by });
}

export function foldResume(draft: Draft, { scope, by }: ResumeWish): void {
  const hold = draft.holds[scopeKey(scope)];
  if (hold === undefined) return;
  drop(draft, hold);
  draft.events.push({ type: 'hold', change: 'ended', hold, by });
}

/** What a node was told of and the pool does not know: the broker has lost it, and people still want it. */
export function learnHolds(draft: Draft, { holds = [] }: Sweep): void {
  for (const hold of holds) {
    const isKnown = draft.holds[scopeKey(hold.scope)] !== undefined || draft.endedHolds[holdId(hold)] !== undefined;
    if (isKnown || (hold.until ?? 0) <= draft.now) continue;
    draft.holds = { ...draft.holds, [scopeKey(hold.scope)]: hold };
    draft.events.push({ type: 'hold', change: 'begun', hold, by: `${hold.by}, as a node remembers` });
  }
}

/** What is over by time. */
export function endHolds(draft: Draft): void {
  const ended = Object.entries(draft.endedHolds);
  const left = ended.filter(([, until]) => until > draft.now);
  if (left.length < ended.length) draft.endedHolds = Object.fromEntries(left);
  for (const hold of Object.values(draft.holds)) {
    if (hold.until === undefined || hold.until > draft.now) continue;
    drop(draft, hold);
    draft.events.push({ type: 'hold', change: 'ended', hold, by: 'its time' });
  }
}

function drop(draft: Draft, hold: Hold): void {
  const { [scopeKey(hold.scope)]: _, ...left } = draft.holds;
  draft.holds = left;
  draft.endedHolds = { ...draft.endedHolds, [holdId(hold)]: hold.until ?? 0 };
}

/** What nodes are told of a pool's holds. Pure. */
export function holdListOf({ holds, endedHolds }: Pick<PoolState, 'holds' | 'endedHolds'>): HoldList {
  return { live: Object.values(holds), ended: Object.keys(endedHolds) };
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
