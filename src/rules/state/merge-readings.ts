/** One reading of a member out of those of all observers, with its row of the MASTER's table. */

import { NOT_LISTED, type Sweep } from '../../model/readings/reading.ts';
import type { MemberSignals, Mutable } from '../../model/readings/signals.ts';

export interface MemberFact {
  readonly signals: MemberSignals;
  /** The observer whose reading was used; absent where nobody read it, or nobody may look. */
  readonly readBy?: string;
  /** Start of the poll whose reading was used, in broker ms. */
  readonly readAt?: number;
}

/**
 * The reading of the member's own node while that is fresh and may look, else that of the freshest other observer; readings
 * are never mixed. Two things come from elsewhere: the row of the LVS table from the MASTER, and that an observer is locked
 * out from that observer.
 */
export function memberFact(name: string, sweeps: readonly Sweep[], master: Sweep | undefined): MemberFact {
  const sweep = bestReading(name, sweeps);
  const reading = sweep?.members[name];
  const signals = laidOnce(name, reading, master, lockedOutOf(name, sweeps));
  return {
    signals,
    ...(sweep !== undefined && !isLockedOut(reading) && { readBy: sweep.observer }),
    ...(sweep !== undefined && { readAt: sweep.at }),
  };
}

function bestReading(name: string, sweeps: readonly Sweep[]): Sweep | undefined {
  const readings = sweeps.filter((sweep) => sweep.members[name] !== undefined);
  const looked = readings.filter((sweep) => !isLockedOut(sweep.members[name]));
  const best = looked.length > 0 ? looked : readings;
  return best.find((sweep) => sweep.observer === name) ?? best.sort((a, b) => b.at - a.at)[0];
}

/** The member answers that this observer may not look. */
function isLockedOut(reading: MemberSignals | undefined): boolean {
  return (reading?.locked_out ?? '') !== '';
}

/** What keeps any observer from looking at the member: people must mend it there. */
function lockedOutOf(name: string, sweeps: readonly Sweep[]): string | undefined {
  return sweeps.map((sweep) => sweep.members[name]).find(isLockedOut)?.locked_out;
}

/**
 * One sweep is new at a time, so most facts are those of the entry before. They are the same objects: an expression that
 * sees nothing else need not be evaluated again.
 */
const laid = new WeakMap<MemberSignals, Laid>();

interface Laid {
  readonly name: string;
  readonly director: Sweep | undefined;
  readonly lockedOut: string | undefined;
  readonly signals: MemberSignals;
}

function laidOnce(
  name: string,
  reading: MemberSignals | undefined,
  director: Sweep | undefined,
  lockedOut: string | undefined,
): MemberSignals {
  const cached = reading && laid.get(reading);
  if (cached?.name === name && cached.director === director && cached.lockedOut === lockedOut) return cached.signals;
  const own = memberSignals(name, reading, director);
  const signals = lockedOut === undefined ? own : { ...own, locked_out: lockedOut };
  if (reading !== undefined) laid.set(reading, { name, director, lockedOut, signals });
  return signals;
}

/** A member's reading with its row of the MASTER's table laid over it. */
export function memberSignals(
  name: string,
  reading: MemberSignals | undefined,
  director: Sweep | undefined,
): MemberSignals {
  const signals: Mutable<MemberSignals> = { ...reading };
  if (director !== undefined) signals.master = director.observer === name;
  if (director?.table === undefined) return signals;
  const row = director.table[name] ?? NOT_LISTED;
  signals.listed = row.listed;
  signals.weight = row.weight;
  signals.active_connections = row.activeConnections;
  signals.held = director.leases.some((lease) => lease.member === name && !lease.contested);
  if (signals.writable !== undefined) signals.serving = row.listed && row.weight > 0 && signals.writable;
  return signals;
}
