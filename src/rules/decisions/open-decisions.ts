/** What becomes of open decisions: outcomes from nodes, the sweep that verifies, the deadline that closes. */

import { NODE_KINDS, REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Decision, DecisionState, Finding, NodeOutcome } from '../../model/decisions/decision.ts';
import type { Outcome, OutcomeResult } from '../../model/decisions/outcome.ts';
import type { Rule, Step } from '../../model/decisions/rule.ts';
import { formatDuration } from '../../model/duration.ts';
import { leaseIdOf } from '../../model/ids.ts';
import { type Draft, saveDecision } from '../state/draft.ts';
import { countFailure, priceAct, touchedNothing } from '../state/rail-history.ts';
import { ANSWER_WITHIN_MS, type OpenDecision, toNodeOutcome } from '../state/state.ts';
import {
  denyLease,
  desireLease,
  endHandover,
  endLate,
  endLease,
  foldLeaseOutcome,
  isBefore,
  wantLease,
} from './leases.ts';
import { isVerified } from './verify.ts';

/** How long a fresh sweep may take to show a request, or a step without its own `verify`, in ms. */
const VERIFY_WITHIN_MS = 10_000;

/** How often a step is tried in one episode when nodes fail to do it, and how long it waits in between, in ms. */
const MAX_ATTEMPTS = 3;
const RETRY_AFTER_MS = 15_000;

/** A step that touched nothing is asked for again without end. The wait doubles each time, up to this, in ms. */
const ASK_AGAIN_AT_MOST_MS = 900_000;

/** Results that answer a job; every other one reports on a lease. */
const ANSWERS: ReadonlySet<OutcomeResult> = new Set<OutcomeResult>(['applied', 'refused', 'failed', 'expired']);

/**
 * Folds what a node reports: the outcome of its job, or a change of a lease.
 * @param recorded the decision as it was closed, where it is closed.
 */
export function foldOutcome(draft: Draft, outcome: Outcome, recorded: Decision | undefined): void {
  const id = leaseIdOf(outcome.decision);
  if (id !== outcome.decision || !ANSWERS.has(outcome.result)) {
    foldLeaseOutcome(draft, id, outcome, recorded);
    return;
  }
  const open = draft.open[id];
  if (open === undefined) {
    // The director came late: its outcome is recorded, and the decision stays as it was closed.
    if (recorded === undefined) return;
    const decision = withOutcome(recorded, outcome);
    saveDecision(draft, decision);
    priceAct(draft, decision);
    if (outcome.result === 'applied') endLate(draft, recorded, outcome.node);
    return;
  }
  const decision = withOutcome(open.decision, outcome);
  draft.open[id] = { ...open, decision };
  saveDecision(draft, decision);
  // It is done, but some producers cannot be moved from here: people must know.
  if ((outcome.stuck ?? 0) > 0) draft.events.push({ type: 'lease', outcome, decision });
  if (outcome.result === 'applied' && REDUCING_KINDS.has(decision.action) && !decision.drill)
    wantLease(draft, decision);
}

/** A node repeats an outcome until it knows that it arrived: the same one counts once. */
function withOutcome(decision: Decision, outcome: Outcome): Decision {
  const { node, at, result } = outcome;
  const isSame = (old: NodeOutcome) => old.node === node && old.at === at && old.result === result;
  if (decision.outcomes.some(isSame)) return decision;
  return { ...decision, outcomes: [...decision.outcomes, toNodeOutcome(outcome)] };
}

/**
 * Verifies what can be seen by now, and closes what has waited too long. Which node is MASTER is decided now and not when
 * the outcome came: then its sweep may have been late, or the VIP may have been elsewhere.
 */
export function followOpen(draft: Draft): void {
  for (const [id, open] of Object.entries(draft.open)) {
    if (open.decision.drill) {
      followDrill(draft, id, open);
      continue;
    }
    // For VIP actions the node that gave the VIP away reports; it is no longer MASTER.
    const isOfNode = NODE_KINDS.has(open.decision.action);
    const speakers = isOfNode ? open.decision.nodes : draft.facts.masters;
    const answers = open.decision.outcomes.filter(({ node }) => speakers.includes(node));
    const refusal = answers.find(({ result }) => result !== 'applied');
    const { rule, step } = ruleAndStep(draft, open);
    if (refusal !== undefined) {
      closeOpen(
        draft,
        id,
        refusal.result === 'expired' ? 'expired' : 'failed',
        isOfNode ? refusal.detail : `${refusal.node}, the MASTER: ${refusal.detail}`,
      );
    } else if (answers.length === 0) {
      if (draft.now <= Math.max(open.answerBy, open.lookUntil ?? 0)) continue;
      const waited = formatDuration(ANSWER_WITHIN_MS);
      const who = isOfNode ? `${open.decision.target} has not` : 'No node that is MASTER has';
      closeOpen(draft, id, 'unverified', `${who} said within ${waited} that it is done.`);
    } else {
      const appliedAt = Math.max(...answers.map(({ at }) => at));
      if (isVerified(draft, open.decision, appliedAt, rule, step)) {
        const seenBy = isOfNode
          ? 'Fresh sweeps of both nodes show it'
          : `A fresh sweep of ${speakers.join(' and ')} shows it`;
        closeOpen(draft, id, 'verified', `${seenBy}.`);
      } else if (draft.now > Math.max(appliedAt + (step?.verify?.withinMs ?? VERIFY_WITHIN_MS), open.lookUntil ?? 0)) {
        closeOpen(draft, id, 'unverified', `No fresh sweep of ${isOfNode ? 'both nodes' : 'the MASTER'} shows it.`);
      }
    }
  }
}

