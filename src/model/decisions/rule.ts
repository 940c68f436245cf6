/** A rule as the evaluation uses it: loaded, type-checked, durations in ms. */

import type { Budget } from '../configuration/budget.ts';
import type { Mode } from '../configuration/mode.ts';
import type { Signals, TargetKind } from '../readings/signals.ts';
import type { Severity } from '../severity.ts';
import type { ActionKind } from './action.ts';

/** What an expression can see. Only the fields that fit the rule's `for_each` are there. */
export interface Scope {
  readonly pool: Signals;
  readonly member?: Signals;
  readonly director?: Signals;
  readonly consumer?: Signals;
  /** The other targets of the same kind. Where `among` is there too it is made when it is asked for: thousands need not be. */
  readonly peers?: readonly Signals[];
  readonly among?: Among;
  /** What expressions that see the target's own signals alone have found, for as long as these are the same objects. */
  readonly known?: Map<symbol, Truth>;
}

/** All targets of the kind, one list for all of them, and which of them sees this. */
export interface Among {
  readonly all: readonly Signals[];
  readonly index: number;
}

export interface Reference {
  readonly root: TargetKind | 'peers';
  readonly signal: string;
}

export interface Expression {
  readonly source: string;
  /** The signals that it names. */
  readonly references: readonly Reference[];
  /** undefined: a signal that decides the value is absent. Never throws. */
  evaluate(scope: Scope): Truth;
}

/** A message with `{{ signal | filter }}` in it. An absent signal shows as `?`. */
export interface Template {
  readonly source: string;
  render(scope: Scope): string;
}

export interface Step {
  readonly action: ActionKind;
  /** For set_weight. */
  readonly weight?: number;
  readonly leaseMs: number;
  readonly verify?: {
    readonly expect: Expression;
    readonly withinMs: number;
    readonly otherwise: 'revert' | 'keep';
  };
}

export interface RuleLimits {
  /** Firing for more than so many targets, it acts on none of them. */
  readonly targets?: number;
  /** The rule's own budget in a pool. */
  readonly budget?: Budget;
  readonly minSecondsToFull?: number;
  /** The least share of its present time to full that an action may leave a remaining member with, 0..1. */
  readonly keepsShare?: number;
  /** Persons who must say yes in mode approve. */
  readonly approvals?: number;
}

export interface RuleLoosening {
  readonly budget?: Budget;
  readonly minSecondsToFull?: number;
}

export interface Rule {
  readonly name: string;
  /** Path as given, for messages. */
  readonly file: string;
  readonly line: number;
  /** The rule's own YAML, for `weir why`. */
  readonly text: string;
  /** sha256 of its text: an edit of another rule leaves it as it is. */
  readonly hash: string;
  readonly owner?: string;
  readonly runbook?: string;
  readonly forEach: TargetKind;
  readonly when: Expression;
  readonly clearWhen?: Expression;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Tell people when the value has been unknown for so long. */
  readonly whenUnknownMs?: number;
  readonly severity: Severity;
  /** Absent means shadow: a rule acts only when it says so. */
  readonly mode?: Mode;
  readonly labels: Readonly<Record<string, string>>;
  readonly brakes: readonly ActionKind[];
  readonly mutes: readonly string[];
  readonly evidence?: { readonly observers: number };
  /** Stricter than the policy: the stricter of both counts. */
  readonly limits?: RuleLimits;
  /** Less strict than the policy, and said so: these replace what the policy says. */
  readonly loosen?: RuleLoosening;
  readonly title: Template;
  readonly steps: readonly Step[];
}

export const MEASURES = ['slope', 'rate', 'avg', 'min', 'max', 'delta'] as const;

export type Measure = (typeof MEASURES)[number];

/** A signal that a rule file declares: a measure of a number over a time. */
export interface ExtraSignal {
  readonly name: string;
  readonly kind: TargetKind;
  /** The signal that is measured, of the same kind. */
  readonly of: string;
  readonly measure: Measure;
  readonly overMs: number;
}

export interface RuleSet {
  /** sha256 over all files' names and texts. */
  readonly hash: string;
  readonly rules: readonly Rule[];
  /** Signals that the files declare, of all rules. */
  readonly extra: readonly ExtraSignal[];
  /** What is odd and yet loads, as `file:line:col` and a sentence. */
  readonly warnings: readonly string[];
}

/** The evaluation of an expression: true, false, or nobody can know now. */
export type Truth = boolean | undefined;
