/** A decision and what follows from it: its record, the jobs for the nodes. */

import { hashOf } from '../audit-chain.ts';
import { type ActionJob, NODE_KINDS, REDUCING_KINDS } from '../model/action.ts';
import type { DecisionRecord } from '../model/audit.ts';
import type { Decision } from '../model/decision.ts';
import { planHandover } from '../model/handover.ts';
import type { Proposal, RailFacts } from '../model/rail.ts';
import type { Signals } from '../model/reading.ts';
import { type Draft, freshNodes, saveDecision } from './draft.ts';
import { countAct } from './memory.ts';
import { ANSWER_WITHIN_MS, JOB_EXPIRES_MS } from './state.ts';

/** The plan that the rail interlock has passed just now, on the same facts. */
function handoverOf({ facts }: Draft, proposal: Proposal) {
  const plan = planHandover(proposal, facts.directors, facts.members);
  return typeof plan === 'string' ? undefined : plan;
}

/** Every director that is heard; where the action is about one node, that node. */
function nodesOf(draft: Draft, { action, target }: Proposal): string[] {
  return freshNodes(draft).filter((node) => !NODE_KINDS.has(action) || node === target);
}

export interface DecisionParts {
  readonly ruleText: string;
  readonly by: string;
  readonly reason: string;
  readonly values: Signals;
  readonly leaseMs: number;
  readonly judgement: ReturnType<Draft['context']['judge']>;
  /** What the rails were handed. */
  readonly facts: RailFacts;
  readonly drill?: Decision['drill'];
  readonly approvedBy?: readonly string[];
  /** Persons that the rule wants a yes of, where that is more than the policy wants. */
  readonly needed?: number | undefined;
}

/** The decision as the rails have left it; on the record, and told. */
export function makeDecision(draft: Draft, proposal: Proposal, parts: DecisionParts): Decision {
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
    inputsHash: inputsHash(proposal, parts),
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

/** When the pool settles is a fact of this run and not of what was seen: a replay of the same entries has the same hash. */
function inputsHash(proposal: Proposal, { values, facts }: DecisionParts): string {
  const { settlesAt: _, settleReason: __, ...seen } = facts;
  return hashOf([proposal, values, seen]);
}

function recordOf({ inputsHash = '', ruleSetHash, rails, reason }: Decision): DecisionRecord {
  return { inputsHash, ruleSetHash, rails, reason };
}

/**
 * A decision to act goes to the nodes: here, and where leases end (leases.ts), are the only places where jobs are made.
 * `finding`: what it is for; `unconditional`: a person asked, so the node does not look first.
 */
export function send(
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
      record: recordOf(decision),
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