/** A drill is over when every node that got a job has answered: there is nothing for a sweep to show. */
function followDrill(draft: Draft, id: string, { decision, answerBy, lookUntil = 0 }: OpenDecision): void {
  const silent = decision.nodes.filter((node) => !decision.outcomes.some((outcome) => outcome.node === node));
  if (silent.length > 0 && draft.now <= Math.max(answerBy, lookUntil)) return;
  const refusal = decision.outcomes.find(({ result }) => result !== 'applied');
  if (refusal !== undefined) closeOpen(draft, id, 'failed', `${refusal.node}: ${refusal.detail}`);
  else if (silent.length > 0) closeOpen(draft, id, 'unverified', `No answer came from ${silent.join(', ')}.`);
  else if (decision.nodes.length === 0) closeOpen(draft, id, 'unverified', 'No node is heard.');
  else closeOpen(draft, id, 'verified', 'Every node would have done it; nothing was changed.');
}

function ruleAndStep(draft: Draft, open: OpenDecision): { rule?: Rule; step?: Step } {
  const finding = open.finding === undefined ? undefined : draft.findings[open.finding];
  const rule = draft.context.ruleSet.rules.find(({ name }) => name === open.decision.rule);
  const step = rule?.steps[open.step ?? finding?.nextStep ?? 0];
  return { ...(rule && { rule }), ...(step && { step }) };
}

/** Closes a decision. @param closing a sentence for people. */
export function closeOpen(draft: Draft, id: string, state: DecisionState, closing: string): void {
  const open = draft.open[id];
  if (open === undefined) return;
  const decision: Decision = { ...open.decision, state, closing, closedAt: draft.now };
  const { step } = ruleAndStep(draft, open);
  delete draft.open[id];
  saveDecision(draft, decision);
  draft.events.push({ type: 'closed', decision });

  if (decision.drill) return;
  countFailure(draft, decision);
  priceAct(draft, decision);

  if (decision.action === 'restore' && state === 'verified') {
    const ended = Object.values(draft.leases).filter(
      ({ id: one, member }) => member === decision.target && isBefore(one, id),
    );
    for (const lease of ended) endLease(draft, lease.id);
  }
  const revert = state === 'unverified' && step?.verify?.otherwise === 'revert';
  // No part of a plan is left standing: where the MASTER did not follow, the other nodes go back too.
  if (revert || state === 'failed' || state === 'expired') denyLease(draft, decision);
  else desireLease(draft, id);
  if (decision.handover?.holdMs !== undefined && state !== 'verified') endHandover(draft, decision);
  if (open.finding !== undefined) advanceLadder(draft, open.finding, decision, open.episode);
}

function advanceLadder(draft: Draft, key: string, decision: Decision, episode: OpenDecision['episode']): void {
  const { state } = decision;
  const finding = draft.findings[key];
  // One that has fired anew since has a ladder of its own.
  if (finding === undefined || (episode !== undefined && finding.episode !== episode)) return;
  const { openDecision: _open, lastAnswer: _answer, nextStep = 0, ...rest } = finding;
  draft.findings[key] = rest;
  if (state === 'verified') return;
  if (state === 'unverified') {
    if (nextStep + 1 < stepCount(draft, finding)) draft.findings[key] = { ...rest, nextStep: nextStep + 1 };
    return;
  }
  const { count: tried = 0, refused: asked = 0 } = draft.attempts[key] ?? {};
  if (touchedNothing(decision)) {
    const waitMs = Math.min(ASK_AGAIN_AT_MOST_MS, RETRY_AFTER_MS * 2 ** Math.min(asked, 16));
    const isUnlisted = draft.facts.members[decision.target]?.listed === false;
    draft.attempts[key] = {
      count: tried,
      refused: asked + 1,
      notBefore: draft.now + waitMs,
      ...(isUnlisted && { unlisted: true as const }),
    };
    draft.findings[key] = { ...rest, nextStep };
    return;
  }
  const count = tried + 1;
  draft.attempts[key] = { count, refused: asked, notBefore: draft.now + RETRY_AFTER_MS * count };
  if (count < MAX_ATTEMPTS) draft.findings[key] = { ...rest, nextStep };
}

function stepCount(draft: Draft, finding: Finding): number {
  return draft.context.ruleSet.rules.find((rule) => rule.name === finding.rule)?.steps.length ?? 0;
}

/** Whether a step that failed may be asked for again by now. */
export function mayAskAgain(draft: Draft, key: string, target: string): boolean {
  const { notBefore = 0, unlisted = false } = draft.attempts[key] ?? {};
  return notBefore <= draft.now || (unlisted && draft.facts.members[target]?.listed === true);
}

/** Forgets the attempts of findings that no longer fire. */
export function forgetAttempts(draft: Draft): void {
  for (const key of Object.keys(draft.attempts)) {
    if (draft.findings[key]?.phase !== 'firing') delete draft.attempts[key];
  }
}
