/** Holds on a pool: people set and remove them, time ends them, and `holdsInForce` lists those that stand now. */

import { openUntil } from '../../lib/recurring.ts';
import type { PolicyConfig } from '../../model/configuration/config.ts';
import { formatDuration } from '../../model/duration.ts';
import type { HoldRequest, ResumeRequest } from '../../model/entries/requests.ts';
import { type Hold, type HoldList, holdId, MAX_HOLD_MS, scopeKey } from '../../model/people/hold.ts';
import type { Sweep } from '../../model/readings/reading.ts';
import type { Draft } from '../state/draft.ts';
import type { PoolState } from '../state/state.ts';

/** Sets a hold, for a day at most. It replaces the hold of the same scope. */
export function foldHold(draft: Draft, { scope, by, reason, holdMs }: HoldRequest): void {
  const until = draft.now + Math.min(Math.max(0, holdMs), MAX_HOLD_MS);
  const hold: Hold = { scope, by, reason, until };
  const before = draft.holds[scopeKey(scope)];
  if (before !== undefined) drop(draft, before);
  draft.holds = { ...draft.holds, [scopeKey(scope)]: hold };
  draft.events.push({ type: 'hold', change: 'begun', hold, by });
}

export function foldResume(draft: Draft, { scope, by }: ResumeRequest): void {
  const hold = draft.holds[scopeKey(scope)];
  if (hold === undefined) return;
  drop(draft, hold);
  draft.events.push({ type: 'hold', change: 'ended', hold, by });
}

/** Takes back holds that a node remembers and the pool does not: the broker has lost them, and people still want them. */
export function noteHolds(draft: Draft, { holds = [] }: Sweep): void {
  for (const hold of holds) {
    const isKnown = draft.holds[scopeKey(hold.scope)] !== undefined || draft.endedHolds[holdId(hold)] !== undefined;
    if (isKnown || (hold.until ?? 0) <= draft.now) continue;
    draft.holds = { ...draft.holds, [scopeKey(hold.scope)]: hold };
    draft.events.push({ type: 'hold', change: 'begun', hold, by: `${hold.by}, as a node remembers` });
  }
}

/** Ends holds whose time is over, and forgets removed ones that would be over by now. */
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

/** A pool's holds as nodes remember them. Pure. */
export function holdListOf({ holds, endedHolds }: Pick<PoolState, 'holds' | 'endedHolds'>): HoldList {
  return { live: Object.values(holds), ended: Object.keys(endedHolds) };
}

/**
 * All holds in force: by people, by the windows of weir.yaml, and by a file on a node. The file of one node holds the whole
 * pool, because half a pool that acts would carry out a part of a plan. Pure.
 */
export function holdsInForce(from: {
  readonly pool: string;
  readonly policy: Pick<PolicyConfig, 'maintenance'>;
  readonly holds: Readonly<Record<string, Hold>>;
  /** The sweeps that are fresh. */
  readonly fresh: readonly Sweep[];
  /** Broker time in ms. */
  readonly now: number;
  /** See PoolState. */
  readonly calendarMs: number | undefined;
}): Hold[] {
  const { pool, policy, holds, fresh, now, calendarMs = 0 } = from;
  const byWindow = policy.maintenance.flatMap((window): Hold[] => {
    if (window.pool !== undefined && window.pool !== pool) return [];
    const ends = openUntil(window, now + calendarMs);
    if (ends === undefined) return [];
    const until = ends - calendarMs;
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
