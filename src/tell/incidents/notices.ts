/** Tells what is said once, in a thread of its own: holds, silences, what Weir has to say of itself. */

import type { Message } from '../../model/people/message.ts';
import type { IncidentDraft } from './state.ts';
import { addItem, itemOf, openThread, save } from './threads.ts';

export function foldNotice(draft: IncidentDraft, message: Message): void {
  if (draft.threads[message.id] !== undefined) return;
  const { id, severity, title } = message;
  const thread = openThread(draft, { id, kind: 'notice', severity, title, cause: 'notice' }, 0);
  save(draft, { ...thread, closedAt: draft.now });
  addItem(draft, id, itemOf(message));
}
