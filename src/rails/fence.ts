import type { RailVerdict } from '../model/decision.ts';
import { compareEntryIds, type EntryId } from '../model/entry.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'fence';

/**
 * Rail 13, at the hand; nothing passes it. A job that was decided on an earlier entry than the last one that this node
 * acted on comes from a worker that has been overtaken. Several jobs of one entry are fine.
 */
export function fence(facts: { readonly entryId: EntryId; readonly highest?: EntryId | undefined }): RailVerdict {
  const { entryId, highest } = facts;
  if (highest === undefined) return pass(NAME, 'Nothing was acted on before.', { entry: entryId });
  const figures = { entry: entryId, highest };
  if (compareEntryIds(entryId, highest) < 0) {
    return refuse(NAME, `Decided on entry ${entryId}, and this node has already acted on ${highest}.`, figures);
  }
  return pass(NAME, `Decided on entry ${entryId}, not earlier than ${highest}.`, figures);
}
