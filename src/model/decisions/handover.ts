/**
 * How the VIP leaves a node: a number in keepalived's track file, chosen from what both nodes say. Pure. The rail
 * `interlock` refuses with the sentence, the decision carries the plan.
 */

import type { DirectorSignals, MemberSignals } from '../readings/signals.ts';

/**
 * `soft`: the node's priority is lowered below the peer's. It goes on taking packets until the peer's first advert, so
 * nothing is lost, but it takes three adverts and needs a peer that preempts (docs/hazards.md#t10). `hard`: FAULT, the
 * VIP goes at once.
 */
export type HandoverWay = 'soft' | 'hard';

export interface Handover {
  /** The node that takes the VIP. */
  readonly to: string;
  readonly way: HandoverWay;
  /** What is written into the track file. */
  readonly value: number;
  /**
   * How long the node is kept off the VIP afterwards, in ms: at the lowest priority, so that it takes the VIP only where
   * nobody else does. Absent: not at all, since with nopreempt the VIP does not come back by itself.
   */
  readonly holdMs?: number;
}

export interface HandoverRequest {
  /** The node that the VIP should leave. */
  readonly target: string;
  readonly to?: string | undefined;
  readonly way?: HandoverWay | undefined;
  readonly holdMs?: number | undefined;
}

/** keepalived takes priority and value together below 1 as FAULT (trackers/track_file.c, vrrp.c of 2.2.7). */
const FAULT_VALUE = -254;

/** Where the VIP would come back by itself, it is kept away for so long unless somebody says otherwise, in ms. */
const DEFAULT_HOLD_MS = 3_600_000;

/** What gives a node the lowest priority there is. FAULT would keep it off too, and leave nobody when the peer dies. */
export function keepOffValue(priority: number): number {
  return 1 - priority;
}

/** The plan, or the sentence that says why there is none. `directors` are the fresh ones. */
export function planHandover(
  wish: HandoverRequest,
  directors: Readonly<Record<string, DirectorSignals>>,
  members: Readonly<Record<string, MemberSignals>>,
): Handover | string {
  const { target } = wish;
  const own = directors[target] ?? {};
  if (own.state === undefined) return `${target} is not heard.`;
  if (own.handover === undefined) {
    return `keepalived on ${target} has no handover file: \`weir render\` builds one, \`weir init\` prints the lines for a keepalived.conf of your own.`;
  }
  const held = Object.entries(directors).find(([, { handover = 0 }]) => handover !== 0);
  if (held !== undefined) {
    return `The handover file of ${held[0]} says ${held[1].handover} already: with two of them nobody would have the VIP.`;
  }
  const taker = takerOf(wish, directors);
  if (typeof taker === 'string') return taker;
  const { name, signals: peer } = taker;
  if (wish.to !== undefined && wish.to !== name) {
    return `Of the nodes that could take the VIP ${name} has the highest priority (${peer.priority}): it would go there and not to ${wish.to}.`;
  }
  if (members[name]?.writable !== true) return `The Redis of ${name} is not known to take writes.`;
  const way = wayOf(wish, own, peer, name);
  if (typeof way === 'string') return way;
  const holdMs = wish.holdMs ?? (own.nopreempt === true ? undefined : DEFAULT_HOLD_MS);
  return { to: name, ...way, ...(holdMs !== undefined && { holdMs }) };
}

interface Taker {
  readonly name: string;
  readonly signals: DirectorSignals;
}

/** Who would have the VIP afterwards. */
function takerOf(
  { target, holdMs }: HandoverRequest,
  directors: Readonly<Record<string, DirectorSignals>>,
): Taker | string {
  const { state } = directors[target] ?? {};
  const others = Object.entries(directors)
    .filter(([name, one]) => name !== target && one.state !== undefined)
    .map(([name, signals]) => ({ name, signals }));
  const having = others.filter(({ signals }) => signals.state === 'MASTER' || signals.vip === true);
  if (state === 'BACKUP' && holdMs !== undefined) {
    const [master, ...more] = having;
    if (master?.signals.state === 'MASTER' && more.length === 0) return master;
    return `${target} is BACKUP, and no other node is known to be MASTER: kept off the VIP it could not help.`;
  }
  if (state !== 'MASTER') return `${target} is ${state} and not MASTER: it has nothing to hand over.`;
  if (having.length > 0) return `${having.map(({ name }) => name).join(', ')} has the VIP too: that must end first.`;
  const backups = others.filter(({ signals }) => signals.state === 'BACKUP' && signals.priority !== undefined);
  const [best] = backups.sort((one, other) => (other.signals.priority ?? 0) - (one.signals.priority ?? 0));
  if (best === undefined) {
    const states = others.map(({ name, signals }) => `${name} is ${signals.state}`);
    return `No other node is BACKUP (${states.join(', ') || 'none is heard'}): nobody would take the VIP.`;
  }
  if ((best.signals.adverts_received_rate ?? 0) > 0) return best;
  return `${best.name} is BACKUP, and it is not known to hear the adverts of ${target}: something is wrong between them.`;
}

function wayOf(
  wish: HandoverRequest,
  own: DirectorSignals,
  peer: DirectorSignals,
  name: string,
): Pick<Handover, 'way' | 'value'> | string {
  const hard = { way: 'hard', value: FAULT_VALUE } as const;
  if (own.state === 'BACKUP') {
    if (own.priority === undefined)
      return `The priority of ${wish.target} is not known: what keeps it off the VIP cannot be computed.`;
    return { way: 'soft', value: keepOffValue(own.priority) };
  }
  if (wish.way === 'hard') return hard;
  const below = (peer.priority ?? 0) - 1;
  const lets = peer.nopreempt !== false;
  if (!lets && below >= 1 && own.priority !== undefined) return { way: 'soft', value: below - own.priority };
  const why = lets
    ? `${name} has nopreempt and lets a MASTER of lower priority be`
    : `there is no priority below that of ${name} (${peer.priority})`;
  return wish.way === 'soft' ? `A soft failover does nothing here: ${why}. Use --hard.` : hard;
}
