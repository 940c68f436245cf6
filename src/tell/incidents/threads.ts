/** Threads in a draft: how they begin, what is added to them, and which state follows. */

import { findingKey } from '../../model/ids.ts';
import type { Incident } from '../../model/people/incident.ts';
import type { Message } from '../../model/people/message.ts';
import type { Thread, ThreadItem, ThreadState } from '../../model/people/thread.ts';
import { compareSeverities, type Severity } from '../../model/severity.ts';
import type { IncidentDraft } from './state.ts';

/** The most items of a thread: enough for a long night, and not too much for one record. */
const KEPT_ITEMS = 200;

/** The cause of the thread that collects what was too much to tell one by one. */
export const MANY = 'many';

type Begun = Pick<Thread, 'id' | 'pool' | 'kind' | 'severity' | 'title' | 'cause' | 'openedAt'>;

/** Opens a thread without an item. */
function newThread(thread: Begun): Thread {
  return {
    ...thread,
    state: thread.kind === 'incident' ? 'firing' : 'said',
    incidents: [],
    items: [],
    lastSeq: 0,
    places: [],
    escalated: 0,
    revision: 0,
  };
}

/** Makes a thread of one item from a message that is told by itself. Pure. */
export function threadOfMessage(message: Message): Thread {
  const { id, pool, severity, title, at } = message;
  const thread = newThread({ id, pool, kind: 'notice', severity, title, cause: 'notice', openedAt: at });
  return { ...thread, closedAt: at, items: [{ ...itemOf(message), seq: 1 }], lastSeq: 1, revision: 1 };
}

export function openThread(draft: IncidentDraft, thread: Omit<Begun, 'pool' | 'openedAt'>, waitMs: number): Thread {
  draft.timers[thread.id] = { tellAt: draft.now + waitMs, saidAt: draft.now, shownAt: 0 };
  return save(draft, newThread({ ...thread, pool: draft.pool, openedAt: draft.now }));
}

export function save(draft: IncidentDraft, thread: Thread): Thread {
  draft.threads[thread.id] = thread;
  draft.changed.threads.add(thread.id);
  return thread;
}

export function saveIncident(draft: IncidentDraft, incident: Incident): void {
  draft.incidents[incident.id] = incident;
  draft.changed.incidents.add(incident.id);
  const key = findingKey(incident.rule, incident.target);
  if (incident.resolvedAt === undefined) draft.open.set(key, incident.id);
  else if (draft.open.get(key) === incident.id) draft.open.delete(key);
}

export function incidentsOf(draft: Pick<IncidentDraft, 'incidents'>, thread: Pick<Thread, 'incidents'>): Incident[] {
  return thread.incidents.flatMap((id) => draft.incidents[id] ?? []);
}

/** Adds something to be read: a reply in the thread. */
export function addItem(draft: IncidentDraft, id: string, item: Omit<ThreadItem, 'seq'>): void {
  const thread = draft.threads[id];
  if (thread === undefined) return;
  const seq = thread.lastSeq + 1;
  const items = [...thread.items, { ...item, seq }].slice(-KEPT_ITEMS);
  save(draft, { ...thread, items, lastSeq: seq, revision: thread.revision + 1 });
  draft.loud.add(id);
}

export function itemOf(message: Message, incident?: string): Omit<ThreadItem, 'seq'> {
  const { at, kind, severity, title, lines, from } = message;
  return { at, kind, severity, title, lines, from, ...(incident !== undefined && { incident }) };
}

/** Makes an item of what a person said, or of what Weir itself has to say. */
export function noteOf(
  draft: Pick<IncidentDraft, 'now'>,
  kind: ThreadItem['kind'],
  title: string,
  lines: readonly string[] = [],
): Omit<ThreadItem, 'seq'> {
  return { at: draft.now, kind, severity: 'info', title, lines, from: 'worker' };
}

function worst(incidents: readonly Pick<Incident, 'severity'>[]): Severity | undefined {
  const [first] = incidents.map(({ severity }) => severity).sort(compareSeverities);
  return first;
}

/** Derives state, severity and title from the incidents. A change of state is something new to people. */
export function refresh(draft: IncidentDraft, id: string): void {
  const thread = draft.threads[id];
  if (thread === undefined || thread.kind !== 'incident') return;
  const all = incidentsOf(draft, thread);
  const open = all.filter(({ resolvedAt }) => resolvedAt === undefined);
  const state = stateOf(thread, open);
  const title = titleOf(thread, open.length > 0 ? open : all);
  const severity = worst(open.length > 0 ? open : all) ?? thread.severity;
  const isOver = open.length === 0;
  const { closedAt: _, ...rest } = thread;
  const next: Thread = { ...rest, state, title, severity, ...(isOver && { closedAt: thread.closedAt ?? draft.now }) };
  const isNewState = state !== thread.state || isOver !== (thread.closedAt !== undefined);
  if (!isNewState && title === thread.title && severity === thread.severity) return;
  save(draft, { ...next, revision: thread.revision + 1 });
  if (!isNewState) return;
  draft.loud.add(id);
  const timers = draft.timers[id];
  if (isOver && isQuiet(thread) && timers !== undefined) draft.timers[id] = { ...timers, endedQuietly: true };
}

/** True where nobody is to be told of it now. */
export function isQuiet({ state }: Pick<Thread, 'state'>): boolean {
  return state === 'muted' || state === 'silenced';
}

function stateOf(thread: Thread, open: readonly Incident[]): ThreadState {
  if (open.length === 0) return 'resolved';
  const isCovered = ({ mutedBy, silencedBy }: Incident) => mutedBy !== undefined || silencedBy !== undefined;
  if (open.every(isCovered)) return open.every(({ mutedBy }) => mutedBy !== undefined) ? 'muted' : 'silenced';
  return thread.acked === undefined ? 'firing' : 'acked';
}

/** So many targets are named in a title. */
const NAMED = 5;

function titleOf({ cause, title }: Thread, incidents: readonly Incident[]): string {
  const [first] = incidents;
  if (first === undefined) return title;
  const rules = new Set(incidents.map(({ rule }) => rule));
  if (cause === MANY) {
    const of = rules.size === 1 ? `of the rule ${first.rule}` : `of ${rules.size} rules`;
    return `Many at once: ${incidents.length} incidents ${of}`;
  }
  if (incidents.length === 1) return first.title;
  const targets = incidents.slice(0, NAMED).map(({ target }) => target);
  const more = incidents.length > NAMED ? ` and ${incidents.length - NAMED} more` : '';
  return `${first.rule} on ${targets.join(', ')}${more}`;
}
