/** What a rail is asked, what it is handed, and what it is. Rails are pure: every fact is handed in. */

import type { ActionKind } from './action.ts';
import type { PolicyConfig, PoolConfig } from './config.ts';
import type { Mode, RailVerdict, Verdict } from './decision.ts';
import type { HandoverWay } from './handover.ts';
import type { Facts } from './status.ts';

/** An action that somebody wants. */
export interface Proposal {
  readonly by: 'rule' | 'person';
  /** The rule's name, or `request`. */
  readonly rule: string;
  readonly target: string;
  readonly action: ActionKind;
  /** The weight that the member shall have; 0 for a drain. */
  readonly weight?: number;
  /** For failover: where to, how, and how long the VIP is kept away. */
  readonly to?: string;
  readonly way?: HandoverWay;
  readonly holdMs?: number;
  /** The rule's own mode; a rule without one is shadow. */
  readonly mode?: Mode;
  /** How many observers must see it. */
  readonly observers: number;
  /** The rule may act on so many targets at a time; on none when it fires for more. */
  readonly maxTargets?: number;
  /** A person passes the rails that may be passed. */
  readonly force: boolean;
}

/** One observer's view of the rule's `when` for the target. */
export interface Vote {
  readonly observer: string;
  readonly vote: 'yes' | 'no' | 'abstain';
}

export interface RailFacts {
  /** Broker time in ms. */
  readonly now: number;
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  readonly facts: Facts;
  /** Signals that the rule names and nobody has read within stale_after. */
  readonly missingSignals: readonly string[];
  /** Members with a fresh reading. */
  readonly freshMembers: readonly string[];
  /** Broker time in ms until which the pool settles. */
  readonly settlesAt: number;
  /** Why it settles ("Weir started"). */
  readonly settleReason: string;
  /** Why the broker must not be relied on now; absent when it may. */
  readonly brokerTrouble?: string;
  readonly votes: readonly Vote[];
  /** Firing rules that brake this kind of action. */
  readonly brakedBy: readonly string[];
  /** All targets that the rule fires for. */
  readonly firingTargets: readonly string[];
  /** Other members of the pool that Weir holds or is acting on now. */
  readonly otherTargets: readonly string[];
  /** Another failover of this pool whose end is awaited. */
  readonly openFailover?: string;
}

export interface Rail {
  /** As people read it: `blast radius`. */
  readonly name: string;
  /** Its place in the order of design. */
  readonly number: number;
  /** Whether this proposal is its business. */
  applies(proposal: Proposal): boolean;
  /** A person's `--force --reason` passes it. */
  readonly passable: boolean;
  judge(proposal: Proposal, facts: RailFacts): RailVerdict;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Every rail that was asked, in order; the last one refused if the verdict is refuse. */
  readonly rails: readonly RailVerdict[];
}

export type Judge = (proposal: Proposal, facts: RailFacts) => Judgement;
