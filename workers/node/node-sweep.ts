/** A node's sweep: what its poll read, and what only the node knows. Pure. */

import type { MemberSeen, PollView } from '../../src/act/readings.ts';
import type { Edition } from '../../src/model/configuration/edition.ts';
import type { PastAction } from '../../src/model/decisions/action.ts';
import type { KnownHeads } from '../../src/model/decisions/audit.ts';
import type { Hold } from '../../src/model/people/hold.ts';
import type { LeaseView, Sweep } from '../../src/model/readings/reading.ts';
import type { SweepReading } from '../../src/observe/poller.ts';

export interface NodeKnowledge {
  readonly edition: Edition;
  /** By how much the machine's clock is ahead of broker time, in ms. */
  readonly calendarMs: number;
  /** By how much it is ahead of the broker's own clock, in s; absent while broker time is not known. */
  readonly clockSkew?: number;
  readonly leases: readonly LeaseView[];
  /** Member to its weight, where that is raised in steps. */
  readonly raising: Readonly<Record<string, number>>;
  /** Why people forbid this node to act; absent when nobody does. */
  readonly hold?: string;
  /** The path of the file `hold`. */
  readonly stateDir: string;
  /** Actions by which rules had this node act in the last hours. */
  readonly acted: readonly PastAction[];
  /** How far the chains of the audit have come. */
  readonly auditHeads: KnownHeads;
  /** The holds that people set, as the broker said last. */
  readonly holds: readonly Hold[];
  /** What the actuator cannot do now, in sentences. */
  readonly actuatorTroubles: readonly string[];
  /** What the node cannot do for any pool, in sentences: FIFOs, the signal for a dump of keepalived. */
  readonly nodeTroubles: readonly string[];
  /** What the broker says of the pool and this version cannot read. */
  readonly unreadable: readonly string[];
}

/** Makes the sweep of one poll. A field that says nothing is left out. */
export function nodeSweep(reading: SweepReading, node: NodeKnowledge): Sweep {
  const { hold } = node;
  const held = hold === undefined ? [] : [`The file hold in ${node.stateDir} forbids this node to act: ${hold}`];
  return {
    ...withClockSkew(reading, node.clockSkew),
    troubles: [...reading.troubles, ...node.actuatorTroubles, ...node.nodeTroubles, ...held, ...node.unreadable],
    leases: node.leases,
    edition: node.edition,
    calendarMs: node.calendarMs,
    ...(Object.keys(node.raising).length > 0 && { raising: node.raising }),
    ...(hold !== undefined && { hold }),
    ...(node.acted.length > 0 && { acted: node.acted }),
    ...(Object.keys(node.auditHeads).length > 0 && { auditHeads: node.auditHeads }),
    ...(node.holds.length > 0 && { holds: node.holds }),
  };
}

/** keepalived, the logs of the system and people go by this machine's clock, Weir by the broker's. */
function withClockSkew(reading: SweepReading, clockSkew: number | undefined): SweepReading {
  const { director } = reading;
  if (director === undefined || clockSkew === undefined) return reading;
  return { ...reading, director: { ...director, clock_skew: clockSkew } };
}

/** The part of a sweep that the actuator is shown. */
export function pollViewOf({ pool, at, members, director }: Sweep): PollView {
  return { pool, now: at, members: membersSeen(members), ...(director && { director }) };
}

function membersSeen(members: Sweep['members']): PollView['members'] {
  const seen = Object.entries(members).map(([member, { answering, writable }]): [string, MemberSeen] => [
    member,
    { answering: answering === true, ...(writable !== undefined && { writable }) },
  ]);
  return Object.fromEntries(seen);
}
