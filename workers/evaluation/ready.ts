/** Makes the stored state ready for an evaluation that begins now. Pure: time is handed in. */

import type { RuleSet } from '../../src/model/decisions/rule.ts';
import { compareEntryIds, type EntryId, entryTime } from '../../src/model/ids.ts';
import type { FoldEvent } from '../../src/rules/state/draft.ts';
import { initialState, lookAgain, type PoolState, resettle } from '../../src/rules/state/state.ts';

/**
 * The longest time by which a cursor may be behind, in ms. What is older is history and is not evaluated. Below 600
 * entries a second the limit of the stream (20,000 entries) does not cut in earlier.
 */
const GAP_MS = 30_000;

export interface ReadyInput {
  /** The last commit; undefined where the broker has none. `state` is absent where it cannot be read. */
  readonly stored: { readonly cursor: EntryId; readonly state?: PoolState } | undefined;
  /** Broker time in ms. */
  readonly now: number;
  readonly settleMs: number;
  readonly staleAfterMs: number;
  readonly ruleSet: Pick<RuleSet, 'hash' | 'rules'>;
  readonly brokerRunId: string;
}

export interface Ready {
  readonly state: PoolState;
  /** Compared by the commit; empty where the broker has no state of this pool. */
  readonly readCursor: EntryId | '';
  /** Events that come before the first entry. */
  readonly events: readonly FoldEvent[];
  /** Entries that nobody has read. Those that count after a gap are folded first (src/rules/state/gap.ts). */
  readonly gap?: Gap;
}

/** The entries after `after`, up to and including `upTo`. */
export interface Gap {
  readonly after: EntryId;
  readonly upTo: EntryId;
}

/**
 * Returns a new state, or the stored one, which settles anew after a gap or on another broker. After a gap its entries
 * that count are folded next, and reading goes on behind it (`afterGap`).
 */
export function makeReady({ stored, now, settleMs, staleAfterMs, ruleSet, brokerRunId }: ReadyInput): Ready {
  const recent = `${now - staleAfterMs}-0`;
  const { state, cursor: readCursor = '' } = stored ?? {};
  if (state === undefined) {
    const reason =
      stored === undefined
        ? 'Weir has started on this pool'
        : 'What the broker had of this pool cannot be read, and Weir begins it anew';
    const after = readCursor || '0-0';
    const begun = initialState({ cursor: after, now, settleMs, reason, ruleSet, brokerRunId });
    return { state: begun, readCursor, events: settling(reason, now), gap: { after, upTo: later(after, recent) } };
  }
  if (now - entryTime(readCursor) > GAP_MS) {
    const reason = 'The evaluation has a gap: what was seen meanwhile is history, what people said counts';
    const skipped = { ...lookAgain(resettle(state, now, settleMs, reason), now), brokerRunId };
    return { state: skipped, readCursor, events: settling(reason, now), gap: { after: readCursor, upTo: recent } };
  }
  if (state.brokerRunId !== brokerRunId) {
    const reason = 'The broker was restarted or is another one';
    return {
      state: { ...resettle(state, now, settleMs, reason), brokerRunId },
      readCursor,
      events: settling(reason, now),
    };
  }
  return { state, readCursor, events: [] };
}

/** The state after the entries of the gap were folded: reading goes on behind it. */
export function afterGap(state: PoolState, { upTo }: Gap): PoolState {
  return { ...state, cursor: upTo };
}

function later(x: EntryId, y: EntryId): EntryId {
  return compareEntryIds(x, y) >= 0 ? x : y;
}

function settling(reason: string, at: number): FoldEvent[] {
  return [{ type: 'settling', reason, at }];
}
