/** Editions of weir.yaml: which one a process was started with, so that those who differ can be named. */

import type { Mode } from './mode.ts';

/** What one weir.yaml says of a pool. */
export interface Edition {
  /** Hash of pool, policy and poll, without secrets and without what differs per node by right (src/config/edition.ts). */
  readonly hash: string;
  /** policy.mode. */
  readonly mode: Mode;
}

/** A worker says which edition it has: at its start, and again and again. */
export interface EditionWord {
  readonly kind: 'edition';
  readonly pool: string;
  /** Its name and its file: the same after a restart. */
  readonly worker: string;
  /** Absent: the worker stops. */
  readonly edition?: Edition;
}

/** As the pool's state remembers it. */
export interface KnownEdition extends Edition {
  /** Broker time in ms. */
  readonly at: number;
  /** It has said that it stops; most start again in a moment. */
  readonly stopped?: true;
}

/** After so long a silence a process does not count any more, in ms. */
export const EDITION_COUNTS_MS = 60_000;

/** How often a worker says it, in ms. */
export const SAY_EDITION_EVERY_MS = 10_000;

/** Within so long every worker that runs has said its edition, in ms. */
export const EDITIONS_SAID_WITHIN_MS = 15_000;
