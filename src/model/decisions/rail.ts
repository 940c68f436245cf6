/** What a rail is asked, what it is handed, and what it is. Rails are pure: every fact is handed in. */

import type { PolicyConfig, PoolConfig } from '../configuration/config.ts';
import type { Mode } from '../configuration/mode.ts';
import type { Hold } from '../people/hold.ts';
import type { Facts } from '../people/status.ts';
import type { ActionKind, PastAction } from './action.ts';
import type { HandoverWay } from './handover.ts';
import type { RuleLimits, RuleLoosening } from './rule.ts';
import type { RailVerdict, Verdict } from './verdict.ts';

/** An action that somebody wants. */
export interface Proposal {
  readonly by: 'rule' | 'person';
  /** The rule's name, or `request`. */
  readonly rule: string;
  readonly target: string;
  readonly action: ActionKind;
  /** The weight that the member should have; 0 for a drain. */
  readonly weight?: number;
  /** For failover: where to, how, and how long the VIP is kept away. */
  readonly to?: string;
  readonly way?: HandoverWay;
  readonly holdMs?: number;
  /** How long a person asks for, in ms; absent where they have not said. */
  readonly leaseMs?: number;
  /** The rule's own mode; a rule without one is shadow. */
  readonly mode?: Mode;
  /** How many observers must see it. */
  readonly observers: number;
  /** What the rule asks for beyond the policy, and what it says that it does not need of it. */
  readonly limits?: RuleLimits;
  readonly loosen?: RuleLoosening;
  /** A person asked, and wants an approver's yes first. */
  readonly ask?: true;
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
  /** Its mode is the lowest that any worker or node was started with. */
  readonly policy: PolicyConfig;
  /** Who was started with that mode, where somebody was with a higher one. */
  readonly loweredBy?: readonly string[];
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
  /** The pool holds the target, or a decision about it is open; also where this weir.yaml has no such member. */
  readonly isTargetHeld: boolean;
  /** Another failover of this pool whose end is awaited. */
  readonly openFailover?: string;
  /** Every hold in force: by people, by weir.yaml's windows, by a node's file. */
  readonly holds: readonly Hold[];
  readonly loads: Readonly<Record<string, MemberLoad>>;
  /** What rules had done in this pool lately, oldest first. */
  readonly acts: readonly PastAction[];
  /** Broker time in ms at which a person last said that rules may act again (`weir trust`); 0: never. */
  readonly ackedAt: number;
  /** Actions of rules whose effect nobody saw, in a row, and when the last of them was closed. */
  readonly strikes: { readonly count: number; readonly at: number };
  /** Persons who said yes to this proposal. */
  readonly approvedBy: readonly string[];
}

/** What is remembered of a member's traffic for the time when it gives no answer. */
export interface MemberLoad {
  /** The last inflow that was read, in bytes/s. */
  readonly inflow: number;
  /** Broker time in ms of that reading. */
  readonly at: number;
  /** The most that its consumers took in the last day, in bytes/s: what they have shown that they can. */
  readonly peakTaken: number;
  readonly peakAt: number;
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
  /** To a person it is a warning and no refusal. */
  readonly warnsPeople?: true;
  judge(proposal: Proposal, facts: RailFacts): RailVerdict;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Every rail that was asked, in order; the last one refused if the verdict is refuse. */
  readonly rails: readonly RailVerdict[];
}

export type Judge = (proposal: Proposal, facts: RailFacts) => Judgement;
