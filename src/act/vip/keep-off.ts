/** What the actuator does at every poll about a VIP that it keeps away. Runs under the pool's lock. */

import { formatDuration } from '../../model/duration.ts';
import { ownerText } from '../../model/owner.ts';
import { forbidden } from '../admission.ts';
import { recordOf } from '../leases/lease-sets.ts';
import { outcomeOf } from '../leases/settle-ended.ts';
import type { NodePool } from '../node-pool.ts';
import { WRITABLE_FOR_MS } from '../readings.ts';
import { letGo } from './handover.ts';

export async function watchHandover(nodePool: NodePool): Promise<void> {
  const { handover } = recordOf(nodePool);
  if (handover === undefined) return;
  const now = nodePool.now();
  const { id, until, hold, owner, value } = handover;
  const own = nodePool.readings.director(now);
  // Until broker time is known, a VIP that is kept away stays away. A handover that was still moving is of a process that died.
  const isOver = nodePool.isTimeKnown() ? now >= until : !hold;
  if (isOver) {
    const since = nodePool.readings.writableSince(nodePool.node, now);
    const isFit = since !== undefined && now - since >= WRITABLE_FOR_MS;
    if (hold && own?.nopreempt !== true && !isFit) {
      if (handover.keptAt !== undefined) return;
      await nodePool.ledger.note(nodePool.pool.name, (record) => ({
        ...record,
        handover: { ...handover, keptAt: now },
      }));
      const why = `The handover of ${ownerText(owner)} has expired. The VIP stays away all the same: this node would take it back, and its Redis has not been writable for ${formatDuration(WRITABLE_FOR_MS)}.`;
      nodePool.say(outcomeOf(nodePool, id, nodePool.node, 'kept', why));
      return;
    }
    await letGo(nodePool);
    const detail = hold
      ? `The handover of ${ownerText(owner)} has expired: the VIP may come here again.`
      : 'It was cut short.';
    nodePool.say(outcomeOf(nodePool, id, nodePool.node, 'ended', `${detail} The handover file says 0.`));
    return;
  }
  // A reboot forgets the file (docs/hazards.md#t13). A BACKUP loses nothing by it; a MASTER is one because nobody else
  // was.
  if (!hold || own?.state !== 'BACKUP' || (await nodePool.handover.read()) !== 0) return;
  if ((await forbidden(nodePool, false)) !== undefined) return;
  await nodePool.handover.write(value);
  nodePool.say(
    outcomeOf(
      nodePool,
      id,
      nodePool.node,
      'reasserted',
      `Somebody set the handover file to 0 before the time. Weir has put ${value} back.`,
    ),
  );
}
