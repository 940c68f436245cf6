/**
 * Approvals: decisions that wait for people's yes. A decision waits, and then it is
 *
 * - approved: enough persons said yes. The rails are asked again; what they let through is a new decision on the entry of
 *   the last yes, which is its fence.
 * - denied: somebody said no.
 * - expired: not enough persons said yes in time, which counts as a no.
 * - void: what it was for is over, or its rule has changed.
 */

import type { AnswerRecord, Decision, DecisionState } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import type { ApprovalAnswer } from '../../model/entries/requests.ts';
import { personOf } from '../../model/owner.ts';
import { isNamed, isSamePerson } from '../../model/people/person.ts';
import { type Draft, saveDecision } from '../state/draft.ts';
import type { WaitingDecision } from '../state/state.ts';
import { decideApproved } from './propose.ts';

/** Folds a person's answer. @param recorded the decision as it was closed, where it is closed. */
export function foldAnswer(draft: Draft, answer: ApprovalAnswer, recorded: Decision | undefined): void {
  const waiting = draft.waiting[answer.decision];
  if (waiting === undefined) {
    // This very entry may have closed it.
    const closed = draft.records.get(answer.decision) ?? recorded;
    if (closed !== undefined) note(draft, closed, answer, false, tooLate(closed));
    return;
  }
  const refusal = whyNot(draft, waiting, answer);
  if (refusal !== undefined) {
    draft.waiting[answer.decision] = { ...waiting, decision: note(draft, waiting.decision, answer, false, refusal) };
    return;
  }
  if (answer.answer === 'deny') {
    const reason = answer.reason === undefined ? '' : `: ${answer.reason}`;
    const decision = note(draft, waiting.decision, answer, true, 'Denied.');
    endWaiting(draft, { ...waiting, decision }, 'denied', `${answer.by} said no${reason}.`);
    return;
  }
  const needed = waiting.decision.approval?.needed ?? 1;
  const given = yesesOf(waiting.decision).length + 1;
  const detail = given < needed ? `${given} of ${needed} people have approved.` : 'Approved.';
  const decision = note(draft, waiting.decision, answer, true, detail);
  draft.waiting[decision.id] = { ...waiting, decision };
  if (given >= needed) approve(draft, { ...waiting, decision });
}

/** Ends decisions that have waited too long, and those that nobody needs any more. */
export function followWaiting(draft: Draft): void {
  for (const waiting of Object.values(draft.waiting)) {
    const { decision, finding: key } = waiting;
    const until = decision.approval?.until ?? 0;
    const finding = key === undefined ? undefined : draft.findings[key];
    if (key !== undefined && (finding?.phase !== 'firing' || finding.episode !== waiting.episode)) {
      endWaiting(draft, waiting, 'void', 'Its reason is over: no approval is needed any more.');
    } else if (key !== undefined && ruleOf(draft, decision)?.text !== decision.ruleText) {
      endWaiting(draft, waiting, 'void', 'Its rule was changed meanwhile.');
    } else if (draft.now > until) {
      const waited = formatDuration(until - decision.at);
      endWaiting(draft, waiting, 'expired', `Not enough people approved within ${waited}: that counts as a no.`);
    }
  }
}

function ruleOf(draft: Draft, { rule }: Decision) {
  return draft.context.ruleSet.rules.find(({ name }) => name === rule);
}

/** Persons whose yes counts. */
function yesesOf(decision: Decision): string[] {
  const answers = decision.approval?.answers ?? [];
  return answers.filter(({ accepted, answer }) => accepted && answer === 'approve').map(({ by }) => by);
}

function whyNot({ context }: Draft, { decision }: WaitingDecision, { by, via, answer, groups = [] }: ApprovalAnswer) {
  const { approvers, people } = context.policy.approval;
  const isApprover = approvers.some((name) => isNamed(name, by) || groups.includes(name));
  if (approvers.length > 0 && !isApprover) return `${by} is not an approver (policy.roles.approver in weir.yaml).`;
  if (approvers.length === 0 && via !== 'terminal') {
    return 'weir.yaml names no approver (policy.roles.approver): only a terminal may answer.';
  }
  if (answer === 'deny') return undefined;
  const isTheirs = (who: string | undefined) => who !== undefined && isSamePerson(who, by, people ?? {});
  if (isTheirs(personOf(decision.by))) return 'It is your own request: another person must say yes.';
  return yesesOf(decision).some(isTheirs) ? `${by} has said yes already: another person is needed.` : undefined;
}

function tooLate({ state, verdict, closing }: Decision): string {
  if (verdict !== 'ask') return 'It does not wait for anybody.';
  return `It is ${state} already: ${closing ?? ''}`;
}

function note(draft: Draft, decision: Decision, answer: ApprovalAnswer, accepted: boolean, detail: string): Decision {
  const record: AnswerRecord = {
    id: draft.entry.id,
    by: answer.by,
    at: draft.now,
    answer: answer.answer,
    accepted,
    detail,
  };
  const { approval = { needed: 0, until: 0, answers: [] } } = decision;
  const noted = { ...decision, approval: { ...approval, answers: [...approval.answers, record] } };
  saveDecision(draft, noted);
  return noted;
}

function approve(draft: Draft, waiting: WaitingDecision): void {
  const { decision, finding: key } = waiting;
  const yeses = yesesOf(decision);
  const finding = key === undefined ? undefined : draft.findings[key];
  delete draft.waiting[decision.id];
  if (key !== undefined && finding !== undefined) {
    const { openDecision: _, lastAnswer: __, ...free } = finding;
    draft.findings[key] = free;
  }
  const made = decideApproved(draft, waiting, yeses);
  const what =
    made === undefined
      ? 'there was nothing left to decide'
      : made.verdict === 'act'
        ? `decision ${made.id} acts`
        : `asked again, the rail ${made.rails.at(-1)?.rail} refuses: ${made.rails.at(-1)?.sentence}`;
  close(draft, decision, 'approved', `${yeses.join(', ')} said yes; ${what}`);
}

/** Ends the wait without a yes. It is not asked for again in this episode, unless the wait became void. */
export function endWaiting(
  draft: Draft,
  { decision, finding: key }: WaitingDecision,
  state: DecisionState,
  closing: string,
): void {
  delete draft.waiting[decision.id];
  close(draft, decision, state, closing);
  const finding = key === undefined ? undefined : draft.findings[key];
  if (key === undefined || finding?.openDecision !== decision.id) return;
  const { openDecision: _, nextStep, ...rest } = finding;
  draft.findings[key] = state === 'void' && nextStep !== undefined ? { ...rest, nextStep } : rest;
}

function close(draft: Draft, decision: Decision, state: DecisionState, closing: string): void {
  const closed: Decision = {
    ...decision,
    state,
    closing: closing.endsWith('.') ? closing : `${closing}.`,
    closedAt: draft.now,
  };
  saveDecision(draft, closed);
  draft.events.push({ type: 'closed', decision: closed });
}
