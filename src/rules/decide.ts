/** From a firing finding or a person's request to a decision: what is proposed, what the rails say, which jobs follow. */

import { type ActionJob, NODE_KINDS, REDUCING_KINDS } from '../model/action.ts';
import type { Decision, Finding } from '../model/decision.ts';
import type { Request } from '../model/entry.ts';
import { planHandover } from '../model/handover.ts';
import type { Proposal } from '../model/rail.ts';
import type { Signals } from '../model/reading.ts';
import type { Rule, Step } from '../model/rule.ts';
import { type Draft, freshNodes, saveDecision } from './draft.ts';
import { countAct } from './memory.ts';
import { railFacts } from './rail-facts.ts';
import { ANSWER_WITHIN_MS, findingKey, JOB_EXPIRES_MS, type WaitingDecision } from './state.ts';

/** How long a person's lease lives when nothing is said, in ms. */
const REQUEST_LEASE_MS = 3_600_000;

/**
 * Asks the rails about the next step of a firing finding's ladder, and acts on the answer. `approvedBy`: who said yes.
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
  const judgement = draft.context.judge(proposal, railFacts(draft, proposal, rule, approvedBy));
  const last = judgement.rails.at(-1);
  const answer = judgement.verdict === 'refuse' ? `refuse: ${last?.rail}` : judgement.verdict;
  if (answer === finding.lastAnswer) return undefined;
  // It would have acted by now: that a rail says no afterwards, as the problem goes, is no news.
  if (finding.lastAnswer === 'shadow' && judgement.verdict === 'refuse') return undefined;

  const decision = makeDecision(draft, proposal, {
    ruleText: rule.text,
    by: `rule:${rule.name}`,
    reason: finding.title,
    values: finding.values,
    leaseMs: step.leaseMs,
    judgement,
    approvedBy,
    needed: rule.limits?.approvals,
  });
  const isOpen = decision.verdict === 'act' || decision.verdict === 'ask';
  draft.findings[key] = { ...finding, lastAnswer: answer, ...(isOpen && { openDecision: decision.id }) };
  if (decision.verdict === 'act') send(draft, decision, { finding: key, unconditional: false, force: false });
  if (decision.verdict === 'ask') {
    const { episode } = finding;
    draft.waiting[decision.id] = { decision, finding: key, ...(episode !== undefined && { episode }) };
  }
  return decision;
}

/** Enough persons have said yes: the same is asked again, now, and done if every rail lets it through. */
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
    ...(rule.limits !== undefined && { limits: rule.limits }),
    ...(rule.loosen !== undefined && { loosen: rule.loosen }),
    force: false,
  };
}

/**
 * A drill of a rule: the rails are asked about its first step and their answers stand in the record, and the nodes get
 * their jobs whatever the rails say, for on a healthy pool there is nothing to see.
 */
export function decideDrill(draft: Draft, request: Request, name: string): void {
  const rule = draft.context.ruleSet.rules.find((one) => one.name === name);
  const step = rule?.steps[0];
  if (rule === undefined || step === undefined) return;
  const proposal = proposalOf(rule, step, request.target);
  const { verdict, rails } = draft.context.judge(proposal, railFacts(draft, proposal, rule));
  const decision = makeDecision(draft, proposal, {
    ruleText: rule.text,
    by: `person:${request.by}`,
    reason: request.reason ?? '',
    values: {},
    leaseMs: step.leaseMs,
    judgement: { verdict: 'act', rails },
    drill: { verdict },
  });
  send(draft, decision, { unconditional: false, force: false });
}

/**
 * A person's request becomes a decision at once; what it may pass is the rails' business. `approvedBy`: who said yes, where
 * the person wanted to be asked for.
 */
export function decideRequest(draft: Draft, request: Request, approvedBy: readonly string[] = []): Decision {
  const weight = request.action === 'drain' ? 0 : request.weight;
  const proposal: Proposal = {
    by: 'person',
    rule: 'request',
    target: request.target,
    action: request.action,
    ...(weight !== undefined && { weight }),
    ...(request.to !== undefined && { to: request.to }),
    ...(request.way !== undefined && { way: request.way }),
    ...(request.action === 'failover' && request.leaseMs !== undefined && { holdMs: request.leaseMs }),
    observers: 0,
    force: request.force,
    ...(request.ask === true && { ask: true }),
  };
  const decision = makeDecision(draft, proposal, {
    ruleText: `${request.by} asked: ${request.action} ${request.pool}/${request.target}${weight === undefined ? '' : ` to weight ${weight}`}`,
    by: `person:${request.by}`,
    reason: request.reason ?? '',
    values: {},
    leaseMs: request.leaseMs ?? REQUEST_LEASE_MS,
    judgement: draft.context.judge(proposal, railFacts(draft, proposal, undefined, approvedBy)),
    approvedBy,
  });
  if (decision.verdict === 'act') send(draft, decision, { unconditional: true, force: request.force });
  if (decision.verdict === 'ask') draft.waiting[decision.id] = { decision, request };
  return decision;
}

