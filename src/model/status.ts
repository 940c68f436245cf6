/** What `weir status`, the page and /api/v1/status show. */

import type { OwedLease } from './action.ts';
import type { Decision, Finding, Mode } from './decision.ts';
import type { Hold } from './hold.ts';
import type { Signals } from './reading.ts';

/** What is known of a pool now: one merged reading per target. */
export interface Facts {
  readonly pool: Signals;
  readonly members: Readonly<Record<string, Signals>>;
  readonly directors: Readonly<Record<string, Signals>>;
  readonly consumers: Readonly<Record<string, Signals>>;
}

export interface ObserverStatus {
  readonly name: string;
  readonly node: boolean;
  /** Broker time in ms of its last sweep; absent: never heard. */
  readonly at?: number;
  readonly fresh: boolean;
  readonly troubles: readonly string[];
}

export interface PoolStatus {
  readonly name: string;
  readonly vip: string;
  readonly mode: Mode;
  readonly facts: Facts;
  readonly observers: readonly ObserverStatus[];
  readonly findings: readonly Finding[];
  /** Newest first. */
  readonly decisions: readonly Decision[];
  readonly leases: readonly OwedLease[];
  /** Why nothing, or not everything, is done: by people, by weir.yaml's windows, by a file on a node. */
  readonly holds?: readonly Hold[];
  /** Members whose weight the MASTER gives back in steps, and where they are. */
  readonly raising?: Readonly<Record<string, number>>;
  /** Decisions that wait for a person's yes. */
  readonly waiting?: readonly Decision[];
  /** Broker time in ms until which nothing is done because the pool has not settled; absent when it has. */
  readonly settlesAt?: number;
  /** Broker time in ms of the last evaluated entry; absent: nothing evaluated yet. */
  readonly evaluatedAt?: number;
  readonly ruleSetHash: string;
}

export interface Status {
  /** Broker time in ms. */
  readonly at: number;
  readonly pools: readonly PoolStatus[];
  /** Sentences about the broker and the workers ("the broker may evict keys: ..."). */
  readonly troubles: readonly string[];
}
