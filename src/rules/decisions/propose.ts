/** From a firing finding or a person's request to a decision: what is proposed, and what the rails say. */

import { defined } from '../../lib/defined.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import type { Proposal } from '../../model/decisions/rail.ts';
import type { Rule, Step } from '../../model/decisions/rule.ts';
import type { Request } from '../../model/entries/requests.ts';
import { findingKey } from '../../model/ids.ts';
import { personOwner, ruleOwner } from '../../model/owner.ts';
import type { Draft } from '../state/draft.ts';
import type { WaitingDecision } from '../state/state.ts';
import { makeDecision, send } from './make-decision.ts';
import { railFacts } from './rail-facts.ts';

/** How long a person's lease lives where the person does not say, in ms. */
const REQUEST_LEASE_MS = 3_600_000;

/**
 * Asks the rails about the next step of a firing finding's ladder, and acts on the answer.
 * @param approvedBy persons who said yes.
 * @returns the decision; undefined when the answer is the same as before.
 */
export function proposeStep(
  draft: Draft,
  finding: Finding,
  rule: Rule,
  step: Step,
  approvedBy: readonly string[] = [],
): Decision | undefined {
  const key = findingKey(finding.rule, finding.target);
  const proposal = proposalOf(rule, step, finding.target);
  const facts = railFacts(draft, proposal, rule, approvedBy);
  const judgement = draft.context.judge(proposal, facts);
  const last = judgement.rails.at(-1);
  const answer = judgement.verdict === 'refuse' ? `refuse: ${last?.rail}` : judgement.verdict;
  if (answer === finding.lastAnswer) return undefined;
  // It would have acted by now: a refusal that comes after that, as the problem goes away, tells nobody anything.
  if (finding.lastAnswer === 'shadow' && judgement.verdict === 'refuse') return undefined;

  const decision = makeDecision(draft, proposal, {
    ruleText: rule.text,
    by: ruleOwner(rule.name),
    reason: finding.title,
    values: finding.values,
    leaseMs: step.leaseMs,
    judgement,
    facts,
    approvedBy,
    needed: rule.limits?.approvals,
  });
  const isOpen = decision.verdict === 'act' || decision.verdict === 'ask';
  draft.findings[key] = { ...finding, lastAnswer: answer, ...(isOpen && { openDecision: decision.id }) };
  const { episode, nextStep } = finding;
  if (decision.verdict === 'act') {
    const which = {
      finding: key,
      ...defined({ episode, step: nextStep }),
    };
    send(draft, decision, { ...which, unconditional: false, force: false });
  }
  if (decision.verdict === 'ask') {
    draft.waiting[decision.id] = { decision, finding: key, ...(episode !== undefined && { episode }) };
  }
  return decision;
}

/** Enough persons have said yes: the rails are asked again, now, and what they let through is done. */
export function decideApproved(draft: Draft, waiting: WaitingDecision, by: readonly string[]): Decision | undefined {
  if (waiting.request !== undefined) return decideRequest(draft, waiting.request, by);
  const finding = waiting.finding === undefined ? undefined : draft.findings[waiting.finding];
  const rule = draft.context.ruleSet.rules.find(({ name }) => name === waiting.decision.rule);
  const step = rule?.steps[finding?.nextStep ?? rule.steps.length];
  return finding && rule && step && proposeStep(draft, finding, rule, step, by);
}

function proposalOf(rule: Rule, step: Step, target: string): Proposal {
  const weight = step.action === 'drain' ? 0 : step.weight;
  return {
    by: 'rule',
    rule: rule.name,
    target,
    action: step.action,
    ...(weight !== undefined && { weight }),
    ...(step.action === 'failover' && step.leaseMs > 0 && { holdMs: step.leaseMs }),
    ...(rule.mode !== undefined && { mode: rule.mode }),
    observers: rule.evidence?.observers ?? 1,
    ...defined({ limits: rule.limits, loosen: rule.loosen }),
    force: false,
  };
}

/**
 * Drills a rule: the rails are asked about its first step and their answers are recorded. The nodes get their jobs whatever
 * the rails say, because on a healthy pool most rails would refuse.
 */
export function decideDrill(draft: Draft, request: Request, name: string): void {
  const rule = draft.context.ruleSet.rules.find((candidate) => candidate.name === name);
  const step = rule?.steps[0];
  if (rule === undefined || step === undefined) return;
  const proposal = proposalOf(rule, step, request.target);
  const facts = railFacts(draft, proposal, rule);
  const { verdict, rails } = draft.context.judge(proposal, facts);
  const decision = makeDecision(draft, proposal, {
    ruleText: rule.text,
    by: personOwner(request.by),
    reason: request.reason ?? '',
    values: {},
    leaseMs: step.leaseMs,
    judgement: { verdict: 'act', rails },
    facts,
    drill: { verdict },
  });
  send(draft, decision, { unconditional: false, force: false });
}

/**
 * A person's request becomes a decision at once; the rails say what it may pass.
 * @param approvedBy persons who said yes, where the request asked for that.
 */
export function decideRequest(draft: Draft, request: Request, approvedBy: readonly string[] = []): Decision {
  const weight = request.action === 'drain' ? 0 : request.weight;
  const proposal: Proposal = {
    by: 'person',
    rule: 'request',
    target: request.target,
    action: request.action,
    ...defined({ weight, to: request.to, way: request.way }),
    ...(request.action === 'failover' && request.leaseMs !== undefined && { holdMs: request.leaseMs }),
    ...(request.leaseMs !== undefined && { leaseMs: request.leaseMs }),
    observers: 0,
    force: request.force,
    ...(request.ask === true && { ask: true }),
  };
  const facts = railFacts(draft, proposal, undefined, approvedBy);
  const decision = makeDecision(draft, proposal, {
    ruleText: `${request.by} asked: ${request.action} ${request.pool}/${request.target}${weight === undefined ? '' : ` to weight ${weight}`}`,
    by: personOwner(request.by),
    reason: request.reason ?? '',
    values: {},
    leaseMs: request.leaseMs ?? Math.min(REQUEST_LEASE_MS, draft.context.policy.longestMs),
    judgement: draft.context.judge(proposal, facts),
    facts,
    approvedBy,
  });
  if (decision.verdict === 'act') send(draft, decision, { unconditional: true, force: request.force });
  if (decision.verdict === 'ask') draft.waiting[decision.id] = { decision, request };
  return decision;
}