/** The plan that the rail interlock has passed just now, on the same facts. */
function handoverOf({ facts }: Draft, proposal: Proposal) {
  const plan = planHandover(proposal, facts.directors, facts.members);
  return typeof plan === 'string' ? undefined : plan;
}

/** Every director that is heard; where the action is about one node, that node. */
function nodesOf(draft: Draft, { action, target }: Proposal): string[] {
  return freshNodes(draft).filter((node) => !NODE_KINDS.has(action) || node === target);
}

interface DecisionParts {
  readonly ruleText: string;
  readonly by: string;
  readonly reason: string;
  readonly values: Signals;
  readonly leaseMs: number;
  readonly judgement: ReturnType<Draft['context']['judge']>;
  readonly drill?: Decision['drill'];
  readonly approvedBy?: readonly string[];
  /** Persons that the rule wants a yes of, where that is more than the policy wants. */
  readonly needed?: number | undefined;
}

function makeDecision(draft: Draft, proposal: Proposal, parts: DecisionParts): Decision {
  const { verdict, rails } = parts.judgement;
  const acts = verdict === 'act';
  const { quorum, withinMs } = draft.context.policy.approval;
  const { approvedBy = [], needed = 0 } = parts;
  const handover = proposal.action === 'failover' && acts ? handoverOf(draft, proposal) : undefined;
  const decision: Decision = {
    id: `${draft.entry.id}.${proposal.rule}.${proposal.target}`,
    pool: draft.context.pool.name,
    at: draft.now,
    rule: proposal.rule,
    ruleText: parts.ruleText,
    ruleSetHash: draft.context.ruleSet.hash,
    target: proposal.target,
    action: proposal.action,
    ...(proposal.weight !== undefined && { weight: proposal.weight }),
    ...(REDUCING_KINDS.has(proposal.action) && { leaseMs: parts.leaseMs }),
    ...(handover !== undefined && { handover }),
    by: parts.by,
    reason: parts.reason,
    ...(parts.drill && { drill: parts.drill }),
    verdict,
    rails,
    values: parts.values,
    ...(approvedBy.length > 0 && { approvedBy }),
    ...(verdict === 'ask' && {
      approval: { needed: Math.max(quorum, needed), until: draft.now + withinMs, answers: [] },
    }),
    state: acts ? 'open' : verdict === 'ask' ? 'waiting' : 'closed',
    nodes: acts ? nodesOf(draft, proposal) : [],
    outcomes: [],
    history: [],
  };
  saveDecision(draft, decision);
  draft.events.push({ type: 'decision', decision });
  return decision;
}

function send(
  draft: Draft,
  decision: Decision,
  how: { finding?: string; unconditional: boolean; force: boolean },
): void {
  const { now, entry } = draft;
  const answerBy = now + ANSWER_WITHIN_MS;
  const isUnwritable = how.finding !== undefined && draft.facts.members[decision.target]?.writable === false;
  countAct(draft, decision);
  draft.open[decision.id] = { decision, answerBy, ...(how.finding !== undefined && { finding: how.finding }) };
  for (const node of decision.nodes) {
    const job: ActionJob = {
      decision: decision.id,
      pool: decision.pool,
      node,
      action: decision.action,
      member: decision.target,
      entryId: entry.id,
      by: decision.by,
      strikes: draft.strikes.count,
      ...(decision.rule !== 'request' && { rule: decision.rule }),
      expiresAt: decision.drill ? 0 : now + JOB_EXPIRES_MS,
      ...(decision.leaseMs !== undefined && {
        lease: {
          weight: decision.weight ?? 0,
          until: now + decision.leaseMs,
          owner: decision.by,
          reason: decision.reason,
        },
      }),
      ...(decision.handover !== undefined && {
        handover: { ...decision.handover, owner: decision.by, reason: decision.reason },
      }),
      ...(how.unconditional && { unconditional: true }),
      ...(decision.drill && { drill: { until: now + JOB_EXPIRES_MS } }),
      ...(how.force && { force: true }),
      ...(isUnwritable && { unwritable: true as const }),
    };
    draft.jobs.push(job);
  }
}
