/** A worker: the real step with the real rails, over the stand-in for the broker, as workers/evaluate.ts does it. */

import type { PolicyConfig, PollConfig, PoolConfig } from '../../src/model/config.ts';
import { compareEntryIds, entryTime } from '../../src/model/entry.ts';
import type { RuleSet } from '../../src/model/rule.ts';
import { judge } from '../../src/rails/index.ts';
import { leaseIdOf } from '../../src/rules/leases.ts';
import { initialState, type PoolState, resettle, type StepContext } from '../../src/rules/state.ts';
import { type StepResult, step } from '../../src/rules/step.ts';
import type { Broker, Folded } from './broker.ts';

export interface Parts {
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly ruleSet: RuleSet;
}

const GAP_MS = 30_000;

/** Reads what is new and folds it; nothing is written yet. */
export function fold(broker: Broker, { pool, policy, poll, ruleSet }: Parts, now: number): Folded {
  const stored = broker.kept.state;
  const context: StepContext = { pool, policy, poll, ruleSet, judge };
  let state = load(broker, stored, { pool, policy, poll, ruleSet }, now);
  const recorded = new Map(broker.kept.decisions);
  const results: StepResult[] = [];
  const after = state.cursor;
  const { entries: kept } = broker.kept;
  // They are in order, and a minute of them is kept: only the last few are new.
  const entries = kept.slice(kept.findLastIndex(({ id }) => compareEntryIds(id, after) <= 0) + 1);
  for (const entry of entries) {
    if (entry.body.kind === 'outcome') leaseIdOf(entry.body.decision);
    const result = step(context, state, entry, recorded);
    state = result.state;
    results.push(result);
    for (const decision of result.records) recorded.set(decision.id, decision);
  }
  const forgotten = Object.keys(stored?.ended ?? {}).filter((id) => state.ended[id] === undefined);
  return { readCursor: stored?.cursor ?? '', state, results, forgotten };
}

function load(broker: Broker, stored: PoolState | undefined, { policy, poll, ruleSet }: Parts, now: number): PoolState {
  const recent = `${now - poll.staleAfterMs}-0`;
  const brokerRunId = String(broker.runId);
  const { settleMs } = policy;
  if (stored === undefined) {
    return initialState({ cursor: recent, now, settleMs, reason: 'Weir has started', ruleSet, brokerRunId });
  }
  if (now - entryTime(stored.cursor) > GAP_MS) {
    return { ...resettle(stored, now, settleMs, 'a gap'), cursor: recent, brokerRunId };
  }
  if (stored.brokerRunId !== brokerRunId) return { ...resettle(stored, now, settleMs, 'another broker'), brokerRunId };
  return stored;
}
