/** A decision and what follows from it: its record, the jobs for the nodes. */

import { hashOf } from '../../lib/audit/chain.ts';
import { defined } from '../../lib/defined.ts';
import { type ActionJob, type DecisionRecord, NODE_KINDS, REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { planHandover } from '../../model/decisions/handover.ts';
import type { Proposal, RailFacts } from '../../model/decisions/rail.ts';
import { decisionId } from '../../model/ids.ts';
import type { Signals } from '../../model/readings/signals.ts';
import { type Draft, freshNodes, freshOf, saveDecision } from '../state/draft.ts';
import { countAct } from '../state/rail-history.ts';
import { ANSWER_WITHIN_MS, JOB_EXPIRES_MS, type OpenDecision } from '../state/state.ts';

/** The plan that the rail interlock has just let through, on the same facts. */
function handoverOf({ facts }: Draft, proposal: Proposal) {
  const plan = planHandover(proposal, facts.directors, facts.members);
  return typeof plan === 'string' ? undefined : plan;
}

/**
 * The nodes that get a job: every director that is heard, or the one node that the action is about. What is given back of a
 * member that only another worker's weir.yaml has is held by directors that only that one has, too: whoever reads a table.
 */
function nodesOf(draft: Draft, { action, target }: Proposal): string[] {
  if (draft.context.pool.members[target] === undefined) {
    const directors = freshOf(draft).filter(({ table }) => table !== undefined);
    return directors.map(({ observer }) => observer).sort();
  }
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
  /** How many persons must say yes, where the rule wants more than the policy. */
  readonly needed?: number | undefined;
}

/** Makes the decision that the rails have left, records it, and has people told of it. */
export function makeDecision(draft: Draft, proposal: Proposal, parts: DecisionParts): Decision {
  const { verdict, rails } = parts.judgement;
  const acts = verdict === 'act';
  const { quorum, withinMs } = draft.context.policy.approval;
  const { approvedBy = [], needed = 0 } = parts;
  const handover = proposal.action === 'failover' && acts ? handoverOf(draft, proposal) : undefined;
  const decision: Decision = {
    id: decisionId(draft.entry.id, proposal.rule, proposal.target),
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

/** When the pool settles depends on the run and not on the readings: without it a replay of the entries has the same hash. */
function inputsHash(proposal: Proposal, { values, facts }: DecisionParts): string {
  const { settlesAt: _, settleReason: __, ...inputs } = facts;
  return hashOf([proposal, values, inputs]);
}

function recordOf({ inputsHash = '', ruleSetHash, rails, reason }: Decision): DecisionRecord {
  return { inputsHash, ruleSetHash, rails, reason };
}

/**
 * Sends a decision to act to its nodes. Jobs are made here and where leases end (leases.ts), and nowhere else.
 * @param how `finding`, its `episode` and `step`: what it is for; `unconditional`: a person asked, so the node does not look first.
 */
export function send(
  draft: Draft,
  decision: Decision,
  how: Pick<OpenDecision, 'finding' | 'episode' | 'step'> & { unconditional: boolean; force: boolean },
): void {
  const { now, entry } = draft;
  const answerBy = now + ANSWER_WITHIN_MS;
  const { finding, episode, step } = how;
  const isUnwritable = finding !== undefined && draft.facts.members[decision.target]?.writable === false;
  countAct(draft, decision);
  draft.open[decision.id] = {
    decision,
    answerBy,
    ...defined({ finding, episode, step }),
    ...(isUnwritable && { unwritable: true as const }),
  };
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
