import type { RailVerdict } from '../model/decision.ts';
import type { Handover } from '../model/handover.ts';
import type { Signals } from '../model/reading.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'pre-flight';

export interface VipPreflightFacts {
  /** This node's VRRP side by its own latest poll; undefined: not known now. */
  readonly director: Signals | undefined;
  /** Absent: an orphan VIP is removed. */
  readonly handover?: Handover | undefined;
  /** Members that this node's own fresh polls saw writable. */
  readonly writable: ReadonlySet<string>;
}

/**
 * Rail 14 for the VIP, at the hand, right before it is touched; nothing passes it. The node must still be what the
 * decision took it for, and with its own eyes see that the one that takes the VIP takes writes.
 */
export function preflightVip({ director, handover, writable }: VipPreflightFacts): RailVerdict {
  if (director === undefined) return refuse(NAME, "This node's own VRRP state is not known now.");
  const state = String(director.state);
  if (handover === undefined) {
    return state === 'ORPHAN'
      ? pass(NAME, 'keepalived is dead here and the VIP is still on the interface.')
      : refuse(NAME, `This node is ${state} and not ORPHAN: what this was decided for is over.`);
  }
  const wanted = handover.holdMs === undefined ? ['MASTER'] : ['MASTER', 'BACKUP'];
  if (!wanted.includes(state)) return refuse(NAME, `This node is ${state} and not ${wanted.join(' or ')}.`);
  if (director.handover !== 0) {
    return refuse(
      NAME,
      `The handover file says ${String(director.handover ?? 'nothing: it is not there')}, and not 0.`,
    );
  }
  if (!writable.has(handover.to)) {
    return refuse(NAME, `This node has not seen the Redis of ${handover.to} writable just now: it is to take over.`);
  }
  return pass(NAME, `This node is ${state}, and ${handover.to} takes writes.`);
}
