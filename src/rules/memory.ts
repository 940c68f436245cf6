/**
 * What a pool's state remembers for the rails: what rules had done, what came of it, and what members take. All of it is
 * counted by entry, and learned again from the nodes' own audits when the broker has lost it.
 */

import type { Act } from '../model/action.ts';
import type { Decision } from '../model/decision.ts';
import type { Ack } from '../model/entry.ts';
import type { MemberLoad } from '../model/rail.ts';
import type { Sweep } from '../model/reading.ts';
import type { Draft } from './draft.ts';

/** No budget looks further back, in ms: a day is the longest that can be written. */
const ACTS_KEPT_MS = 86_400_000;

/** A fuse; budgets stop long before. */
const ACTS_KEPT = 500;

/** What consumers have shown that they can take counts for so long, in ms. */
const PEAK_KEPT_MS = 86_400_000;

/** A rule's decision goes to the nodes: it is spent, whatever comes of it. A drill and a person's request are not. */
export function countAct(draft: Draft, decision: Decision): void {
  if (!decision.by.startsWith('rule:') || decision.drill !== undefined) return;
  const { id, rule, target, action, at } = decision;
  addActs(draft, [{ decision: id, rule, target, action, at, strikes: draft.strikes.count }]);
}

/**
 * What a node says that rules had it do. One that is not known was forgotten by the broker: it is spent all the same, and
 * as nobody remembers that its effect was seen, it counts as one that was not.
 */
export function learnActs(draft: Draft, { acted = [] }: Sweep): void {
  if (acted.length === 0) return;
  const known = new Set(draft.acts.map(({ decision }) => decision));
  const after = draft.now - ACTS_KEPT_MS;
  const unknown = acted.filter((act) => !known.has(act.decision) && act.at > after);
  const newest = unknown.at(-1);
  if (newest === undefined) return;
  addActs(draft, unknown);
  if (newest.at > draft.strikes.at) {
    draft.strikes = { count: Math.max(draft.strikes.count, newest.strikes + 1), at: newest.at };
  }
}

function addActs(draft: Draft, acts: readonly Act[]): void {
  const after = draft.now - ACTS_KEPT_MS;
  draft.acts = [...draft.acts, ...acts]
    .filter((act) => act.at > after)
    .sort((one, other) => one.at - other.at)
    .slice(-ACTS_KEPT);
}

/**
 * A rule's decision has come to its end. Seen: the row of failures is broken. Not seen, or tried and failed: one more. A
 * node that refused or that the job reached too late has tried nothing.
 */
export function countStrike(draft: Draft, { by, drill, state, outcomes }: Decision): void {
  if (!by.startsWith('rule:') || drill !== undefined) return;
  const hasFailed = state === 'failed' && outcomes.some(({ result }) => result === 'failed');
  if (state === 'verified') draft.strikes = { count: 0, at: draft.now };
  else if (state === 'unverified' || hasFailed) draft.strikes = { count: draft.strikes.count + 1, at: draft.now };
}

/** A person has looked: the block is over and the breaker closed. Budgets are not given back. */
export function foldAck(draft: Draft, { by }: Ack): void {
  draft.ackedAt = draft.now;
  draft.strikes = { count: 0, at: draft.now };
  draft.events.push({ type: 'people', change: 'acked', by });
}

/** Of every member its own node's word alone, else what the observer sees that is its own. */
export function learnLoads(draft: Draft, sweep: Sweep): void {
  for (const [name, signals] of Object.entries(sweep.members)) {
    if (name !== sweep.observer) continue;
    const { inflow_rate: inflow, consume_rate: taken } = signals;
    if (typeof inflow !== 'number') continue;
    const before = draft.loads[name];
    const isOver = before === undefined || draft.now - before.peakAt > PEAK_KEPT_MS;
    const most = typeof taken === 'number' && (isOver || taken >= before.peakTaken);
    const peak = most
      ? { peakTaken: taken, peakAt: draft.now }
      : { peakTaken: isOver ? 0 : before.peakTaken, peakAt: isOver ? draft.now : before.peakAt };
    const load: MemberLoad = { inflow, at: sweep.at, ...peak };
    draft.loads = { ...draft.loads, [name]: load };
  }
}
