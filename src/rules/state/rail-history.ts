/**
 * What a pool's state remembers for the rails: the actions of rules, what came of them, and the load that members take. It
 * is counted entry by entry. When the broker has lost it, it is learned again from the nodes' own audits.
 */

import { LONGEST_BUDGET_MS } from '../../model/configuration/budget.ts';
import type { PastAction } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import type { MemberLoad } from '../../model/decisions/rail.ts';
import type { Trust } from '../../model/entries/requests.ts';
import { ruleOf } from '../../model/owner.ts';
import type { Sweep } from '../../model/readings/reading.ts';
import type { Draft } from './draft.ts';

/** A fuse; budgets stop long before. */
const ACTS_KEPT = 500;

/** The highest rate that a member's consumers have taken counts for so long, in ms. */
const PEAK_KEPT_MS = 86_400_000;

/** Counts a rule's decision that goes to the nodes. Drills and requests of people do not count. */
export function countAct(draft: Draft, decision: Decision): void {
  if (ruleOf(decision.by) === undefined || decision.drill !== undefined) return;
  const { id, rule, target, action, at } = decision;
  addActs(draft, [{ decision: id, rule, target, action, at, strikes: draft.strikes.count }]);
}

/** Whether no node touched anything for the decision. */
export function touchedNothing({ state, outcomes }: Decision): boolean {
  const isOver = state === 'failed' || state === 'expired';
  return isOver && outcomes.length > 0 && outcomes.every(({ result }) => result === 'refused' || result === 'expired');
}

/** A decision is closed, or a late outcome of it came: it is taken off the budgets where nothing was touched. */
export function priceAct(draft: Draft, decision: Decision): void {
  if (!touchedNothing(decision)) spend(draft, new Set([decision.id]));
  else draft.acts = draft.acts.map((act) => (act.decision === decision.id ? { ...act, untouched: true } : act));
}

function spend(draft: Draft, decisions: ReadonlySet<string>): void {
  const isMissing = ({ decision, untouched }: PastAction) => untouched === true && decisions.has(decision);
  if (!draft.acts.some(isMissing)) return;
  draft.acts = draft.acts.map((act) => {
    const { untouched: _, ...spent } = act;
    return isMissing(act) ? spent : act;
  });
}

/** The past actions that budgets and blocks count. */
export function spentActs({ acts }: Pick<Draft, 'acts'>): readonly PastAction[] {
  return acts.filter(({ untouched }) => untouched !== true);
}

/**
 * Notes what rules had a node do. An action that is not known was lost by the broker: it counts, and because nobody
 * remembers that its effect was seen, it counts as a failure too.
 */
export function notePastActions(draft: Draft, { acted = [] }: Sweep): void {
  if (acted.length === 0) return;
  spend(draft, new Set(acted.map(({ decision }) => decision)));
  const knownDecisions = new Set(draft.acts.map(({ decision }) => decision));
  const after = draft.now - LONGEST_BUDGET_MS;
  const unknown = acted.filter((act) => !knownDecisions.has(act.decision) && act.at > after);
  const newest = unknown.at(-1);
  if (newest === undefined) return;
  addActs(draft, unknown);
  if (newest.at > draft.strikes.at) {
    draft.strikes = { count: Math.max(draft.strikes.count, newest.strikes + 1), at: newest.at };
  }
}

function addActs(draft: Draft, acts: readonly PastAction[]): void {
  const after = draft.now - LONGEST_BUDGET_MS;
  draft.acts = [...draft.acts, ...acts]
    .filter((act) => act.at > after)
    .sort((x, y) => x.at - y.at)
    .slice(-ACTS_KEPT);
}

/**
 * A rule's decision is closed. Where its effect was seen, the failures in a row start again at 0. Where it was not seen, or
 * was tried and failed, there is one more. A node that refused, or got the job too late, has tried nothing.
 */
export function countFailure(draft: Draft, { by, drill, state, outcomes }: Decision): void {
  if (ruleOf(by) === undefined || drill !== undefined) return;
  const hasFailed = state === 'failed' && outcomes.some(({ result }) => result === 'failed');
  if (state === 'verified') draft.strikes = { count: 0, at: draft.now };
  else if (state === 'unverified' || hasFailed) draft.strikes = { count: draft.strikes.count + 1, at: draft.now };
}

/** A person trusts the rules again: block and breaker are over. Budgets are not given back. */
export function foldTrust(draft: Draft, { by }: Trust): void {
  draft.ackedAt = draft.now;
  draft.strikes = { count: 0, at: draft.now };
  draft.events.push({ type: 'people', change: 'trusted', by });
}

/** Notes the load of a member, from its own node's sweep alone. */
export function noteLoads(draft: Draft, sweep: Sweep): void {
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
