/** What a pool's state remembers of leases that are over, of alerts, of writers, and of time that nobody has seen. */

import { LONGEST_LEASE_MS } from '../../model/decisions/action.ts';

/** Firing alerts of Alertmanagers, by fingerprint. */
export type KnownAlerts = Readonly<Record<string, KnownAlert>>;

/** A firing alert. Its labels stand in the entry alone, because the state is written at every step. */
export interface KnownAlert {
  readonly name: string;
  /** Broker time in ms at which Alertmanager last sent it. */
  readonly seenAt: number;
}

/** Writers of entries that could not be read. Broker times in ms: when people were told, when the last such entry came. */
export type UnreadableWriters = Readonly<Record<string, { readonly toldAt: number; readonly at: number }>>;

/** The end of a lease, remembered so that no node brings the lease back. */
export interface Tombstone {
  /** Broker time in ms. */
  readonly keptUntil: number;
  /** By node that still shows the lease: how often it was asked again to end it, and when last. */
  readonly asked: Readonly<Record<string, { readonly count: number; readonly at: number }>>;
}

/** Broker times in ms between which the broker has lost what happened, or nobody has folded it. */
export interface Forgotten {
  readonly from: number;
  readonly to: number;
}

/** A fuse. */
const FORGOTTEN_KEPT = 20;

/** Adds a stretch of time of which nothing is known. */
export function withForgotten(stretches: readonly Forgotten[], from: number, to: number): readonly Forgotten[] {
  return [...stretches.filter((stretch) => stretch.to > to - LONGEST_LEASE_MS), { from, to }].slice(-FORGOTTEN_KEPT);
}
