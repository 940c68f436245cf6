/** A person takes an incident on, or lets rules act again. */

import type { IncidentAck } from '../../model/entries/requests.ts';
import type { IncidentDraft } from './state.ts';
import { addItem, noteOf, refresh, save } from './threads.ts';

export function foldAckOf(draft: IncidentDraft, { incident: id, by }: IncidentAck): void {
  const thread = draft.threads[id] ?? draft.threads[draft.incidents[id]?.thread ?? ''];
  if (thread?.kind !== 'incident' || thread.closedAt !== undefined || thread.acked !== undefined) return;
  save(draft, { ...thread, acked: { by, at: draft.now } });
  addItem(draft, thread.id, noteOf(draft, 'word', `Acknowledged by ${by}`, ['It is no longer escalated.']));
  refresh(draft, thread.id);
}

/** Block and breaker are over: nothing is left to press where they had refused. */
export function foldTrustOf(draft: IncidentDraft): void {
  for (const { stopped, ...thread } of Object.values(draft.threads)) {
    if (stopped !== undefined) save(draft, { ...thread, revision: thread.revision + 1 });
  }
}
