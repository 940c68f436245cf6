/** Entries that were set aside because they could not be read: people hear once of each writer. */

import type { Unreadable } from '../../model/entries/entry.ts';
import type { Draft } from './draft.ts';

/** People hear again of a writer after so long without such an entry, in ms. */
const FORGOTTEN_AFTER_MS = 86_400_000;

/** A fuse: an entry that cannot be read may name any writer. */
const MAX_WRITERS = 20;

/** Stands for all writers beyond MAX_WRITERS. */
const OTHERS = 'others';

export function foldUnreadable(draft: Draft, { writer, why }: Unreadable): void {
  const { now } = draft;
  const recent = Object.entries(draft.unreadable ?? {}).filter(([, { at }]) => now - at < FORGOTTEN_AFTER_MS);
  const writers = new Map(recent);
  const name = writers.has(writer) || writers.size < MAX_WRITERS ? writer : OTHERS;
  const before = writers.get(name);
  writers.set(name, { toldAt: before?.toldAt ?? now, at: now });
  draft.unreadable = Object.fromEntries(writers);
  if (before === undefined) draft.events.push({ type: 'unreadable', entryId: draft.entry.id, writer: name, why });
}
