import type { VipPreflightFacts } from '../model/decisions/node-rails.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { NAME } from './preflight.ts';
import { pass, refuse } from './verdict.ts';

/**
 * Rail 14 for the VIP, on the node, right before it is touched; nothing passes it. The node must still be what the
 * decision took it for, and with its own eyes see that the one that takes the VIP takes writes.
 */
export function preflightVip({ director, handover, writable }: VipPreflightFacts): RailVerdict {
  if (director === undefined) return refuse(NAME, "This node's own VRRP state is not known now.");
  const { state = 'of unknown state' } = director;
  if (handover === undefined) {
    return state === 'ORPHAN'
      ? pass(NAME, 'keepalived is dead here and the VIP is still on the interface.')
      : refuse(NAME, `This node is ${state} and not ORPHAN: what this was decided for is over.`);
  }
  const wanted = handover.holdMs === undefined ? ['MASTER'] : ['MASTER', 'BACKUP'];
  if (!wanted.includes(state)) return refuse(NAME, `This node is ${state} and not ${wanted.join(' or ')}.`);
  if (director.handover !== 0) {
    return refuse(NAME, `The handover file says ${director.handover ?? 'nothing: it is not there'}, and not 0.`);
  }
  if (!writable.has(handover.to)) {
    return refuse(NAME, `This node has not seen the Redis of ${handover.to} writable just now: it is to take over.`);
  }
  return pass(NAME, `This node is ${state}, and ${handover.to} takes writes.`);
}
