/** Why a rule fires for a target, or why it does not: its condition part by part, as the pool is now. Pure. */

import type { Finding, FindingPhase, Mode, Severity, Truth } from '../model/decision.ts';
import type { Signals, TargetKind } from '../model/reading.ts';
import type { Rule, RuleSet } from '../model/rule.ts';
import type { Catalogue } from '../model/signals.ts';
import type { Facts } from '../model/status.ts';
import { partsOf } from './expression.ts';
import { catalogueOf } from './extra.ts';
import { scopeOf, targetsOf } from './facts.ts';
import { missingSignals, namedValues } from './named.ts';

export interface ExplainedPart {
  readonly source: string;
  readonly truth: Truth;
  readonly values: Signals;
  /** Signals that it names and nobody knows now. */
  readonly missing: readonly string[];
}

export interface Explanation {
  readonly rule: string;
  readonly targetKind: TargetKind;
  readonly target: string;
  /** Of the whole condition. */
  readonly truth: Truth;
  /** What joins the parts; absent where there is one. */
  readonly joint?: '&&' | '||';
  readonly parts: readonly ExplainedPart[];
  readonly phase: FindingPhase;
  /** While pending: broker time in ms at which it fires if it goes on. */
  readonly firesAt?: number;
  readonly muted: boolean;
  readonly severity: Severity;
  /** Of a rule with actions: how far it may go by itself. */
  readonly mode?: Mode;
}

/** Every rule that is about a target of this name, or about this pool, in the order of the rules. */
export function explainAll(
  { rules, extra }: RuleSet,
  target: string,
  facts: Facts,
  poolName: string,
  findings: readonly Finding[],
): Explanation[] {
  const catalogue = catalogueOf(extra);
  return rules
    .filter(({ forEach }) => targetsOf(forEach, facts, poolName).includes(target))
    .map((rule) => {
      const finding = findings.find((one) => one.rule === rule.name && one.target === target);
      return explain({ rule, target, facts, finding, catalogue });
    });
}

interface Subject {
  readonly rule: Rule;
  readonly target: string;
  readonly facts: Facts;
  readonly finding: Finding | undefined;
  readonly catalogue: Catalogue;
}

function explain({ rule, target, facts, finding, catalogue }: Subject): Explanation {
  const scope = scopeOf(rule.forEach, target, facts);
  const { joint, parts } = partsOf(rule.when.source, { forEach: rule.forEach, catalogue });
  const phase = finding?.phase ?? 'inactive';
  return {
    ...{ rule: rule.name, targetKind: rule.forEach, target, truth: rule.when.evaluate(scope) },
    ...(joint !== undefined && { joint }),
    parts: parts.map((part) => ({
      source: part.source.replace(/\s+/g, ' '),
      truth: part.evaluate(scope),
      values: namedValues(part, scope),
      missing: missingSignals(part, scope),
    })),
    phase,
    ...(finding !== undefined && phase === 'pending' && { firesAt: finding.since + rule.forMs }),
    muted: finding?.muted ?? false,
    severity: rule.severity,
    ...(rule.steps.length > 0 && { mode: rule.mode ?? 'shadow' }),
  };
}
