/**
 * Entries of a pool's stream: everything that happens to a pool, in one order. The id of an entry (`<ms>-<seq>`, made
 * by the broker) is the pool's clock, version and fence.
 */

import type { ActionKind } from './action.ts';
import type { ExternalAlert } from './alert.ts';
import type { HandoverWay } from './handover.ts';
import type { HoldScope } from './hold.ts';
import type { Matcher } from './incident.ts';
import type { Sweep } from './reading.ts';

export type EntryId = string;

/** A person's wish, from the terminal, Slack or the page. */
export interface Request {
  readonly kind: 'request';
  readonly pool: string;
  readonly action: ActionKind;
  /** The member it is about; for failover the node that the VIP shall leave. */
  readonly target: string;
  /** For set_weight. */
  readonly weight?: number;
  /** How long the lease lives, or the VIP is kept away, in ms. */
  readonly leaseMs?: number;
  /** For failover: where to, and how. */
  readonly to?: string;
  readonly way?: HandoverWay;
  /** Who asked, as they are known where they asked ("root@bastion", "U012AB3CD"). */
  readonly by: string;
  readonly reason?: string;
  /** Not in earnest: what the first step of this rule would do. */
  readonly drill?: { readonly rule: string };
  /** Pass the rails that a person may pass; the reason is then required and people are paged. */
  readonly force: boolean;
  /** An approver shall say yes first; never the one who asked. */
  readonly ask?: true;
}

/** A person forbids Weir to act. */
export interface HoldWish {
  readonly kind: 'hold';
  readonly pool: string;
  readonly scope: HoldScope;
  readonly by: string;
  readonly reason: string;
  /** For how long, in ms; 24 h at most. */
  readonly holdMs: number;
}

/** A person takes a hold away. */
export interface ResumeWish {
  readonly kind: 'resume';
  readonly pool: string;
  readonly scope: HoldScope;
  readonly by: string;
}

/**
 * A person has looked. Of an incident: it is theirs now, and is not escalated any more. Without one: at what Weir did, and
 * it may go on where it stopped to let people look (block, breaker).
 */
export interface Ack {
  readonly kind: 'ack';
  readonly pool: string;
  readonly by: string;
  /** Id of an incident or of its thread. */
  readonly incident?: string;
}

/** A person does not want to be told of what it covers, for a time. */
export interface SilenceWish {
  readonly kind: 'silence';
  readonly pool: string;
  readonly matcher: Matcher;
  readonly by: string;
  readonly reason: string;
  /** For how long, in ms; MAX_SILENCE_MS at most. */
  readonly silenceMs: number;
}

/** A person takes a silence away. */
export interface UnsilenceWish {
  readonly kind: 'unsilence';
  readonly pool: string;
  /** Of the silence. */
  readonly id: string;
  readonly by: string;
}

/** A person's word on a decision that waits for one. */
export interface ApprovalAnswer {
  readonly kind: 'answer';
  readonly pool: string;
  readonly decision: string;
  readonly by: string;
  /** Where the person is known from: of a terminal's user the machine has made sure, of a Slack user Slack. */
  readonly via: 'terminal' | 'slack' | 'page';
  readonly answer: 'approve' | 'deny';
  readonly reason?: string;
  /** Slack user groups that weir.yaml names and the person is in: an approver may be named by one. */
  readonly groups?: readonly string[];
}

/**
 * What came of an action on one node, or what happened later to the lease that it took.
 *
 * - `applied`: the table was set and read back. Not yet *verified*: that takes a fresh sweep.
 * - `refused`: a rail at the hand said no; nothing was touched.
 * - `failed`: tried, and the read-back differs or a program failed.
 * - `expired`: the job came too late; nothing was touched.
 * - `reasserted`, `contested`, `overridden`, `released`, `ended`, `kept`: news of a lease (see src/act/leases.ts).
 */
export type OutcomeResult =
  | 'applied'
  | 'refused'
  | 'failed'
  | 'expired'
  | 'reasserted'
  | 'contested'
  | 'overridden'
  | 'released'
  | 'ended'
  | 'kept';

export interface Outcome {
  readonly kind: 'outcome';
  readonly pool: string;
  /** The decision that this is the outcome of; for news of a lease, the decision that took it. */
  readonly decision: string;
  readonly node: string;
  readonly member: string;
  /** Broker time after the last look, in ms: only sweeps with a later `at` count as evidence of the action. */
  readonly at: number;
  /** For an answer to a job: broker time in ms at which the hand took it up. */
  readonly startedAt?: number;
  readonly result: OutcomeResult;
  /** One sentence for people. */
  readonly detail: string;
  readonly weightBefore?: number;
  readonly weightAfter?: number;
  /** Producers whose connection to the member was ended so that they reconnect elsewhere. */
  readonly moved?: number;
  /** Producers that cannot be moved from here. */
  readonly stuck?: number;
}

/** An Alertmanager has told of alerts: what fires and what is over. */
export interface AlertsEntry {
  readonly kind: 'alerts';
  readonly pool: string;
  readonly alerts: readonly ExternalAlert[];
}

/** Makes time pass: one per pool and second. */
export interface Tick {
  readonly kind: 'tick';
  readonly pool: string;
}

export type EntryBody =
  | Sweep
  | Request
  | Outcome
  | Tick
  | HoldWish
  | ResumeWish
  | Ack
  | ApprovalAnswer
  | SilenceWish
  | UnsilenceWish
  | AlertsEntry;

export interface Entry {
  readonly id: EntryId;
  readonly body: EntryBody;
}

/** The broker's time of an entry in ms, from its id. */
export function entryTime(id: EntryId): number {
  return Number(id.slice(0, id.indexOf('-')));
}

/** Compares two entry ids in stream order: negative when `a` is earlier. */
export function compareEntryIds(a: EntryId, b: EntryId): number {
  const byTime = entryTime(a) - entryTime(b);
  return byTime !== 0 ? byTime : Number(a.slice(a.indexOf('-') + 1)) - Number(b.slice(b.indexOf('-') + 1));
}
