/** Tells decisions and actions where people look for them: in the thread of the incident, or in one of their own. */

import type { Decision } from '../../model/decisions/decision.ts';
import type { Happened } from '../../model/people/incident.ts';
import { STOPS, type Thread } from '../../model/people/thread.ts';
import { actionText, refusingRail } from '../wording/summary.ts';
import { openOf } from './incidents.ts';
import type { IncidentDraft } from './state.ts';
import { addItem, itemOf, openThread, save } from './threads.ts';

type DecisionHappening = Extract<Happened, { type: 'decision' | 'closed' | 'outcome' }>;

export function foldDecision(draft: IncidentDraft, happening: DecisionHappening): void {
  const { id, decision, message } = happening;
  const thread = draft.threads[draft.decisions[id] ?? ''] ?? threadFor(draft, happening);
  draft.decisions[id] = thread.id;
  const about = thread.incidents.find((id) => draft.incidents[id]?.target === decision?.target);
  addItem(draft, thread.id, itemOf(message, about));
  if (decision === undefined) return;
  followWaiting(draft, thread.id, decision);
  followStop(draft, thread.id, decision);
  const now = draft.threads[thread.id] as Thread;
  const isOver = decision.state !== 'open' && decision.state !== 'waiting';
  if (now.kind === 'request' && isOver && now.closedAt === undefined) save(draft, { ...now, closedAt: draft.now });
}

function threadFor(draft: IncidentDraft, { id, decision, message }: DecisionHappening): Thread {
  if (decision !== undefined) {
    const incident = openOf(draft, decision.rule, decision.target) ?? openAbout(draft, decision.target);
    const thread = incident === undefined ? undefined : draft.threads[incident.thread];
    if (thread !== undefined) return thread;
  }
  const { severity, title } = message;
  const kind = decision === undefined ? 'notice' : 'request';
  const made = openThread(draft, { id, kind, severity, title, cause: kind }, 0);
  return decision === undefined ? save(draft, { ...made, closedAt: draft.now }) : made;
}

/** An action by a person on a member is told in the incident of that member that is open longest. */
function openAbout(draft: IncidentDraft, target: string) {
  return Object.values(draft.incidents)
    .filter(
      (incident) => incident.target === target && incident.resolvedAt === undefined && incident.mutedBy === undefined,
    )
    .sort((one, other) => one.openedAt - other.openedAt)[0];
}

/** The buttons for yes and no stay as long as an answer is possible. */
function followWaiting(draft: IncidentDraft, id: string, decision: Decision): void {
  const { waiting: before, ...thread } = draft.threads[id] as Thread;
  if (decision.state === 'waiting' && decision.approval !== undefined) {
    const { until, needed } = decision.approval;
    save(draft, { ...thread, waiting: { decision: decision.id, what: actionText(decision), until, needed } });
  } else if (before?.decision === decision.id) {
    save(draft, thread);
  }
}

/** The button that ends block and breaker stands where the last decision was refused by one of them. */
function followStop(draft: IncidentDraft, id: string, decision: Decision): void {
  const { stopped: before, ...thread } = draft.threads[id] as Thread;
  const stopped =
    decision.verdict === 'refuse' ? STOPS.find((rail) => rail === refusingRail(decision)?.rail) : undefined;
  if (stopped !== before) save(draft, { ...thread, ...(stopped !== undefined && { stopped }) });
}
