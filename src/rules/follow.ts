/** What becomes of open decisions: outcomes from nodes, the sweep that verifies, the deadline that closes. */

import { NODE_KINDS, REDUCING_KINDS } from '../model/action.ts';
import type { Decision, DecisionState, Finding } from '../model/decision.ts';
import { formatDuration } from '../model/duration.ts';
import type { Outcome, OutcomeResult } from '../model/entry.ts';
import type { Rule, Step } from '../model/rule.ts';
import { type Draft, saveDecision } from './draft.ts';
import { denyLease, endHandover, endLate, endLease, leaseIdOf, leaseNews, oweLease, wantLease } from './leases.ts';
import { countStrike } from './memory.ts';
import { isShown } from './shown.ts';
import { ANSWER_WITHIN_MS, type OpenDecision, toNodeOutcome } from './state.ts';

/** How long a fresh sweep may take to show a request, or a step without its own `verify`, in ms. */
const VERIFY_WITHIN_MS = 10_000;

/** How often a step is tried again in one episode after the hand refused or failed, and how long it waits, in ms. */
const MAX_ATTEMPTS = 3;
const RETRY_AFTER_MS = 15_000;

/** What a node answers to its job; everything else that it reports is news of a lease. */
const ANSWERS: ReadonlySet<OutcomeResult> = new Set<OutcomeResult>(['applied', 'refused', 'failed', 'expired']);

/** An outcome of a node's part, or news of a lease. `recorded` is the decision as it was closed, where it is closed. */
export function foldOutcome(draft: Draft, outcome: Outcome, recorded: Decision | undefined): void {
  const id = leaseIdOf(outcome.decision);
  if (id !== outcome.decision || !ANSWERS.has(outcome.result)) {
    leaseNews(draft, id, outcome, recorded);
    return;
  }
  const open = draft.open[id];
  if (open === undefined) {
    // A director that came late: on the record, the decision stays as it was closed.
    if (recorded === undefined) return;
    saveDecision(draft, withOutcome(recorded, outcome));
    if (outcome.result === 'applied') endLate(draft, recorded, outcome.node);
    return;
  }
  const decision = withOutcome(open.decision, outcome);
  draft.open[id] = { ...open, decision };
  saveDecision(draft, decision);
  // Done, and yet there are producers that cannot be moved from here: people must know.
  if ((outcome.stuck ?? 0) > 0) draft.events.push({ type: 'lease', outcome, decision });
  if (outcome.result === 'applied' && REDUCING_KINDS.has(decision.action) && !decision.drill)
    wantLease(draft, decision);
}

/** A node that was not told that its word has arrived says it again: the same word counts once. */
function withOutcome(decision: Decision, outcome: Outcome): Decision {
  const { node, at, result } = outcome;
  if (decision.outcomes.some((one) => one.node === node && one.at === at && one.result === result)) return decision;
  return { ...decision, outcomes: [...decision.outcomes, toNodeOutcome(outcome)] };
}

/**
 * Verifies what can be seen by now, and closes what has waited too long. Who is MASTER is asked now and not when the
 * outcome came: then its sweep may have been late, or the VIP elsewhere.
 */
export function followOpen(draft: Draft): void {
  for (const [id, open] of Object.entries(draft.open)) {
    if (open.decision.drill) {
      followDrill(draft, id, open);
      continue;
    }
    // Of the VIP the node that gave it away speaks, and that one is MASTER no more.
    const isOfNode = NODE_KINDS.has(open.decision.action);
    const speakers = isOfNode ? open.decision.nodes : draft.facts.masters;
    const answers = open.decision.outcomes.filter((one) => speakers.includes(one.node));
    const refusal = answers.find((one) => one.result !== 'applied');
    const { rule, step } = ruleAndStep(draft, open);
    if (refusal !== undefined) {
      close(
        draft,
        id,
        refusal.result === 'expired' ? 'expired' : 'failed',
        isOfNode ? refusal.detail : `${refusal.node}, the MASTER: ${refusal.detail}`,
      );
    } else if (answers.length === 0) {
      if (draft.now <= open.answerBy) continue;
      const waited = formatDuration(ANSWER_WITHIN_MS);
      const who = isOfNode ? `${open.decision.target} has not` : 'No node that is MASTER has';
      close(draft, id, 'unverified', `${who} said within ${waited} that it is done.`);
    } else {
      const appliedAt = Math.max(...answers.map((one) => one.at));
      if (isShown(draft, open.decision, appliedAt, rule, step)) {
        const seenBy = isOfNode
          ? 'Fresh sweeps of both nodes show it'
          : `A fresh sweep of ${speakers.join(' and ')} shows it`;
        close(draft, id, 'verified', `${seenBy}.`);
      } else if (draft.now > appliedAt + (step?.verify?.withinMs ?? VERIFY_WITHIN_MS)) {
        close(draft, id, 'unverified', `No fresh sweep of ${isOfNode ? 'both nodes' : 'the MASTER'} shows it.`);
      }
    }
  }
}

