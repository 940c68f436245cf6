/** Why a rule fires for a target, or why it does not: its condition part by part. */

import type { Mode } from '../configuration/mode.ts';
import type { FindingPhase, OutOfService } from '../decisions/decision.ts';
import type { Truth } from '../decisions/rule.ts';
import type { Signals, TargetKind } from '../readings/signals.ts';
import type { Severity } from '../severity.ts';

interface ExplainedPart {
  readonly source: string;
  readonly truth: Truth;
  readonly values: Signals;
  /** Signals that it names and that are unknown now. */
  readonly missing: readonly string[];
}

export interface Explanation {
  readonly rule: string;
  readonly targetKind: TargetKind;
  readonly target: string;
  /** The result of the whole condition. */
  readonly truth: Truth;
  /** The operator between the parts; absent where there is one part. */
  readonly joint?: '&&' | '||';
  readonly parts: readonly ExplainedPart[];
  readonly phase: FindingPhase;
  /** While pending: broker time in ms at which it fires unless something changes. */
  readonly firesAt?: number;
  readonly muted: boolean;
  readonly outBy?: OutOfService;
  readonly severity: Severity;
  /** What the rule's file says how far it may go by itself; absent where it has no actions. */
  readonly mode?: Mode;
  /** policy.mode as it holds for the pool: the lower of the two counts. */
  readonly policy: Mode;
}
