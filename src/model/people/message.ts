/** What people are told. */

import type { Severity } from '../severity.ts';

export type MessageKind = 'firing' | 'resolved' | 'unknown' | 'decision' | 'outcome' | 'notice';

/** In a thread also: what people said, that nobody has taken it on, that it lasts. */
export type TellKind = MessageKind | 'word' | 'escalated' | 'repeat';

/** One message, for whatever channel. Plain text; each channel escapes for itself. */
export interface Message {
  /** Stable: the same message told twice has the same id. */
  readonly id: string;
  readonly kind: MessageKind;
  readonly pool: string;
  readonly severity: Severity;
  /** One line. */
  readonly title: string;
  /** Sentences below it. */
  readonly lines: readonly string[];
  /** Broker time in ms. */
  readonly at: number;
  /** Who tells: `worker`, or the node's name when it tells by itself. */
  readonly from: string;
}
