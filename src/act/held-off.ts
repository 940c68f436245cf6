/** What the hand does at every poll about a VIP that it keeps away. Runs under the pool's lock. */

import { formatDuration } from '../model/duration.ts';
import { letGo } from './handover.ts';
import { ownerName } from './leases.ts';
import { news, recordOf } from './pool-context.ts';
import type { PoolDesk } from './producers.ts';

/** Where the VIP would come back, only a node whose Redis was seen writable for so long is let go by time, in ms. */
const WRITABLE_FOR_MS = 10_000;

export async function watchHandover(desk: PoolDesk): Promise<void> {
  const { handover } = recordOf(desk);
  if (handover === undefined) return;
  const now = desk.now();
  const { id, until, hold, owner, value } = handover;
  const own = desk.readings.director(now);
  if (now >= until) {
    const since = desk.readings.writableSince(desk.node, now);
    const isFit = since !== undefined && now - since >= WRITABLE_FOR_MS;
    if (hold && own?.nopreempt !== true && !isFit) {
      if (handover.keptAt !== undefined) return;
      await desk.ledger.note(desk.pool.name, (record) => ({ ...record, handover: { ...handover, keptAt: now } }));
      const why = `The time of ${ownerName(owner)} is over, but this node would take the VIP back and its Redis has not been writable for ${formatDuration(WRITABLE_FOR_MS)}: it stays away.`;
      desk.say(news(desk, id, desk.node, 'kept', why));
      return;
    }
    await letGo(desk);
    const detail = hold ? `The time of ${ownerName(owner)} is over: the VIP may come here again.` : 'It was cut short.';
    desk.say(news(desk, id, desk.node, 'ended', `${detail} The handover file says 0.`));
    return;
  }
  // A reboot forgets the file (T13). A BACKUP loses nothing by it; a MASTER is one because nobody else was.
  if (!hold || own?.state !== 'BACKUP' || (await desk.handover.read()) !== 0) return;
  await desk.handover.write(value);
  desk.say(news(desk, id, desk.node, 'reasserted', `The handover file said 0, and ${value} was wanted until later.`));
}
