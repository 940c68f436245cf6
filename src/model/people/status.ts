/** What `weir status`, the page and /api/v1/status show. */

import type { Mode } from '../configuration/mode.ts';
import type { DesiredLease } from '../decisions/action.ts';
import type { Decision, Finding } from '../decisions/decision.ts';
import type { ConsumerSignals, DirectorSignals, MemberSignals, PoolSignals } from '../readings/signals.ts';
import type { Hold } from './hold.ts';
import type { Silence } from './silence.ts';

/** What is known of a pool now: one merged reading per target. */
export interface Facts {
  readonly pool: PoolSignals;
  readonly members: Readonly<Record<string, MemberSignals>>;
  readonly directors: Readonly<Record<string, DirectorSignals>>;
  readonly consumers: Readonly<Record<string, ConsumerSignals>>;
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
  /** `<rule>/<target>` to the id of the incident that is open for it. */
  readonly incidents?: Readonly<Record<string, string>>;
  /** `<rule>/<target>` to who has acknowledged it. */
  readonly acked?: Readonly<Record<string, string>>;
  /** `<rule>/<target>` of what a silence covers. */
  readonly silenced?: readonly string[];
  /** What people are not told of, for a time. */
  readonly silences?: readonly Silence[];
  /** Newest first. */
  readonly decisions: readonly Decision[];
  readonly leases: readonly DesiredLease[];
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
  /** Who wrote something without a seal in the last minute, where seals are asked for; absent: nobody. */
  readonly unsealed?: readonly string[];
  /** The weir.yaml that this was read with is none of those that workers and nodes were started with. */
  readonly isOtherEdition?: true;
  readonly ruleSetHash: string;
}

export interface Status {
  /** Broker time in ms. */
  readonly at: number;
  /** The version of the Weir that shows it. */
  readonly version?: string;
  readonly pools: readonly PoolStatus[];
  /** Sentences about the broker and the workers ("the broker may evict keys: ..."). */
  readonly troubles: readonly string[];
}
