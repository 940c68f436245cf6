/** What to do about a table that is not as the leases want it. Pure. */

import { ownerText } from '../../model/owner.ts';
import type { TableRow } from '../../model/readings/reading.ts';
import { end, intendedWeight, type LeaseSet, liveLeases } from './leases.ts';

/** A lease is put back this many times within the window; then two are fighting and Weir stops. */
const MAX_REASSERTS = 3;
const REASSERT_WINDOW_MS = 60_000;

export type Correction =
  /** The table is as intended, or it is not Weir's to change. */
  | { readonly do: 'nothing'; readonly leaseSet: LeaseSet }
  /** An earlier change of Weir's own has not been finished. */
  | { readonly do: 'set'; readonly leaseSet: LeaseSet; readonly weight: number }
  /** keepalived gave the member its own weight again: put the leases back. */
  | { readonly do: 'reassert'; readonly leaseSet: LeaseSet; readonly weight: number; readonly detail: string }
  /** Somebody else's weight: it stays, it is the new base, and the leases are over. */
  | { readonly do: 'adopt'; readonly leaseSet: LeaseSet; readonly detail: string }
  /** Too many times: Weir stops, the leases stay on the record as contested. */
  | { readonly do: 'stop'; readonly leaseSet: LeaseSet; readonly detail: string };

export interface Circumstances {
  readonly member: string;
  /** Broker time in ms. */
  readonly now: number;
  /** The weight that keepalived gives the member when it lists it. */
  readonly configuredWeight: number;
}

/**
 * Holds the member's row against what its leases want. keepalived keeps its own idea of a weight and writes it only on
 * its own events (keepalived 2.2.7, ipvswrapper.c:516-545), so its weight is told from a person's by its value: the base,
 * the configured weight, or whatever a member that was out of the table comes back with.
 */
export function reconcile(
  leaseSet: LeaseSet,
  row: TableRow,
  { member, now, configuredWeight }: Circumstances,
): Correction {
  // Weir never adds a member that keepalived removed; its leases wait until it is listed again.
  if (!row.listed) return { do: 'nothing', leaseSet: { ...leaseSet, wasUnlisted: true } };

  const intended = intendedWeight(leaseSet);
  if (row.weight === intended) return { do: 'nothing', leaseSet: { ...leaseSet, wasUnlisted: false } };
  if (row.weight === unfinishedWeight(leaseSet)) return { do: 'set', leaseSet, weight: intended };

  const live = liveLeases(leaseSet);
  const keepalived = leaseSet.wasUnlisted || row.weight === leaseSet.base || row.weight === configuredWeight;
  // Nothing is held any more and the weight is somebody else's: it is theirs.
  if (!keepalived && live.length === 0) return { do: 'nothing', leaseSet };
  if (!keepalived) {
    const names = live.map((lease) => ownerText(lease.owner)).join(' and ');
    const detail =
      `Somebody set ${member} to weight ${row.weight} while ${names} held it at ${intended}: ` +
      `Weir leaves it there, takes it as the new base and ends its lease${live.length > 1 ? 's' : ''}.`;
    const ids = live.map((lease) => lease.id);
    return {
      do: 'adopt',
      detail,
      leaseSet: end({ ...leaseSet, base: row.weight }, ids, { result: 'overridden', detail }),
    };
  }
  // A base of 0 was keepalived's own while the health check failed (inhibit_on_failure), or a person's that keepalived has
  // just undone: either way the member would serve now if Weir held nothing, and must when it holds nothing.
  const withBase: LeaseSet = { ...leaseSet, base: leaseSet.base === 0 ? row.weight : leaseSet.base };
  // Without a lease there is nothing to put back: an ended one waited while keepalived did what was owed.
  if (live.length === 0) return { do: 'set', leaseSet: withBase, weight: intendedWeight(withBase) };
  if (leaseSet.contested) return { do: 'nothing', leaseSet: { ...withBase, wasUnlisted: false } };

  const holders = live.map((lease) => ownerText(lease.owner)).join(' and ');
  const recent = leaseSet.reassertedAt.filter((at) => now - at < REASSERT_WINDOW_MS);
  if (recent.length >= MAX_REASSERTS) {
    const detail =
      `keepalived put ${member} back at weight ${row.weight} ${recent.length + 1} times in ${REASSERT_WINDOW_MS / 1_000} s ` +
      `(its health check re-adds the server) while ${holders} holds it at ${intended}: Weir stops and leaves it at ` +
      `${row.weight}; end the lease with "weir restore", or see why the health check goes up and down.`;
    return { do: 'stop', detail, leaseSet: { ...withBase, contested: true, wasUnlisted: false, reassertedAt: recent } };
  }
  const detail =
    `keepalived put ${member} back at weight ${row.weight} (its health check re-added the server) while ${holders} ` +
    `holds it at ${intended}: Weir set it to ${intended} again (${recent.length + 1} of ${MAX_REASSERTS} in a minute).`;
  const reasserted: LeaseSet = { ...withBase, wasUnlisted: false, reassertedAt: [...recent, now] };
  return { do: 'reassert', detail, leaseSet: reasserted, weight: intended };
}

/** The weight that the table has if the node stopped between marking leases as over and setting the weight. */
function unfinishedWeight(leaseSet: LeaseSet): number {
  return Math.min(leaseSet.base, ...leaseSet.leases.map((lease) => lease.weight));
}

/**
 * What became of leases that were being taken when the process died: all of them are in the table, or none is known to
 * be. Of a member that is not listed nothing is left to be done.
 */
export function takenAfterAll(leaseSet: LeaseSet, row: TableRow): boolean {
  return !row.listed || row.weight === intendedWeight(leaseSet);
}
