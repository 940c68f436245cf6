/**
 * Leases and the intended weight, pure. A node keeps per member one *base* (the weight seen when no lease was live) and
 * the leases on it; the *intended weight* is the smallest of base and live leases. Leases may be taken and ended in any
 * order; when the last one has ended, the intended weight is the base again.
 */

import type { LeaseTerms } from '../../model/decisions/action.ts';

/** Why a lease is over: `ended` by its finding, its time or a person; `released` by the release rule; `overridden` by somebody else's weight. */
export type LeaseEnding = 'ended' | 'released' | 'overridden';

export interface LeaseEnd {
  readonly result: LeaseEnding;
  /** One sentence for people. */
  readonly detail: string;
  /** When that was so, in broker ms; absent where that was not known. */
  readonly at?: number;
}

/**
 * - `taking`: written down, the kernel not yet (known to be) touched.
 * - `held`: seen in the table.
 * - `ending`: over; the table may still have its weight.
 */
export type LeasePhase = 'taking' | 'held' | 'ending';

export interface Lease extends LeaseTerms {
  /** The decision that took it. */
  readonly id: string;
  readonly phase: LeasePhase;
  /** Set while the member's producers are still to be moved. */
  readonly moving?: boolean;
  /** Broker time in ms at which people were told that it stays though it is over. */
  readonly keptAt?: number;
  /** With phase `ending`. */
  readonly end?: LeaseEnd;
}

/** All that a node remembers of a member while a lease is on it. */
export interface LeaseSet {
  readonly base: number;
  readonly leases: readonly Lease[];
  /** The member was out of the table since its weight was last as intended: keepalived re-adds it at its own weight. */
  readonly wasUnlisted: boolean;
  /** Broker times in ms at which a lease was put back, within the window that counts. */
  readonly reassertedAt: readonly number[];
  /** Somebody keeps undoing the leases and the node has stopped to put them back. */
  readonly contested: boolean;
}

const RAISE = 'raise-';

/** The id of a step in which weight is given back (raise.ts). A decision's id begins with a digit. */
export function raiseId(weight: number): string {
  return `${RAISE}${weight}`;
}

/** A step of the node's own, which no decision took and nobody is told of. */
export function isRaise({ id }: Lease): boolean {
  return id.startsWith(RAISE);
}

function isLive(lease: Lease): boolean {
  return lease.phase !== 'ending';
}

export function liveLeases(leaseSet: LeaseSet | undefined): readonly Lease[] {
  return leaseSet?.leases.filter(isLive) ?? [];
}

/** The live ones that decisions took. */
export function takenLeases(leaseSet: LeaseSet | undefined): readonly Lease[] {
  return liveLeases(leaseSet).filter((lease) => !isRaise(lease));
}

/** The smallest of base and live leases. */
export function intendedWeight(leaseSet: LeaseSet): number {
  return Math.min(leaseSet.base, ...liveLeases(leaseSet).map((lease) => lease.weight));
}

/**
 * Writes down a lease that is about to be taken. `weightNow` becomes the base if nothing is held yet; while an ended
 * lease still waits for its weight to be put back, the table does not show the base. Of a member that is not listed it is
 * the weight that keepalived would give it.
 */
export function take(
  leaseSet: LeaseSet | undefined,
  terms: LeaseTerms & { id: string; moving?: boolean },
  weightNow: number,
) {
  const before = leaseSet ?? { base: weightNow, leases: [], wasUnlisted: false, reassertedAt: [], contested: false };
  const others = before.leases.filter((lease) => lease.id !== terms.id);
  const lease: Lease = { ...terms, phase: 'taking' };
  return { ...before, leases: [...others, lease], contested: false } satisfies LeaseSet;
}

/** Every lease that was being taken is in the table now. */
export function confirm(leaseSet: LeaseSet): LeaseSet {
  return {
    ...leaseSet,
    leases: leaseSet.leases.map((lease) => (lease.phase === 'taking' ? { ...lease, phase: 'held' } : lease)),
  };
}

/** Marks live leases as over; their weight stands in the table until it is set again. */
export function end(leaseSet: LeaseSet, ids: readonly string[], how: LeaseEnd): LeaseSet {
  const over = (lease: Lease) => isLive(lease) && ids.includes(lease.id);
  const leases = leaseSet.leases.map((lease): Lease => (over(lease) ? { ...lease, phase: 'ending', end: how } : lease));
  return { ...leaseSet, leases };
}

/** Forgets leases; undefined when none is left. */
export function drop(leaseSet: LeaseSet, ids: readonly string[]): LeaseSet | undefined {
  const leases = leaseSet.leases.filter((lease) => !ids.includes(lease.id));
  return leases.length === 0 ? undefined : { ...leaseSet, leases };
}

export function patch(
  leaseSet: LeaseSet,
  id: string,
  changes: Partial<Pick<Lease, 'until' | 'keptAt' | 'moving'>>,
): LeaseSet {
  return { ...leaseSet, leases: leaseSet.leases.map((lease) => (lease.id === id ? { ...lease, ...changes } : lease)) };
}

/** Producers may have come back, or come another way now: those of a member that is held at 0 are to be moved. */
export function movingAgain(leaseSet: LeaseSet): LeaseSet {
  const [lease] = liveLeases(leaseSet).filter(({ phase, weight }) => phase === 'held' && weight === 0);
  return lease === undefined || intendedWeight(leaseSet) !== 0 ? leaseSet : patch(leaseSet, lease.id, { moving: true });
}

/** Gives a lease another end. When that lies in the future, people must hear again if the lease stays past it. */
export function renew(leaseSet: LeaseSet, id: string, until: number, now: number): LeaseSet {
  const leases = leaseSet.leases.map((lease): Lease => {
    if (lease.id !== id || !isLive(lease) || lease.until === until) return lease;
    const { keptAt, ...rest } = lease;
    return { ...rest, until, ...(keptAt !== undefined && until <= now && { keptAt }) };
  });
  return { ...leaseSet, leases };
}
