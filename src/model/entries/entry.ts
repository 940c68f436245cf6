/**
 * Entries of a pool's stream: everything that happens to a pool, in one order. The id of an entry (`<ms>-<seq>`, made
 * by the broker) is the pool's clock, version and fence.
 */

import type { EditionWord } from '../configuration/edition.ts';
import type { Outcome } from '../decisions/outcome.ts';
import type { EntryId } from '../ids.ts';
import type { ExternalAlert } from '../readings/alert.ts';
import type { Sweep } from '../readings/reading.ts';
import type {
  ApprovalAnswer,
  HoldRequest,
  IncidentAck,
  Request,
  ResumeRequest,
  SilenceRequest,
  Trust,
  UnsilenceRequest,
} from './requests.ts';

/** Which of the two an entry is. */
export function isTrust(body: EntryBody): body is Trust {
  return body.kind === 'ack' && body.incident === undefined;
}

/** An Alertmanager has told of alerts: what fires and what is over. */
export interface AlertsEntry {
  readonly kind: 'alerts';
  readonly pool: string;
  readonly alerts: readonly ExternalAlert[];
}

/** What stands in the stream and this version cannot read or fold: it is set aside, and makes time pass like any other. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly pool: string;
  /** Who wrote it, as far as that can be read: an observer, a node, a person; else `somebody`. */
  readonly writer: string;
  /** What is wrong with it, in a part of a sentence. */
  readonly why: string;
}

/** Makes time pass: one per pool and second. */
export interface Tick {
  readonly kind: 'tick';
  readonly pool: string;
  /** By how much the clock of the machine that wrote it is ahead of broker time, in ms. */
  readonly calendarMs?: number;
}

export type EntryBody =
  | Sweep
  | Request
  | Outcome
  | Tick
  | HoldRequest
  | ResumeRequest
  | IncidentAck
  | Trust
  | ApprovalAnswer
  | SilenceRequest
  | UnsilenceRequest
  | AlertsEntry
  | EditionWord
  | Unreadable;

export interface Entry {
  readonly id: EntryId;
  readonly body: EntryBody;
  /** What its reader found of its seal; absent where none was looked for, or it was set aside. */
  readonly seal?: SealSeen | 'none';
}

/** A seal that fits. One process numbers what it writes of a kind, and the numbers only grow. */
export interface SealSeen {
  readonly channel: string;
  readonly n: number;
  /** Broker time in ms after which nothing with this seal is taken any more. */
  readonly until: number;
}

/** What says how things are now, and requests, which say that they expire unheard. */
const HISTORY: ReadonlySet<string> = new Set<EntryBody['kind']>(['sweep', 'tick', 'edition', 'request']);

/**
 * Whether it counts however late it is read: what people say, what came of an action, alerts. The rest is history after a
 * gap in the evaluation.
 */
export function isWord({ kind }: EntryBody): boolean {
  return !HISTORY.has(kind);
}
