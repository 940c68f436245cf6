import { ENTRY_AHEAD_MS, type FenceFacts } from '../model/decisions/node-rails.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { formatDuration } from '../model/duration.ts';
import { compareEntryIds, entryTime } from '../model/ids.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'fence';

/**
 * Rail 13, on the node; nothing passes it. A job that was decided on an earlier entry than the last one that this node
 * acted on comes from a worker that has been overtaken. Several jobs of one entry are fine. One on an entry that is still to
 * come would keep every honest one out from then on.
 */
export function fence({ entryId, highest, now }: FenceFacts): RailVerdict {
  const aheadMs = now === undefined ? 0 : entryTime(entryId) - now;
  if (aheadMs > ENTRY_AHEAD_MS) {
    return refuse(NAME, `Decided on entry ${entryId}, which is ${formatDuration(aheadMs)} ahead of this node's time.`, {
      entry: entryId,
    });
  }
  if (highest === undefined) return pass(NAME, 'Nothing was acted on before.', { entry: entryId });
  const figures = { entry: entryId, highest };
  if (compareEntryIds(entryId, highest) < 0) {
    return refuse(NAME, `Decided on entry ${entryId}, and this node has already acted on ${highest}.`, figures);
  }
  return pass(NAME, `Decided on entry ${entryId}, not earlier than ${highest}.`, figures);
}
