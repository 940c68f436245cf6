/** What rails say of an action. */

import type { SignalValue } from '../readings/signals.ts';

/** What a rail says. */
export interface RailVerdict {
  readonly rail: string;
  readonly pass: boolean;
  /** It passes although the rail says no: by a person's force, or because the rail only warns. The sentence says so too. */
  readonly passedBy?: 'force' | 'warning';
  /** One sentence with the figures that were used. */
  readonly sentence: string;
  readonly figures: Readonly<Record<string, SignalValue>>;
}

export type Verdict = 'act' | 'refuse' | 'ask' | 'shadow';
