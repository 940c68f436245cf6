/** What people say to a pool: each is one entry of its stream. */

import type { ActionKind } from '../decisions/action.ts';
import type { HandoverWay } from '../decisions/handover.ts';
import type { HoldScope } from '../people/hold.ts';
import type { Matcher } from '../people/silence.ts';

/** What every word of a person has. */
interface Said<Kind extends string> {
  readonly kind: Kind;
  readonly pool: string;
  /** The person, as they are known where they spoke ("root@bastion", "U012AB3CD"). */
  readonly by: string;
}

/** A person asks for an action, from the terminal, Slack or the page. */
export interface Request extends Said<'request'> {
  readonly action: ActionKind;
  /** The member it is about; for failover the node that the VIP should leave. */
  readonly target: string;
  /** For set_weight. */
  readonly weight?: number;
  /** How long the lease lives, or the VIP is kept away, in ms. */
  readonly leaseMs?: number;
  /** For failover: where to, and how. */
  readonly to?: string;
  readonly way?: HandoverWay;
  readonly reason?: string;
  /** A drill of this rule: its first step, without changing anything. */
  readonly drill?: { readonly rule: string };
  /** Pass the rails that a person may pass; the reason is then required and people are paged. */
  readonly force: boolean;
  /** An approver has to say yes first; never the one who asked. */
  readonly ask?: true;
}

/** A person forbids Weir to act. */
export interface HoldRequest extends Said<'hold'> {
  readonly scope: HoldScope;
  readonly reason: string;
  /** For how long, in ms; 24 h at most. */
  readonly holdMs: number;
}

/** A person ends a hold. */
export interface ResumeRequest extends Said<'resume'> {
  readonly scope: HoldScope;
}

/** A person acknowledges an incident: it is theirs now, and is not escalated any more. */
export interface IncidentAck extends Said<'ack'> {
  /** Its id, or that of its thread. */
  readonly incident: string;
}

/**
 * A person trusts the rules of a pool again: they may act where they had stopped to let people look (block, breaker). Its
 * form is the one that a worker of the version before knows it by: an ack of no incident.
 */
export interface Trust extends Said<'ack'> {
  readonly incident?: never;
}

/** A person does not want to be told of what it covers, for a time. */
export interface SilenceRequest extends Said<'silence'> {
  readonly matcher: Matcher;
  readonly reason: string;
  /** For how long, in ms; MAX_SILENCE_MS at most. */
  readonly silenceMs: number;
}

/** A person ends a silence. */
export interface UnsilenceRequest extends Said<'unsilence'> {
  /** The silence that it ends. */
  readonly id: string;
}

/** A person's word on a decision that waits for one. */
export interface ApprovalAnswer extends Said<'answer'> {
  readonly decision: string;
  /** Where the person is known from: of a terminal's user the machine has made sure, of a Slack user Slack. */
  readonly via: 'terminal' | 'slack' | 'page';
  readonly answer: 'approve' | 'deny';
  readonly reason?: string;
  /** Slack user groups that weir.yaml names and the person is in: an approver may be named by one. */
  readonly groups?: readonly string[];
}
