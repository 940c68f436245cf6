/**
 * Threads: what people are told in. A thread is one message per destination, kept true, with replies below it; incidents
 * of one cause share a thread. Times are broker times in ms.
 */

import type { Severity } from '../severity.ts';
import type { Acked, Incident } from './incident.ts';
import type { Message, TellKind } from './message.ts';

/** One thing that happened, in words. */
export interface ThreadItem extends Pick<Message, 'at' | 'severity' | 'title' | 'lines' | 'from'> {
  /** From 1, one more each. */
  readonly seq: number;
  readonly kind: TellKind;
  /** The incident that it is about. */
  readonly incident?: string;
}

/** incident: of one cause; request: what a person wanted and what came of it; notice: said once. */
export type ThreadKind = 'incident' | 'request' | 'notice';

/** How a thread stands, for its colour and its buttons. */
export type ThreadState = 'firing' | 'acked' | 'silenced' | 'muted' | 'resolved' | 'said';

/** A decision in a thread that waits for a yes. */
export interface Waiting {
  readonly decision: string;
  /** "drain b" */
  readonly what: string;
  readonly until: number;
  readonly needed: number;
}

/** Rails that let rules act again once a person trusts them. */
export const STOPS = ['block', 'breaker'] as const;

export type Stop = (typeof STOPS)[number];

export interface Thread {
  readonly id: string;
  readonly pool: string;
  readonly kind: ThreadKind;
  readonly state: ThreadState;
  /** The worst of its open incidents, or of all where none is open. */
  readonly severity: Severity;
  readonly title: string;
  /** What its incidents have in common: the rule's name; `many` where there were too many to tell one by one. */
  readonly cause: string;
  /** Ids, oldest first. */
  readonly incidents: readonly string[];
  readonly openedAt: number;
  readonly closedAt?: number;
  readonly acked?: Acked;
  /** Opened and resolved so often that it is told once. */
  readonly flapping?: true;
  /** Oldest first; the oldest go first when there are too many. */
  readonly items: readonly ThreadItem[];
  readonly lastSeq: number;
  readonly waiting?: Waiting;
  /** What keeps Weir from acting here, where `weir trust` ends it. */
  readonly stopped?: Stop;
  /** Keys of the places where it is told (model/configuration/route.ts). */
  readonly places: readonly string[];
  /** Steps of escalation that were taken. */
  readonly escalated: number;
  /** The item of its last escalation: the reply with it is one that the whole channel sees. */
  readonly loudSeq?: number;
  /** One more at every change that people are to see. */
  readonly revision: number;
}

/** A thread with what it tells of. */
export interface ThreadView {
  readonly thread: Thread;
  /** Its incidents, oldest first. */
  readonly incidents: readonly Incident[];
  /** Open incidents of other threads that its cause mutes. */
  readonly mutes: readonly Incident[];
}

/** What a destination has of a thread. */
export interface Delivery {
  readonly revision: number;
  /** The last item that was told. */
  readonly seq: number;
  /** How the destination knows it: the id and the time stamp of a message, for one. */
  readonly ref?: Readonly<Record<string, string>>;
}
