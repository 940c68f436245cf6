/** Limits how many threads begin at once. Beyond that one thread tells of all, and its list names every incident. */

import type { Thread } from '../../model/people/thread.ts';
import { type IncidentDraft, nextId } from './state.ts';
import { addItem, MANY, noteOf, openThread, refresh, save, saveIncident } from './threads.ts';

/** @returns whether the thread was taken in. The collecting thread itself is not: it is the last that begins. */
export function joinFlood(draft: IncidentDraft, thread: Thread): boolean {
  if (thread.cause === MANY) return false;
  const many = openMany(draft, thread);
  const incidents = [...many.incidents, ...thread.incidents];
  save(draft, { ...many, incidents, revision: many.revision + 1 });
  for (const id of thread.incidents) {
    const incident = draft.incidents[id];
    if (incident !== undefined) saveIncident(draft, { ...incident, thread: many.id });
  }
  for (const [decision, id] of Object.entries(draft.decisions)) {
    if (id === thread.id) draft.decisions[decision] = many.id;
  }
  // The list names incidents. A thread without a line in the list is said in an item.
  if (thread.kind !== 'incident') for (const { seq: _, ...item } of thread.items) addItem(draft, many.id, item);
  delete draft.threads[thread.id];
  delete draft.timers[thread.id];
  draft.changed.threads.delete(thread.id);
  refresh(draft, many.id);
  return true;
}

function openMany(draft: IncidentDraft, { severity }: Thread): Thread {
  const flood = Object.values(draft.threads).find((thread) => thread.cause === MANY && thread.closedAt === undefined);
  if (flood !== undefined) return flood;
  const id = nextId(draft);
  const made = openThread(draft, { id, kind: 'incident', severity, title: 'Many at once', cause: MANY }, 0);
  const { max, perMs } = draft.plan.limit;
  const lines = [
    `More than tell.limit allows (${max} messages in ${perMs / 1_000} s): what comes beyond is told here, worst first.`,
    'All of it: `weir status`, or /api/v1/incidents',
  ];
  addItem(draft, made.id, noteOf(draft, 'notice', 'Too much to tell one by one', lines));
  return draft.threads[made.id] as Thread;
}