/** A drill is over when every node that got its job has answered; there is nothing for a sweep to show. */
function followDrill(draft: Draft, id: string, { decision, answerBy }: OpenDecision): void {
  const silent = decision.nodes.filter((node) => !decision.outcomes.some((one) => one.node === node));
  if (silent.length > 0 && draft.now <= answerBy) return;
  const refusal = decision.outcomes.find(({ result }) => result !== 'applied');
  if (refusal !== undefined) close(draft, id, 'failed', `${refusal.node}: ${refusal.detail}`);
  else if (silent.length > 0) close(draft, id, 'unverified', `No answer came from ${silent.join(', ')}.`);
  else if (decision.nodes.length === 0) close(draft, id, 'unverified', 'No node is heard.');
  else close(draft, id, 'verified', 'Every node would have done it; nothing was changed.');
}

function ruleAndStep(draft: Draft, open: OpenDecision): { rule?: Rule; step?: Step } {
  const finding = open.finding === undefined ? undefined : draft.findings[open.finding];
  const rule = draft.context.ruleSet.rules.find((one) => one.name === open.decision.rule);
  const step = rule?.steps[finding?.nextStep ?? 0];
  return { ...(rule && { rule }), ...(step && { step }) };
}

function close(draft: Draft, id: string, state: DecisionState, closing: string): void {
  const open = draft.open[id];
  if (open === undefined) return;
  const decision: Decision = { ...open.decision, state, closing, closedAt: draft.now };
  const { step } = ruleAndStep(draft, open);
  delete draft.open[id];
  saveDecision(draft, decision);
  draft.events.push({ type: 'closed', decision });

  if (decision.drill) return;
  countStrike(draft, decision);

  if (decision.action === 'restore' && state === 'verified') {
    for (const lease of Object.values(draft.leases)) if (lease.member === decision.target) endLease(draft, lease.id);
  }
  const revert = state === 'unverified' && step?.verify?.otherwise === 'revert';
  // A part of a plan is not left standing: where the MASTER did not follow, the others go back too.
  if (revert || state === 'failed' || state === 'expired') denyLease(draft, decision);
  else oweLease(draft, id);
  if (decision.handover?.holdMs !== undefined && state !== 'verified') endHandover(draft, decision);
  if (open.finding !== undefined) advanceLadder(draft, open.finding, state);
}

function advanceLadder(draft: Draft, key: string, state: DecisionState): void {
  const finding = draft.findings[key];
  if (finding === undefined) return;
  const { openDecision: _open, lastAnswer: _answer, nextStep = 0, ...rest } = finding;
  draft.findings[key] = rest;
  if (state === 'verified') return;
  if (state === 'unverified') {
    if (nextStep + 1 < stepCount(draft, finding)) draft.findings[key] = { ...rest, nextStep: nextStep + 1 };
    return;
  }
  const count = (draft.attempts[key]?.count ?? 0) + 1;
  draft.attempts[key] = { count, notBefore: draft.now + RETRY_AFTER_MS * count };
  if (count < MAX_ATTEMPTS) draft.findings[key] = { ...rest, nextStep };
}

function stepCount(draft: Draft, finding: Finding): number {
  return draft.context.ruleSet.rules.find((rule) => rule.name === finding.rule)?.steps.length ?? 0;
}

/** Forgets the attempts of findings that no longer fire. */
export function forgetAttempts(draft: Draft): void {
  for (const key of Object.keys(draft.attempts)) {
    if (draft.findings[key]?.phase !== 'firing') delete draft.attempts[key];
  }
}
